//! A server's handshake with a client that says anything.

use std::sync::Arc;

use nbd_proto::error::ProtocolError;
use nbd_proto::export::BlockSize;
use nbd_proto::framing::Framing;
use nbd_proto::server::{Handshake, Offer, Outcome};
use nbd_proto::wire::{
    EXPORT_NAME_PADDING, NBD_FLAG_SEND_FLUSH, NBD_REP_FLAG_ERROR, NBD_REP_MAGIC, NBD_REP_META_CONTEXT,
    OPTION_REPLY_HEADER_LENGTH,
};

use crate::exchange::{LARGEST_BUFFER, fill};
use crate::message::{any_option, message};
use crate::script::Script;

/// The first byte says what the server offers, the second in which pieces it hears the client, the third the
/// client's flags; then follow the client's options.
pub(crate) fn run(input: &[u8]) {
    let mut script = Script::new(input);
    let (newest, piece, flags) = (script.byte(), script.byte(), script.byte());
    let mut said = message![if flags < 0xf0 { u32::from(flags % 4) } else { script.number_u32() }];
    while !script.is_over() {
        said.extend(any_option(&mut script));
    }
    check(newest, piece, &said);
}

/// Has a server hear `said`, whole and in pieces.
pub(crate) fn check(newest: u8, piece: u8, said: &[u8]) {
    let whole = converse(newest, usize::MAX, said);
    assert_eq!(whole, converse(newest, usize::from(piece % 32) + 1, said));
    check_answers(&whole.1);
}

fn offers() -> Arc<[Offer]> {
    let offer = |name: &str, description: &str, size, contexts: &[&str]| {
        let block_size = BlockSize::advertised(512, 4096, 1 << 20, size).unwrap();
        let contexts = contexts.iter().map(|name| (*name).to_owned()).collect();
        let (name, description) = (name.to_owned(), description.to_owned());
        Offer::new(name, description, size, NBD_FLAG_SEND_FLUSH, block_size, contexts).unwrap()
    };
    Arc::from([
        offer("disk", "made up", 1 << 20, &["base:allocation", "qemu:dirty-bitmap:b"]),
        offer("", "", (1 << 63) - 1, &[]),
        offer(&"x".repeat(4096), &"y".repeat(4096), 0, &["base:allocation"]),
    ])
}

type Ending = (Result<Option<Outcome>, ProtocolError>, Vec<u8>);

fn converse(newest: u8, piece: usize, mut said: &[u8]) -> Ending {
    let mut is_secure = newest & 0x80 == 0;
    let newest = [Framing::Simple, Framing::Structured, Framing::Extended][usize::from(newest % 3)];
    let mut server = Handshake::new(offers()).up_to(newest);
    if !is_secure {
        server = server.with_tls();
    }
    server.handle_transmitted(usize::MAX);
    let mut answers = Vec::new();
    while !said.is_empty() {
        let buffer = server.receive_buffer();
        assert!(buffer.len() <= LARGEST_BUFFER);
        let count = fill(buffer, &said[..said.len().min(piece)]);
        said = &said[count..];
        let handled = server.handle_received(count);
        answers.extend_from_slice(server.transmit());
        server.handle_transmitted(usize::MAX);
        if let Err(error) = handled {
            return (Err(error), answers);
        }
        if let Some(outcome) = server.poll_outcome() {
            if let Outcome::Connected(choice) = &outcome {
                assert!(is_secure, "nothing is served before TLS");
                let offers = offers();
                let offer = &offers[choice.offer];
                assert!(choice.framing <= newest);
                assert!(choice.contexts.is_sorted_by(|a, b| a < b));
                assert!(choice.contexts.iter().all(|context| *context < offer.contexts().len()));
                assert!(choice.framing.has_chunks() || choice.contexts.is_empty());
            }
            return (Ok(Some(outcome)), answers);
        }
        if server.wants_tls() {
            assert!(server.receive_buffer().is_empty(), "what comes now is not NBD's");
            server.handle_tls();
            is_secure = true;
        } else {
            assert_ne!(count, 0, "a server that is not done wants to hear more");
        }
    }
    (Ok(None), answers)
}

/// All answers are replies to options, but for what follows a choice by name.
fn check_answers(mut answers: &[u8]) {
    while let Some((header, rest)) = answers.split_at_checked(OPTION_REPLY_HEADER_LENGTH) {
        if !header.starts_with(&NBD_REP_MAGIC.to_be_bytes()) {
            break;
        }
        let field = |at: usize| u32::from_be_bytes(*header[at..].first_chunk().unwrap());
        let (kind, length) = (field(12), field(16) as usize);
        assert!(kind <= NBD_REP_META_CONTEXT || kind & NBD_REP_FLAG_ERROR != 0);
        assert!(length <= 4 + 2 * 4096);
        answers = &rest[length..];
    }
    assert!([0, 10, 10 + EXPORT_NAME_PADDING].contains(&answers.len()));
}
