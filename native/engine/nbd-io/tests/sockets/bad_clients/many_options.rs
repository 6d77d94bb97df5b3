//! Clients that never come to the point.

use std::io::Write;
use std::thread;

use nbd_proto::wire::*;

use super::hasty_server;
use crate::raw_client::{RawClient, option};
use crate::setup::{TempDir, export, memory, serve};

#[test]
fn who_always_has_one_more_option_is_dropped_at_the_deadline() {
    let dir = TempDir::new();
    let server = hasty_server(&dir, vec![export("", memory(512))]);
    let mut client = RawClient::greeted(&dir.socket());
    let mut speaker = client.stream.try_clone().unwrap();
    // The answers are taken and the next options are there already: the server is never kept waiting.
    let flood = thread::spawn(move || {
        let options = option(0x1234, &[]).repeat(1000);
        while speaker.write_all(&options).is_ok() {}
    });
    client.wait_for_end();
    flood.join().unwrap();
    assert_eq!(server.connections(), 0);
}

#[test]
fn options_that_nobody_knows_are_refused_one_by_one() {
    let dir = TempDir::new();
    let _server = serve(dir.unix(), vec![export("", memory(512))]);
    let mut client = RawClient::greeted(&dir.socket());
    for kind in [0, 4, 0x1234, 0x7fff_ffff, u32::MAX] {
        client.option(kind, &[7; 100]);
        assert_eq!(client.option_reply().0, NBD_REP_ERR_UNSUP, "{kind}");
    }
    client.option(NBD_OPT_GO, &[0; 6]);
    assert_eq!(client.option_reply().0, NBD_REP_INFO);
}
