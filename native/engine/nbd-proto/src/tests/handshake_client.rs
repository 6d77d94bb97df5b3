//! A client and servers that are old, odd or hostile.

use super::*;
use crate::client::{Handshake, HandshakeError, Outcome, RefusalReason};
use crate::error::ProtocolError;

/// A client that wants structured replies, as all did before there was more to want.
fn connecting() -> Handshake {
    Handshake::connect("x", &["base:allocation".to_owned()]).unwrap().up_to(Framing::Structured)
}

/// What a client that connects without structured replies makes of the answer to GO.
fn answer_to_go(answer: &[Vec<u8>]) -> Result<Option<Outcome>, HandshakeError> {
    let mut client = connecting();
    let begin = [fixed_greeting(), option_reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP, &[])];
    tell_client(&mut client, &begin.concat()).unwrap();
    tell_client(&mut client, &answer.concat())?;
    Ok(client.poll_outcome())
}

fn go_reply(kind: u32, payload: &[u8]) -> Vec<u8> {
    option_reply(NBD_OPT_GO, kind, payload)
}

#[test]
fn what_is_no_newstyle_server_is_told_apart() {
    for (greeting, error) in [
        (message![NBD_MAGIC, NBD_OLDSTYLE_MAGIC], ProtocolError::Oldstyle),
        (b"HTTP/1.1 400 Bad".to_vec(), ProtocolError::NotNbd),
        (vec![0; 16], ProtocolError::NotNbd),
        (greeting(0b111), ProtocolError::HandshakeFlags(0b111)),
    ] {
        assert_eq!(tell_client(&mut connecting(), &greeting), Err(error.into()));
    }
}

#[test]
fn falls_back_to_export_name_where_go_is_unknown() {
    for (flags, padding) in
        [(NBD_FLAG_FIXED_NEWSTYLE, 124), (NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES, 0)]
    {
        let mut client = connecting().up_to(Framing::Extended);
        let refused = |option| option_reply(option, NBD_REP_ERR_UNSUP, b"never heard of it");
        let begin = [
            greeting(flags),
            refused(NBD_OPT_EXTENDED_HEADERS),
            refused(NBD_OPT_STRUCTURED_REPLY),
            refused(NBD_OPT_GO),
        ];
        tell_client(&mut client, &begin.concat()).unwrap();
        assert!(client.is_choosing_by_name());
        tell_client(&mut client, &message![5_u64 << 30, NBD_FLAG_HAS_FLAGS]).unwrap();
        tell_client(&mut client, &vec![0; padding]).unwrap();
        let Some(Outcome::Connected(export)) = client.poll_outcome() else { panic!("not connected") };
        assert_eq!((export.name.as_str(), export.size), ("x", 5 << 30));
        assert_eq!(export.framing, Framing::Simple);
    }
}

#[test]
fn a_server_that_is_not_fixed_is_only_asked_by_name() {
    let mut client = connecting();
    let count = copy_prefix(client.receive_buffer(), &greeting(0));
    client.handle_received(count).unwrap();
    let count = copy_prefix(client.receive_buffer(), &greeting(0)[16..]);
    client.handle_received(count).unwrap();
    assert_eq!(client.transmit(), [message![0_u32], option(NBD_OPT_EXPORT_NAME, b"x")].concat());

    let error = tell_client(&mut Handshake::list(), &greeting(0)).unwrap_err();
    assert!(matches!(error, HandshakeError::Refused(refusal) if refusal.option == NBD_OPT_LIST));
}

#[test]
fn a_demand_for_tls_ends_it_at_any_option() {
    let demand = |option| option_reply(option, NBD_REP_ERR_TLS_REQD, b"TLS first");
    let structured = option_reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK, &[]);
    for script in [
        demand(NBD_OPT_STRUCTURED_REPLY),
        [structured.clone(), demand(NBD_OPT_SET_META_CONTEXT)].concat(),
        [structured, option_reply(NBD_OPT_SET_META_CONTEXT, NBD_REP_ACK, &[]), demand(NBD_OPT_GO)].concat(),
    ] {
        let error = tell_client(&mut connecting(), &[fixed_greeting(), script].concat()).unwrap_err();
        let HandshakeError::Refused(refusal) = error else { panic!("{error:?}") };
        assert_eq!(refusal.reason, RefusalReason::TlsRequired);
        assert_eq!(refusal.message.as_deref(), Some("TLS first"));
    }
}

