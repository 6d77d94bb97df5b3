//! Clients that hang, vanish or babble: the server drops them and serves the others.

use std::net::Shutdown;
use std::time::Duration;

use nbd_io::server::{Server, ServerOptions};
use nbd_proto::wire::*;

use crate::raw_client::RawClient;
use crate::setup::{TempDir, connect, export, memory, read, serve};

#[test]
fn a_client_that_negotiates_for_ever_is_dropped() {
    let dir = TempDir::new();
    let handshake_timeout = Duration::from_millis(50);
    let options = ServerOptions { handshake_timeout, ..ServerOptions::new(dir.unix()) };
    let server = Server::start(&options, vec![export("", memory(4096))]).unwrap();
    let mut silent = RawClient::silent(&dir.socket());
    let mut halfway = RawClient::silent(&dir.socket());
    halfway.say(&NBD_FLAG_C_FIXED_NEWSTYLE.to_be_bytes());
    halfway.say(&NBD_OPTS_MAGIC.to_be_bytes()[..3]);
    silent.wait_for_end();
    halfway.wait_for_end();
    assert_eq!(server.connections(), 0);

    // Who has negotiated may be silent.
    let mut connection = connect(&server.uri(""));
    RawClient::silent(&dir.socket()).wait_for_end();
    assert_eq!(read(&mut connection, 0, 512), [0; 512]);
}

#[test]
fn a_client_that_vanishes_at_any_moment_harms_no_other() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(4 << 20))]);
    let mut other = connect(&server.uri(""));
    let vanish = |mut client: RawClient| {
        client.stream.shutdown(Shutdown::Write).unwrap();
        client.wait_for_end();
        assert_eq!(server.connections(), 1);
    };
    vanish(RawClient::silent(&dir.socket()));
    vanish(RawClient::connect(&server.uri("")));
    let mut in_a_header = RawClient::connect(&server.uri(""));
    in_a_header.say(&NBD_REQUEST_MAGIC.to_be_bytes());
    vanish(in_a_header);
    let mut in_a_payload = RawClient::connect(&server.uri(""));
    in_a_payload.request(NBD_CMD_WRITE, 0, 0, 4096);
    in_a_payload.say(&[1; 100]);
    vanish(in_a_payload);
    let mut before_the_replies = RawClient::connect(&server.uri(""));
    for _ in 0..8 {
        before_the_replies.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, 4 << 20);
    }
    drop(before_the_replies);
    assert_eq!(read(&mut other, 0, 4096), [0; 4096], "a write that broke off is not done in part here");
}

#[test]
fn a_client_that_babbles_is_dropped() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(4096))]);
    for babble in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4096]] {
        let mut client = RawClient::silent(&dir.socket());
        client.say(babble);
        client.wait_for_end();
        let mut client = RawClient::connect(&server.uri(""));
        client.say(&[babble, &[0; REQUEST_HEADER_LENGTH]].concat());
        client.wait_for_end();
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(read(&mut connect(&server.uri("")), 0, 512), [0; 512]);
}
