//! Which form of messages a client and a server agree on.

use super::*;
use crate::client::{Handshake, HandshakeError, Outcome, RefusalReason};
use crate::server::{Choice, Outcome as ServerOutcome};

const ALL: [Framing; 3] = [Framing::Simple, Framing::Structured, Framing::Extended];

/// What the two agree on: each says the same.
fn agreed(client: Framing, server: Framing) -> (Export, Choice) {
    let contexts = ["base:allocation".to_owned(), "x:y".to_owned()];
    let mut client = Handshake::connect("a", &contexts).unwrap().up_to(client);
    let mut server = server_of(vec![offer("a", &["base:allocation", "x:y"])]).up_to(server);
    loop {
        let count = copy_prefix(client.receive_buffer(), server.transmit());
        client.handle_received(count).unwrap();
        server.handle_transmitted(count);
        let sent = copy_prefix(server.receive_buffer(), client.transmit());
        server.handle_received(sent).unwrap();
        client.handle_transmitted(sent);
        if count + sent == 0 {
            break;
        }
    }
    match (client.poll_outcome(), server.poll_outcome()) {
        (Some(Outcome::Connected(export)), Some(ServerOutcome::Connected(choice))) => (export, choice),
        neither => panic!("{neither:?}"),
    }
}

#[test]
fn the_newest_that_both_have() {
    for client in ALL {
        for server in ALL {
            let (export, choice) = agreed(client, server);
            let expected = client.min(server);
            assert_eq!((export.framing, choice.framing), (expected, expected), "{client:?} {server:?}");
            assert_eq!(export.can_df, expected.has_chunks());
            assert_eq!(export.contexts.len(), if expected.has_chunks() { 2 } else { 0 });
            assert_eq!(choice.contexts.len(), export.contexts.len());
            assert_eq!(export.can_block_status_payload, expected == Framing::Extended);
        }
    }
}

#[test]
fn a_filter_for_contexts_is_offered_to_whoever_chose_some() {
    let mut client = Handshake::connect("a", &[]).unwrap();
    let mut server = server_of(vec![offer("a", &["base:allocation"])]);
    while server.poll_outcome().is_none() {
        let count = copy_prefix(client.receive_buffer(), server.transmit());
        client.handle_received(count).unwrap();
        server.handle_transmitted(count);
        let sent = copy_prefix(server.receive_buffer(), client.transmit());
        server.handle_received(sent).unwrap();
        client.handle_transmitted(sent);
    }
    let rest = server.transmit().to_vec();
    tell_client(&mut client, &rest).unwrap();
    let Some(Outcome::Connected(export)) = client.poll_outcome() else { panic!("not connected") };
    assert!(export.framing == Framing::Extended && !export.can_block_status_payload);
}

#[test]
fn there_is_no_way_back_from_extended_headers() {
    let mut server = server_of(vec![offer("x", &[])]);
    tell_server(&mut server, &message![NBD_FLAG_C_FIXED_NEWSTYLE]).unwrap();
    let mut ask = |code| tell_server(&mut server, &option(code, &[])).unwrap();
    let reply = |code, kind| option_reply(code, kind, &[]);
    assert_eq!(ask(NBD_OPT_STRUCTURED_REPLY), reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK));
    assert_eq!(ask(NBD_OPT_STRUCTURED_REPLY), reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_INVALID));
    assert_eq!(ask(NBD_OPT_EXTENDED_HEADERS), reply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ACK));
    assert_eq!(ask(NBD_OPT_EXTENDED_HEADERS), reply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_INVALID));
    assert_eq!(ask(NBD_OPT_STRUCTURED_REPLY), reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_EXT_HEADER_REQD));
    // Nor by name, which extended headers exclude.
    assert_eq!(tell_server(&mut server, &option(NBD_OPT_EXPORT_NAME, b"x")), Ok(vec![]));
    assert_eq!(server.poll_outcome(), Some(ServerOutcome::Left));
}

#[test]
fn a_server_that_has_extended_headers_has_go() {
    let mut client = Handshake::connect("x", &[]).unwrap();
    let script = [
        fixed_greeting(),
        option_reply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ACK, &[]),
        option_reply(NBD_OPT_GO, NBD_REP_ERR_UNSUP, &[]),
    ];
    let error = tell_client(&mut client, &script.concat()).unwrap_err();
    assert!(matches!(error, HandshakeError::Refused(refusal) if refusal.option == NBD_OPT_GO));
    assert!(!client.is_choosing_by_name());
}

#[test]
fn what_a_server_insists_on_is_told_and_it_is_taken_leave_of() {
    let go = |kind| {
        vec![option_reply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ACK, &[]), option_reply(NBD_OPT_GO, kind, b"why")]
    };
    for (answers, reason) in [
        (go(NBD_REP_ERR_SHUTDOWN), RefusalReason::Shutdown),
        (go(NBD_REP_ERR_BLOCK_SIZE_REQD), RefusalReason::BlockSizeRequired),
        (go(NBD_REP_ERR_TLS_REQD), RefusalReason::TlsRequired),
        (go(NBD_REP_ERR_TOO_BIG), RefusalReason::TooBig),
        (go(NBD_REP_ERR_POLICY), RefusalReason::Policy),
        (go(NBD_REP_ERR_PLATFORM), RefusalReason::Platform),
        (go(NBD_REP_ERR_UNKNOWN), RefusalReason::UnknownExport),
        (go(NBD_REP_FLAG_ERROR + 99), RefusalReason::Other(NBD_REP_FLAG_ERROR + 99)),
        (vec![option_reply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_SHUTDOWN, b"why")], RefusalReason::Shutdown),
    ] {
        let mut client = Handshake::connect("x", &[]).unwrap();
        tell_client(&mut client, &fixed_greeting()).unwrap();
        client.handle_transmitted(usize::MAX);
        let error = tell_client(&mut client, &answers.concat()).unwrap_err();
        let HandshakeError::Refused(refusal) = error else { panic!("{error:?}") };
        assert_eq!((refusal.reason, refusal.message.as_deref()), (reason, Some("why")));
        assert!(client.transmit().ends_with(&option(NBD_OPT_ABORT, &[])));
    }
    let mut client = Handshake::connect("x", &[]).unwrap().up_to(Framing::Structured);
    let required = option_reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_EXT_HEADER_REQD, &[]);
    let error = tell_client(&mut client, &[fixed_greeting(), required].concat()).unwrap_err();
    let HandshakeError::Refused(refusal) = error else { panic!("{error:?}") };
    assert_eq!(refusal.reason, RefusalReason::ExtendedHeadersRequired);
}
