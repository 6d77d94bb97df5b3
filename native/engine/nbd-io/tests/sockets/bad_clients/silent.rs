//! Clients that say nothing, or stop in the middle.

use std::io::Read;
use std::time::Duration;

use nbd_io::server::{Server, ServerOptions};
use nbd_proto::wire::*;

use super::{SHORT, hasty_server, impatient_server};
use crate::raw_client::RawClient;
use crate::setup::{TempDir, connect, export, memory, read};

#[test]
fn a_client_that_negotiates_for_ever_is_dropped() {
    let dir = TempDir::new();
    let server = hasty_server(&dir, vec![export("", memory(4096))]);
    let mut silent = RawClient::silent(&dir.socket());
    let mut halfway = RawClient::silent(&dir.socket());
    halfway.say(&NBD_FLAG_C_FIXED_NEWSTYLE.to_be_bytes());
    halfway.say(&NBD_OPTS_MAGIC.to_be_bytes()[..3]);
    silent.wait_for_end();
    halfway.wait_for_end();
    assert_eq!(server.connections(), 0);
}

#[test]
fn who_stops_within_a_request_is_dropped_and_who_asks_for_nothing_is_not() {
    let dir = TempDir::new();
    let server = impatient_server(&dir, vec![export("", memory(4096))]);
    let mut idle = connect(&server.uri(""));
    let mut in_a_header = RawClient::connect(&server.uri(""));
    in_a_header.say(&NBD_REQUEST_MAGIC.to_be_bytes());
    let mut in_a_payload = RawClient::connect(&server.uri(""));
    in_a_payload.request(NBD_CMD_WRITE, 0, 0, 4096);
    in_a_payload.say(&[1; 100]);
    let mut in_what_is_refused = RawClient::connect(&server.uri(""));
    in_what_is_refused.request(NBD_CMD_WRITE, 0, 0, u32::MAX);
    in_a_header.wait_for_end();
    in_a_payload.wait_for_end();
    in_what_is_refused.wait_for_end();
    assert_eq!(read(&mut idle, 0, 4096), [0; 4096], "and a write that broke off is not done in part here");
    assert_eq!(server.connections(), 1);
}

#[test]
fn who_sends_a_byte_now_and_then_is_dropped_too() {
    let dir = TempDir::new();
    let server = impatient_server(&dir, vec![export("", memory(4096))]);
    let mut client = RawClient::connect(&server.uri(""));
    client.request(NBD_CMD_WRITE, 0, 0, 1 << 20);
    client.stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    // Each byte comes in time, all of them would take an hour.
    for _ in 0..1 << 20 {
        if client.try_say(&[1]).is_err() || matches!(client.stream.read(&mut [0]), Ok(0)) {
            break;
        }
    }
    client.wait_for_end();
    assert_eq!(server.connections(), 0);
}

#[test]
fn who_asks_for_nothing_is_dropped_where_the_server_wants_it_so() {
    let dir = TempDir::new();
    let options = ServerOptions { idle_timeout: Some(SHORT), ..ServerOptions::new(dir.unix()) };
    let server = Server::start(&options, vec![export("", memory(4096))]).unwrap();
    let mut client = RawClient::connect_plainly(&server.uri(""));
    client.request(NBD_CMD_FLUSH, 0, 0, 0);
    assert_eq!(client.simple_reply(), None);
    client.wait_for_end();
    assert_eq!(server.connections(), 0);
}