#[test]
fn sizes_that_no_export_has_are_refused() {
    let size = |size| answer_to_go(&[info_export(size, 1), go_reply(NBD_REP_ACK, &[])]);
    for possible in [0, 1, 511, (1 << 32) + 1, (1 << 63) - 1] {
        let Ok(Some(Outcome::Connected(export))) = size(possible) else { panic!("{possible}") };
        assert_eq!(export.size, possible);
    }
    for impossible in [1 << 63, u64::MAX] {
        assert_eq!(size(impossible), Err(ProtocolError::Size(impossible).into()));
    }
}

#[test]
fn lengths_and_replies_are_checked_before_anything_is_read() {
    let too_long = |length: u32| ProtocolError::TooLong { length: u64::from(length) };
    let header = |kind: u32, length: u32| message![NBD_REP_MAGIC, NBD_OPT_GO, kind, length];
    let info = |kind: u16, text: &[u8]| go_reply(NBD_REP_INFO, &[message![kind], text.to_vec()].concat());
    let end = || go_reply(NBD_REP_ACK, &[]);
    let unexpected = |option, kind| ProtocolError::OptionReply { option, kind };
    for (answer, error) in [
        (vec![header(NBD_REP_INFO, u32::MAX)], too_long(u32::MAX)),
        (vec![header(NBD_REP_INFO, 4099)], too_long(4099)),
        (vec![header(NBD_REP_ACK, 1)], too_long(1)),
        (vec![header(NBD_REP_ERR_POLICY, 4097)], too_long(4097)),
        (vec![go_reply(NBD_REP_SERVER, &[])], unexpected(NBD_OPT_GO, NBD_REP_SERVER)),
        (vec![go_reply(99, &[])], unexpected(NBD_OPT_GO, 99)),
        (vec![option_reply(NBD_OPT_LIST, NBD_REP_ACK, &[])], unexpected(NBD_OPT_LIST, NBD_REP_ACK)),
        (vec![message![1_u64, 0_u64, 0_u32]], ProtocolError::Magic(1)),
        (vec![end()], ProtocolError::MissingExportInfo),
        (vec![info(NBD_INFO_EXPORT, &[0; 9])], ProtocolError::Truncated),
        (vec![info(NBD_INFO_EXPORT, &[0; 11])], ProtocolError::Truncated),
        (vec![info(NBD_INFO_NAME, b"a\0b")], ProtocolError::String),
        (vec![info(NBD_INFO_NAME, b"\xff")], ProtocolError::String),
        (
            vec![info(NBD_INFO_BLOCK_SIZE, &message![3_u32, 4096_u32, 4096_u32]), info_export(9, 1), end()],
            ProtocolError::BlockSize { minimum: 3, preferred: 4096, maximum: 4096 },
        ),
        (vec![info(77, b"something new"); 10_001], ProtocolError::TooManyReplies),
    ] {
        assert_eq!(answer_to_go(&answer), Err(error.into()));
    }
    let with_news = answer_to_go(&[info(77, b"something new"), info_export(9, 1), end()]);
    assert!(matches!(with_news, Ok(Some(Outcome::Connected(_)))));
}

#[test]
fn contexts_are_those_that_were_asked_for() {
    let context = |id: u32, name: &str| {
        let payload = [message![id], name.as_bytes().to_vec()].concat();
        option_reply(NBD_OPT_SET_META_CONTEXT, NBD_REP_META_CONTEXT, &payload)
    };
    let begin = [fixed_greeting(), option_reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK, &[])].concat();
    let end = option_reply(NBD_OPT_SET_META_CONTEXT, NBD_REP_ACK, &[]);
    for contexts in
        [vec![context(1, "qemu:other")], vec![context(1, "base:allocation"), context(2, "base:allocation")]]
    {
        let script = [begin.clone(), contexts.concat(), end.clone()].concat();
        assert_eq!(tell_client(&mut connecting(), &script), Err(ProtocolError::Contexts.into()));
    }
    let asked = ["a:b".to_owned(), "c:d".to_owned()];
    let mut client = Handshake::connect("x", &asked).unwrap().up_to(Framing::Structured);
    let same_id = [begin, context(1, "a:b"), context(1, "c:d"), end].concat();
    assert_eq!(tell_client(&mut client, &same_id), Err(ProtocolError::Contexts.into()));
}
