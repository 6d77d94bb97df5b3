//! Clients that ask and do not take the answers.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use nbd_proto::wire::*;

use super::{hasty_server, impatient_server};
use crate::raw_client::RawClient;
use crate::setup::{TempDir, connect, export, memory, read};

/// Much more than sockets hold.
const SIZE: u32 = 16 << 20;

#[test]
fn who_reads_nothing_is_cut_off() {
    let dir = TempDir::new();
    let server = impatient_server(&dir, vec![export("", memory(SIZE.into()))]);
    for (kind, flags) in [(NBD_CMD_READ, NBD_CMD_FLAG_DF), (NBD_CMD_FLUSH, 0)] {
        let mut client = RawClient::connect(&server.uri(""));
        let length = if kind == NBD_CMD_READ { SIZE } else { 0 };
        // Small answers need many questions, of which in the end none is read any more.
        while client.try_request(kind, flags, 0, length).is_ok() && kind == NBD_CMD_FLUSH {}
        client.wait_for_hang_up();
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(read(&mut connect(&server.uri("")), 0, 512), [0; 512]);
}

#[test]
fn who_takes_a_byte_now_and_then_is_cut_off() {
    let dir = TempDir::new();
    let server = impatient_server(&dir, vec![export("", memory(SIZE.into()))]);
    let mut client = RawClient::connect(&server.uri(""));
    client.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, SIZE);
    while !client.is_hung_up(Duration::from_millis(5)) {
        client.take(1);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn who_asks_for_lists_and_reads_none_is_cut_off() {
    let dir = TempDir::new();
    let exports = (0..100).map(|number| export(&format!("{number}{}", "n".repeat(4000)), memory(512)));
    let server = hasty_server(&dir, exports.collect());
    let mut client = RawClient::greeted(&dir.socket());
    while client.try_option(NBD_OPT_LIST, &[]).is_ok() {}
    client.wait_for_hang_up();
    assert_eq!(server.connections(), 0);
}

#[test]
fn who_is_cut_off_has_what_was_sent_before() {
    let dir = TempDir::new();
    let server = impatient_server(&dir, vec![export("", memory(SIZE.into()))]);
    let mut client = RawClient::connect(&server.uri(""));
    client.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, 4096);
    client.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, SIZE);
    client.wait_for_hang_up();
    assert_eq!(client.chunk().payload.len(), 8 + 4096);
    let mut rest = Vec::new();
    match client.stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert!(rest.len() < SIZE as usize, "the rest of the second one is never sent");
}
