//! Clients that hang up, after each byte that they could have said or heard.

use std::net::Shutdown;

use nbd_proto::wire::*;

use crate::raw_client::{RawClient, option, request};
use crate::setup::{TempDir, connect, export, memory, read, serve};

/// All that a client says, from its first byte to its good-bye.
fn conversation() -> Vec<u8> {
    let name_and_infos = [&[0, 0, 0, 4][..], b"disk", &[0, 1, 0, 3]].concat();
    let name_and_contexts = [&[0, 0, 0, 4][..], b"disk", &[0, 0, 0, 1, 0, 0, 0, 15], b"base:allocation"];
    [
        (NBD_FLAG_C_FIXED_NEWSTYLE | NBD_FLAG_C_NO_ZEROES).to_be_bytes().to_vec(),
        option(NBD_OPT_LIST, &[]),
        option(NBD_OPT_STRUCTURED_REPLY, &[]),
        option(NBD_OPT_SET_META_CONTEXT, &name_and_contexts.concat()),
        option(NBD_OPT_GO, &name_and_infos),
        request(NBD_CMD_READ, 0, 0, 8192),
        request(NBD_CMD_BLOCK_STATUS, 0, 0, 8192),
        request(NBD_CMD_WRITE, NBD_CMD_FLAG_FUA, 4096, 8),
        b"contents".to_vec(),
        request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 4096, 8),
        request(NBD_CMD_FLUSH, 0, 0, 0),
        request(NBD_CMD_DISC, 0, 0, 0),
    ]
    .concat()
}

#[test]
fn who_hangs_up_after_any_byte_said_harms_no_other() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("disk", memory(8192))]);
    let mut other = connect(&server.uri("disk"));
    let conversation = conversation();
    for length in 0..=conversation.len() {
        let mut client = RawClient::silent(&dir.socket());
        client.say(&conversation[..length]);
        client.stream.shutdown(Shutdown::Write).unwrap();
        client.wait_for_end();
        assert_eq!(server.connections(), 1, "{length}");
    }
    assert_eq!(read(&mut other, 4096, 8), *b"contents");
}

#[test]
fn who_hangs_up_after_any_byte_heard_harms_no_other() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("disk", memory(8192))]);
    let mut other = connect(&server.uri("disk"));
    let mut heard = Vec::new();
    // The second one finds what the first one wrote, as all others do.
    for _ in 0..2 {
        let mut whole = RawClient::silent(&dir.socket());
        whole.say(&conversation());
        heard = whole.take_all();
    }
    assert!(heard.ends_with(&request(NBD_CMD_DISC, 0, 0, 0)[8..16]), "the answer to the flush comes last");
    for length in 0..heard.len() {
        let mut client = RawClient::silent(&dir.socket());
        client.say(&conversation());
        assert_eq!(client.take(length), heard[..length]);
    }
    assert_eq!(read(&mut other, 4096, 8), *b"contents");
    server.close().unwrap();
}

#[test]
fn who_leaves_with_much_in_flight_harms_no_other() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(4 << 20))]);
    let mut other = connect(&server.uri(""));
    for _ in 0..8 {
        let mut client = RawClient::connect(&server.uri(""));
        for _ in 0..8 {
            client.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, 4 << 20);
        }
    }
    assert_eq!(read(&mut other, 0, 4096), [0; 4096]);
    server.close().unwrap();
}
