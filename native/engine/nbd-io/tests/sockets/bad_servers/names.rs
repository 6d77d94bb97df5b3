//! Servers that name things at great length, or not in text.

use nbd_io::client::{info, list};
use nbd_io::{Framing, NbdError, NbdUri};
use nbd_proto::wire::*;

use super::*;

fn name(length: usize) -> Vec<u8> {
    vec![b'x'; length]
}

/// Answers the client's only option of interest with `reply`, and an acknowledgement.
fn answering(dir: &TempDir, kind: u32, payload: Vec<u8>) -> ScriptedServer {
    ScriptedServer::start(dir, move |mut client| {
        greet(&mut client);
        let option = next_option(&mut client);
        let size = fields(&[&NBD_INFO_EXPORT.to_be_bytes(), &4096_u64.to_be_bytes(), &[0, 1]]);
        let mut replies = option_reply(option, kind, &payload);
        if kind == NBD_REP_INFO {
            replies.extend(option_reply(option, kind, &size));
        }
        replies.extend(option_reply(option, NBD_REP_ACK, &[]));
        client.write_all(&replies).unwrap();
        wait_for_end(client);
    })
}

fn described(kind: u16, text: &[u8]) -> Result<nbd_io::Export, NbdError> {
    let dir = TempDir::new();
    let server = answering(&dir, NBD_REP_INFO, fields(&[&kind.to_be_bytes(), text]));
    info(&server.uri, &options(Framing::Simple))
}

/// How a list of one such export ends: at the latest where the export is asked about, which nobody answers.
fn listed(name: &[u8], description: &[u8]) -> ErrorKind {
    let dir = TempDir::new();
    let payload = fields(&[&(name.len() as u32).to_be_bytes(), name, description]);
    let server = answering(&dir, NBD_REP_SERVER, payload);
    list(&server.uri, &options(Framing::Simple)).unwrap_err().kind()
}

#[test]
fn names_of_0_256_and_4096_bytes_are_names() {
    for length in [0, 256, 4096] {
        let export = described(NBD_INFO_NAME, &name(length)).unwrap();
        assert_eq!(export.name.len(), length);
        let export = described(NBD_INFO_DESCRIPTION, &name(length)).unwrap();
        assert_eq!(export.description.unwrap_or_default().len(), length);
        assert_ne!(listed(&name(length), &name(length)), ErrorKind::Protocol);
    }
}

#[test]
fn longer_ones_and_what_is_no_text_break_the_protocol() {
    for text in [name(4097), b"a\0b".to_vec(), b"\xc3\x28".to_vec()] {
        for kind in [NBD_INFO_NAME, NBD_INFO_DESCRIPTION] {
            assert_eq!(described(kind, &text).unwrap_err().kind(), ErrorKind::Protocol);
        }
        assert_eq!(listed(&text, b""), ErrorKind::Protocol);
        assert_eq!(listed(b"disk", &text), ErrorKind::Protocol);
    }
}

#[test]
fn a_name_that_claims_to_be_longer_than_its_message() {
    for claimed in [5_u32, 4096, 1 << 31, u32::MAX] {
        let dir = TempDir::new();
        let server = answering(&dir, NBD_REP_SERVER, fields(&[&claimed.to_be_bytes(), b"disk"]));
        let error = list(&server.uri, &options(Framing::Simple)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{claimed}");
    }
}

#[test]
fn the_text_of_an_error_is_bounded_and_cannot_drive_a_terminal() {
    for (text, kind) in [
        (name(4096), ErrorKind::Policy),
        (b"\x1b[2Jgone".to_vec(), ErrorKind::Policy),
        (name(4097), ErrorKind::Protocol),
    ] {
        let dir = TempDir::new();
        let server = answering(&dir, NBD_REP_ERR_POLICY, text);
        let error = info(&server.uri, &options(Framing::Simple)).unwrap_err();
        assert_eq!(error.kind(), kind);
        let reason = std::error::Error::source(&error).unwrap().to_string();
        assert!(!reason.contains('\x1b'), "{reason}");
    }
}

#[test]
fn a_name_of_ours_that_is_too_long_is_refused_before_anyone_is_spoken_to() {
    let dir = TempDir::new();
    for (export, context) in [(4097, 1), (1, 4097)] {
        let uri = NbdUri::unix(dir.socket(), "x".repeat(export));
        let mut options = options(Framing::Extended);
        options.contexts.push("x".repeat(context));
        let error = Connection::connect(&uri, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
}
