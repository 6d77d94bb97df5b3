//! A server and clients that are old, odd or hostile.

use super::*;
use crate::error::ProtocolError;
use crate::server::{Choice, Outcome};

const FIXED: u32 = NBD_FLAG_C_FIXED_NEWSTYLE | NBD_FLAG_C_NO_ZEROES;

fn server() -> server::Handshake {
    server_of(vec![offer("x", &["base:allocation", "qemu:dirty-bitmap:b"]), offer("y", &["base:allocation"])])
}

/// A server that a fixed newstyle client has greeted.
fn greeted() -> server::Handshake {
    let mut server = server();
    tell_server(&mut server, &message![FIXED]).unwrap();
    server
}

fn name(name: &[u8]) -> Vec<u8> {
    [message![name.len() as u32], name.to_vec()].concat()
}

/// The payload of INFO and GO without wishes.
fn plain_info(export: &str) -> Vec<u8> {
    [name(export.as_bytes()), message![0_u16]].concat()
}

fn contexts(export: &str, queries: &[&str]) -> Vec<u8> {
    let queries: Vec<u8> = queries.iter().flat_map(|query| name(query.as_bytes())).collect();
    let count = u32::from(!queries.is_empty());
    [name(export.as_bytes()), message![count], queries].concat()
}

#[test]
fn clients_that_cannot_be_followed_are_dropped() {
    let dropped = |bytes: Vec<u8>| tell_server(&mut server(), &bytes).unwrap_err();
    assert_eq!(dropped(message![4_u32]), ProtocolError::HandshakeFlags(4));
    assert_eq!(dropped([message![FIXED], vec![0; 16]].concat()), ProtocolError::Magic(0));
    let huge = message![FIXED, NBD_OPTS_MAGIC, NBD_OPT_GO, u32::MAX];
    assert_eq!(dropped(huge), ProtocolError::TooLong { length: u64::from(u32::MAX) });
    let not_fixed = [message![0_u32], option(NBD_OPT_LIST, &[])].concat();
    assert!(matches!(dropped(not_fixed), ProtocolError::OptionReply { option: NBD_OPT_LIST, .. }));
}

#[test]
fn malformed_and_unknown_options_are_refused_and_haggling_goes_on() {
    let mut server = greeted();
    for (code, payload, error) in [
        (NBD_OPT_STARTTLS, vec![], NBD_REP_ERR_UNSUP),
        (4, vec![], NBD_REP_ERR_UNSUP),
        (12, vec![], NBD_REP_ERR_UNSUP),
        (u32::MAX, vec![1; 1000], NBD_REP_ERR_UNSUP),
        (NBD_OPT_LIST, vec![0], NBD_REP_ERR_INVALID),
        (NBD_OPT_STRUCTURED_REPLY, vec![0], NBD_REP_ERR_INVALID),
        (NBD_OPT_EXTENDED_HEADERS, vec![0], NBD_REP_ERR_INVALID),
        (NBD_OPT_GO, vec![], NBD_REP_ERR_INVALID),
        (NBD_OPT_GO, message![u32::MAX, 0_u16], NBD_REP_ERR_INVALID),
        (NBD_OPT_GO, [name(b"x"), message![2_u16, 0_u16]].concat(), NBD_REP_ERR_INVALID),
        (NBD_OPT_GO, [plain_info("x"), vec![0]].concat(), NBD_REP_ERR_INVALID),
        (NBD_OPT_GO, [name(b"\xff"), message![0_u16]].concat(), NBD_REP_ERR_INVALID),
        (NBD_OPT_GO, plain_info(&"n".repeat(4097)), NBD_REP_ERR_INVALID),
        (NBD_OPT_GO, plain_info(&"n".repeat(4096)), NBD_REP_ERR_UNKNOWN),
        (NBD_OPT_INFO, plain_info("z"), NBD_REP_ERR_UNKNOWN),
        (NBD_OPT_SET_META_CONTEXT, contexts("x", &["base:allocation"]), NBD_REP_ERR_INVALID),
    ] {
        let answer = tell_server(&mut server, &option(code, &payload)).unwrap();
        assert_eq!(answer, option_reply(code, error, &[]), "option {code} {payload:?}");
    }
    assert_eq!(server.poll_outcome(), None);
}

