//! What options and the replies to them carry, byte by byte.

use nbd_proto::client::Handshake;
use nbd_proto::wire::{
    NBD_FLAG_C_FIXED_NEWSTYLE, NBD_FLAG_FIXED_NEWSTYLE, NBD_FLAG_NO_ZEROES, NBD_MAGIC,
    NBD_OPT_EXTENDED_HEADERS, NBD_OPT_GO, NBD_OPT_INFO, NBD_OPT_LIST, NBD_OPT_LIST_META_CONTEXT,
    NBD_OPT_SET_META_CONTEXT, NBD_OPTS_MAGIC, NBD_REP_ACK, NBD_REP_ERR_POLICY, NBD_REP_INFO,
    NBD_REP_META_CONTEXT, NBD_REP_SERVER,
};

use super::client_handshake::converse;
use super::server_handshake;
use crate::message::{message, option, option_reply};
use crate::script::Script;

/// The first byte says whose payload the rest is.
pub(crate) fn run(input: &[u8]) {
    let mut script = Script::new(input);
    let whose = script.byte();
    let payload = script.rest();
    match whose % 10 {
        kind @ 0..=5 => told_to_a_client(kind, payload),
        kind => told_to_a_server(kind, payload),
    }
}

fn told_to_a_client(kind: u8, payload: &[u8]) {
    let (client, code, kind) = match kind {
        0 => (Handshake::connect("x", &[]), NBD_OPT_GO, NBD_REP_INFO),
        1 => (Handshake::inspect("x"), NBD_OPT_INFO, NBD_REP_INFO),
        2 => (Ok(Handshake::list()), NBD_OPT_LIST, NBD_REP_SERVER),
        3 => (
            Handshake::connect("x", &["base:allocation".to_owned()]),
            NBD_OPT_SET_META_CONTEXT,
            NBD_REP_META_CONTEXT,
        ),
        4 => (Handshake::inspect("x"), NBD_OPT_LIST_META_CONTEXT, NBD_REP_META_CONTEXT),
        _ => (Ok(Handshake::list()), NBD_OPT_LIST, NBD_REP_ERR_POLICY),
    };
    let ack = |code| option_reply(code, NBD_REP_ACK, &[]);
    let greeting = message![NBD_MAGIC, NBD_OPTS_MAGIC, NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES];
    let before = match code {
        NBD_OPT_LIST => Vec::new(),
        NBD_OPT_INFO => [ack(NBD_OPT_EXTENDED_HEADERS), ack(NBD_OPT_LIST_META_CONTEXT)].concat(),
        _ => ack(NBD_OPT_EXTENDED_HEADERS),
    };
    let stream = [greeting, before, option_reply(code, kind, payload), ack(code)].concat();
    let mut stream = Some(stream);
    let _ = converse(client.unwrap(), usize::MAX, |_| stream.take());
}

fn told_to_a_server(kind: u8, payload: &[u8]) {
    let code = match kind {
        6 => NBD_OPT_INFO,
        7 => NBD_OPT_GO,
        8 => NBD_OPT_LIST_META_CONTEXT,
        _ => NBD_OPT_SET_META_CONTEXT,
    };
    let said = [
        message![NBD_FLAG_C_FIXED_NEWSTYLE],
        option(NBD_OPT_EXTENDED_HEADERS, &[]),
        option(code, payload),
        option(NBD_OPT_GO, &[message![4_u32], b"disk".to_vec(), message![0_u16]].concat()),
    ];
    server_handshake::check(2, 0, &said.concat());
}
