//! Clients that speak something else.

use nbd_proto::wire::*;

use crate::raw_client::{RawClient, option, request};
use crate::setup::{TempDir, connect, export, memory, read, serve};

#[test]
fn who_speaks_another_protocol_is_dropped() {
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

#[test]
fn a_wrong_magic_number_is_the_end() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(4096))]);
    let mut client = RawClient::greeted(&dir.socket());
    let mut list = option(NBD_OPT_LIST, &[]);
    list[7] ^= 1;
    client.say(&list);
    client.wait_for_end();

    for reply_magic in [NBD_SIMPLE_REPLY_MAGIC, NBD_STRUCTURED_REPLY_MAGIC, NBD_REQUEST_MAGIC ^ 1] {
        let mut client = RawClient::connect(&server.uri(""));
        let mut flush = request(NBD_CMD_FLUSH, 0, 0, 0);
        flush[..4].copy_from_slice(&reply_magic.to_be_bytes());
        client.say(&flush);
        assert_eq!(client.take_all(), [], "no answer to what is no question");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_flag_that_was_not_offered_is_the_end() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(4096))]);
    let mut client = RawClient::silent(&dir.socket());
    client.say(&0x8000_0003_u32.to_be_bytes());
    client.wait_for_end();
    assert_eq!(server.connections(), 0);
}
