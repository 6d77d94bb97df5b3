//! TLS is begun first of all or not at all, and nothing from before it counts.

use super::*;
use crate::client::{Handshake, HandshakeError, Outcome, RefusalReason};
use crate::server::{Choice, Outcome as ServerOutcome};

const FIXED: u32 = NBD_FLAG_C_FIXED_NEWSTYLE | NBD_FLAG_C_NO_ZEROES;

fn client() -> Handshake {
    Handshake::connect("x", &["base:allocation".to_owned()]).unwrap().with_tls()
}

/// A server that demands TLS, and that a fixed newstyle client has greeted.
fn server() -> server::Handshake {
    let mut server = server_of(vec![offer("x", &["base:allocation"])]).with_tls();
    tell_server(&mut server, &message![FIXED]).unwrap();
    server
}

fn name_of_x() -> Vec<u8> {
    [message![1_u32], b"x".to_vec()].concat()
}

#[test]
fn a_client_says_nothing_but_starttls_and_takes_nothing_behind_the_answer() {
    for mut client in [client(), Handshake::inspect("x").unwrap().with_tls(), Handshake::list().with_tls()] {
        let count = copy_prefix(client.receive_buffer(), &fixed_greeting());
        client.handle_received(count).unwrap();
        let count = copy_prefix(client.receive_buffer(), &fixed_greeting()[count..]);
        client.handle_received(count).unwrap();
        assert_eq!(client.transmit(), [message![FIXED], option(NBD_OPT_STARTTLS, &[])].concat());
        client.handle_transmitted(usize::MAX);
        assert!(!client.wants_tls());

        tell_client(&mut client, &option_reply(NBD_OPT_STARTTLS, NBD_REP_ACK, &[])).unwrap();
        assert!(client.wants_tls());
        assert!(client.receive_buffer().is_empty(), "injected bytes have nowhere to go");
        assert!(client.transmit().is_empty());
        client.handle_tls();
        assert!(!client.wants_tls() && !client.transmit().is_empty());
    }
}

#[test]
fn a_client_that_wants_tls_gives_up_rather_than_go_on_in_plain() {
    for kind in [NBD_REP_ERR_UNSUP, NBD_REP_ERR_POLICY, NBD_REP_ERR_INVALID, NBD_REP_ERR_PLATFORM] {
        let script = [fixed_greeting(), option_reply(NBD_OPT_STARTTLS, kind, b"no")].concat();
        let error = tell_client(&mut client(), &script).unwrap_err();
        let HandshakeError::Refused(refusal) = error else { panic!("{error:?}") };
        assert_eq!(refusal.option, NBD_OPT_STARTTLS);
    }
    let error = tell_client(&mut client(), &greeting(NBD_FLAG_NO_ZEROES)).unwrap_err();
    let HandshakeError::Refused(refusal) = error else { panic!("{error:?}") };
    assert_eq!((refusal.option, refusal.reason), (NBD_OPT_STARTTLS, RefusalReason::Unsupported));

    let other = [fixed_greeting(), option_reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK, &[])].concat();
    assert!(matches!(tell_client(&mut client(), &other), Err(HandshakeError::Protocol(_))));
}

#[test]
fn a_server_that_demands_tls_tells_nothing_before_it() {
    for code in [
        NBD_OPT_LIST,
        NBD_OPT_INFO,
        NBD_OPT_GO,
        NBD_OPT_STRUCTURED_REPLY,
        NBD_OPT_EXTENDED_HEADERS,
        NBD_OPT_LIST_META_CONTEXT,
        NBD_OPT_SET_META_CONTEXT,
        u32::MAX,
    ] {
        let answer = tell_server(&mut server(), &option(code, &name_of_x())).unwrap();
        assert_eq!(answer, option_reply(code, NBD_REP_ERR_TLS_REQD, &[]));
    }
    for code in [NBD_OPT_EXPORT_NAME, NBD_OPT_ABORT] {
        let mut server = server();
        tell_server(&mut server, &option(code, b"x")).unwrap();
        assert_eq!(server.poll_outcome(), Some(ServerOutcome::Left));
    }
    let mut server = server();
    let answer = tell_server(&mut server, &option(NBD_OPT_STARTTLS, b"x")).unwrap();
    assert_eq!(answer, option_reply(NBD_OPT_STARTTLS, NBD_REP_ERR_INVALID, &[]));
    assert!(!server.wants_tls());
}

#[test]
fn a_server_takes_nothing_between_its_answer_and_tls_and_begins_anew_after_it() {
    let mut server = server();
    let answer = tell_server(&mut server, &option(NBD_OPT_STARTTLS, &[])).unwrap();
    assert_eq!(answer, option_reply(NBD_OPT_STARTTLS, NBD_REP_ACK, &[]));
    assert!(server.wants_tls());
    assert!(server.receive_buffer().is_empty(), "injected bytes have nowhere to go");

    server.handle_tls();
    let again = tell_server(&mut server, &option(NBD_OPT_STARTTLS, &[])).unwrap();
    assert_eq!(again, option_reply(NBD_OPT_STARTTLS, NBD_REP_ERR_INVALID, &[]));
    tell_server(&mut server, &option(NBD_OPT_GO, &[name_of_x(), message![0_u16]].concat())).unwrap();
    let choice = Choice { offer: 0, framing: Framing::Simple, contexts: Vec::new() };
    assert_eq!(server.poll_outcome(), Some(ServerOutcome::Connected(choice)));
}

#[test]
fn the_two_connect_through_tls() {
    let (mut client, mut server) = (client(), server_of(vec![offer("x", &["base:allocation"])]).with_tls());
    let mut tls_begun = 0;
    let (outcome, choice) = loop {
        let told = copy_prefix(client.receive_buffer(), server.transmit());
        server.handle_transmitted(told);
        client.handle_received(told).unwrap();
        let asked = copy_prefix(server.receive_buffer(), client.transmit());
        client.handle_transmitted(asked);
        server.handle_received(asked).unwrap();
        if client.wants_tls() {
            assert!(server.wants_tls());
            client.handle_tls();
            server.handle_tls();
            tls_begun += 1;
        } else if told + asked == 0 {
            break (client.poll_outcome(), server.poll_outcome());
        }
    };
    assert_eq!(tls_begun, 1);
    assert!(matches!(outcome, Some(Outcome::Connected(export)) if export.framing == Framing::Extended));
    let expected = Choice { offer: 0, framing: Framing::Extended, contexts: vec![0] };
    assert_eq!(choice, Some(ServerOutcome::Connected(expected)));
}
