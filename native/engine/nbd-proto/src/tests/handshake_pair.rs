//! Our client and our server.

use super::*;
use crate::client::{Handshake, HandshakeError, ListedExport, Outcome, RefusalReason};
use crate::server::{Choice, Outcome as ServerOutcome};

/// Lets the two talk until one has an outcome, in pieces of at most `piece` bytes.
fn talk(
    client: &mut Handshake,
    server: &mut server::Handshake,
    piece: usize,
) -> Result<(Option<Outcome>, Option<ServerOutcome>), HandshakeError> {
    loop {
        let room = client.receive_buffer();
        let room = room.len().min(piece);
        let count = copy_prefix(&mut client.receive_buffer()[..room], server.transmit());
        client.handle_received(count)?;
        server.handle_transmitted(count);

        let room = server.receive_buffer().len().min(piece);
        let sent = copy_prefix(&mut server.receive_buffer()[..room], client.transmit());
        server.handle_received(sent).unwrap();
        client.handle_transmitted(sent);
        if count + sent == 0 {
            return Ok((client.poll_outcome(), server.poll_outcome()));
        }
    }
}

#[test]
fn connects_with_those_contexts_that_exist() {
    for piece in [1, 7, usize::MAX] {
        let mut server = server_of(vec![offer("a", &[]), offer("b", &["base:allocation", "x:y"])]);
        let asked = ["x:y".to_owned(), "nothing:here".to_owned()];
        let mut client = Handshake::connect("b", &asked).unwrap();
        let (outcome, choice) = talk(&mut client, &mut server, piece).unwrap();
        let Some(Outcome::Connected(export)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((export.name.as_str(), export.size), ("b", 1 << 20));
        assert_eq!(export.description.as_deref(), Some("made up"));
        assert_eq!(export.context("x:y").map(|context| context.id), Some(1));
        assert_eq!(export.contexts.len(), 1);
        assert_eq!(export.block_size, BlockSize::advertised(512, 4096, 1 << 20, 1 << 20).unwrap());
        assert!(export.framing == Framing::Extended && export.can_df && export.can_flush && !export.can_trim);
        let choice = choice.unwrap();
        let expected = Choice { offer: 1, framing: Framing::Extended, contexts: vec![1] };
        assert_eq!(choice, ServerOutcome::Connected(expected));
    }
}

#[test]
fn an_export_that_does_not_exist_is_refused() {
    let mut server = server_of(vec![offer("a", &[])]);
    let mut client = Handshake::connect("b", &[]).unwrap();
    let refused = talk(&mut client, &mut server, usize::MAX).unwrap_err();
    let HandshakeError::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!((refusal.option, refusal.reason), (NBD_OPT_GO, RefusalReason::UnknownExport));
}

#[test]
fn inspects_an_export_and_leaves() {
    let mut server = server_of(vec![offer("", &["base:allocation", "x:y"])]);
    let mut client = Handshake::inspect("").unwrap();
    let (outcome, left) = talk(&mut client, &mut server, usize::MAX).unwrap();
    let Some(Outcome::Inspected(export)) = outcome else { panic!("{outcome:?}") };
    let contexts: Vec<&str> = export.contexts.iter().map(|context| context.name.as_str()).collect();
    assert_eq!(contexts, ["base:allocation", "x:y"]);
    assert_eq!(left, Some(ServerOutcome::Left));
}

#[test]
fn lists_exports_and_leaves() {
    let mut server = server_of(vec![offer("a", &[]), offer("ü", &[])]);
    let (outcome, left) = talk(&mut Handshake::list(), &mut server, usize::MAX).unwrap();
    let listed = |name: &str| ListedExport { name: name.to_owned(), description: Some("made up".to_owned()) };
    assert_eq!(outcome, Some(Outcome::Listed(vec![listed("a"), listed("ü")])));
    assert_eq!(left, Some(ServerOutcome::Left));
}

#[test]
fn names_are_as_long_as_the_protocol_allows() {
    let longest = "n".repeat(4096);
    for name in ["", &longest[..255], &longest[..4095], &longest] {
        let mut server = server_of(vec![offer(name, &[])]);
        let mut client = Handshake::inspect(name).unwrap();
        let (outcome, _) = talk(&mut client, &mut server, usize::MAX).unwrap();
        let Some(Outcome::Inspected(export)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(export.name, name);
    }
    assert!(Handshake::connect(&longest, std::slice::from_ref(&longest)).is_ok());
    let too_long = longest + "n";
    for refused in
        [Handshake::connect(&too_long, &[]), Handshake::connect("", std::slice::from_ref(&too_long))]
    {
        assert_eq!(refused.unwrap_err(), crate::error::LimitError::Name);
    }
    assert_eq!(Handshake::inspect("a\0b").unwrap_err(), crate::error::LimitError::Name);
}