#[test]
fn export_name_is_answered_without_a_reply_header() {
    for (flags, padding) in [(FIXED, 0), (NBD_FLAG_C_FIXED_NEWSTYLE, 124), (0, 124)] {
        let mut server = server();
        let asked = [message![flags], option(NBD_OPT_EXPORT_NAME, b"y")].concat();
        let answer = tell_server(&mut server, &asked).unwrap();
        let expected = message![1_u64 << 20, NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH];
        assert_eq!(answer, [expected, vec![0; padding]].concat());
        let choice = Choice { offer: 1, framing: Framing::Simple, contexts: vec![] };
        assert_eq!(server.poll_outcome(), Some(Outcome::Connected(choice)));
    }
    for unknown in [&b"z"[..], b"\xff", &[b'n'; 4097]] {
        let mut server = greeted();
        assert_eq!(tell_server(&mut server, &option(NBD_OPT_EXPORT_NAME, unknown)), Ok(vec![]));
        assert_eq!(server.poll_outcome(), Some(Outcome::Left));
    }
}

#[test]
fn contexts_are_for_the_export_that_they_were_chosen_for() {
    for (export, expected) in [("x", vec![1]), ("y", vec![])] {
        let mut server = greeted();
        tell_server(&mut server, &option(NBD_OPT_STRUCTURED_REPLY, &[])).unwrap();
        let chosen = contexts("x", &["qemu:dirty-bitmap:b"]);
        tell_server(&mut server, &option(NBD_OPT_SET_META_CONTEXT, &chosen)).unwrap();
        tell_server(&mut server, &option(NBD_OPT_GO, &plain_info(export))).unwrap();
        let Some(Outcome::Connected(choice)) = server.poll_outcome() else { panic!("not connected") };
        assert_eq!(choice.contexts, expected, "{export}");
    }
}

#[test]
fn namespaces_stand_for_all_of_theirs_where_contexts_are_listed() {
    let mut server = greeted();
    tell_server(&mut server, &option(NBD_OPT_STRUCTURED_REPLY, &[])).unwrap();
    let mut ask = |code, query: &[&str]| {
        let answer = tell_server(&mut server, &option(code, &contexts("x", query))).unwrap();
        let text = String::from_utf8_lossy(&answer).into_owned();
        (text.contains("base:allocation"), text.contains("qemu:dirty-bitmap:b"))
    };
    assert_eq!(ask(NBD_OPT_LIST_META_CONTEXT, &[]), (true, true));
    assert_eq!(ask(NBD_OPT_LIST_META_CONTEXT, &["base:"]), (true, false));
    assert_eq!(ask(NBD_OPT_LIST_META_CONTEXT, &["qemu:dirty-bitmap:"]), (false, true));
    assert_eq!(ask(NBD_OPT_LIST_META_CONTEXT, &["qemu:dirty"]), (false, false));
    assert_eq!(ask(NBD_OPT_SET_META_CONTEXT, &["base:"]), (false, false));
    assert_eq!(ask(NBD_OPT_SET_META_CONTEXT, &[]), (false, false));
}

#[test]
fn options_that_are_too_big_are_skipped_and_refused() {
    let mut server = greeted();
    for length in [(64 << 10) + 1, 256 << 10] {
        let answer = tell_server(&mut server, &option(NBD_OPT_GO, &vec![7; length])).unwrap();
        assert_eq!(answer, option_reply(NBD_OPT_GO, NBD_REP_ERR_TOO_BIG, &[]));
    }
    let answer = tell_server(&mut server, &option(NBD_OPT_GO, &plain_info("x"))).unwrap();
    assert!(answer.ends_with(&option_reply(NBD_OPT_GO, NBD_REP_ACK, &[])));
    for (code, length) in
        [(NBD_OPT_GO, (256 << 10) + 1), (NBD_OPT_EXPORT_NAME, (64 << 10) + 1), (99, u32::MAX)]
    {
        let header = message![NBD_OPTS_MAGIC, code, length];
        let dropped = tell_server(&mut greeted(), &header).unwrap_err();
        assert_eq!(dropped, ProtocolError::TooLong { length: u64::from(length) });
    }
}

#[test]
fn a_client_that_haggles_without_end_is_dropped() {
    let mut server = greeted();
    let asks: Vec<u8> = (0..1024).flat_map(|_| option(NBD_OPT_LIST, &[])).collect();
    tell_server(&mut server, &asks).unwrap();
    let one_more = tell_server(&mut server, &option(NBD_OPT_LIST, &[]));
    assert_eq!(one_more, Err(ProtocolError::TooManyOptions));
}
