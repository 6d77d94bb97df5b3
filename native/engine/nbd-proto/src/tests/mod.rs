//! Both sides of the protocol, against each other and against scripted peers.

mod aside;
mod extended;
mod extended_hostile;
mod framings;
mod garbage;
mod handshake_client;
mod handshake_pair;
mod handshake_server;
mod session;
mod session_hostile;
mod shutdown;
mod starttls;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client;
use crate::export::{BlockSize, Export};
use crate::fields::copy_prefix;
use crate::framing::Framing;
use crate::server::{self, Offer};
use crate::wire::*;

/// Bytes from fields of different widths.
macro_rules! message {
    ($($field:expr),* $(,)?) => {{
        let mut message: Vec<u8> = Vec::new();
        $(message.extend_from_slice(&$field.to_be_bytes());)*
        message
    }};
}
pub(super) use message;

/// What a server greets with.
pub(super) fn greeting(flags: u16) -> Vec<u8> {
    message![NBD_MAGIC, NBD_OPTS_MAGIC, flags]
}

/// A fixed newstyle greeting.
pub(super) fn fixed_greeting() -> Vec<u8> {
    greeting(NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES)
}

/// An option as a client sends it.
pub(super) fn option(option: u32, payload: &[u8]) -> Vec<u8> {
    [message![NBD_OPTS_MAGIC, option, payload.len() as u32], payload.to_vec()].concat()
}

/// A reply to an option.
pub(super) fn option_reply(option: u32, kind: u32, payload: &[u8]) -> Vec<u8> {
    [message![NBD_REP_MAGIC, option, kind, payload.len() as u32], payload.to_vec()].concat()
}

/// `NBD_INFO_EXPORT` in reply to `NBD_OPT_GO`.
pub(super) fn info_export(size: u64, flags: u16) -> Vec<u8> {
    option_reply(NBD_OPT_GO, NBD_REP_INFO, &message![NBD_INFO_EXPORT, size, flags])
}

/// A simple reply's header.
pub(super) fn simple_reply(cookie: u64, error: u32) -> Vec<u8> {
    message![NBD_SIMPLE_REPLY_MAGIC, error, cookie]
}

/// A structured reply chunk.
pub(super) fn chunk(cookie: u64, done: bool, kind: u16, payload: &[u8]) -> Vec<u8> {
    let header = message![NBD_STRUCTURED_REPLY_MAGIC, u16::from(done), kind, cookie, payload.len() as u32];
    [header, payload.to_vec()].concat()
}

/// A reply chunk with extended headers.
pub(super) fn extended_chunk(cookie: u64, offset: u64, done: bool, kind: u16, payload: &[u8]) -> Vec<u8> {
    let header =
        message![NBD_EXTENDED_REPLY_MAGIC, u16::from(done), kind, cookie, offset, payload.len() as u64];
    [header, payload.to_vec()].concat()
}

/// A reply chunk to a request of this offset, in the form of this framing, which has chunks.
pub(super) fn chunk_in(
    framing: Framing,
    cookie: u64,
    offset: u64,
    done: bool,
    kind: u16,
    payload: &[u8],
) -> Vec<u8> {
    if framing == Framing::Extended {
        extended_chunk(cookie, offset, done, kind, payload)
    } else {
        chunk(cookie, done, kind, payload)
    }
}

/// An offer of an export.
pub(super) fn offer(name: &str, contexts: &[&str]) -> Offer {
    let block_size = BlockSize::advertised(512, 4096, 1 << 20, 1 << 20).unwrap();
    let contexts = contexts.iter().map(|name| (*name).to_owned()).collect();
    let description = "made up".to_owned();
    Offer::new(name.to_owned(), description, 1 << 20, NBD_FLAG_SEND_FLUSH, block_size, contexts).unwrap()
}

/// An export of 1 MiB in which everything works.
pub(super) fn capable_export() -> Export {
    let mut export = Export::new("x".to_owned(), 1 << 20, !NBD_FLAG_READ_ONLY).unwrap();
    export.framing = Framing::Structured;
    export.block_size.minimum = 1;
    export
}

/// Gives a client what its server says; stops at its first error.
pub(super) fn tell_client(
    client: &mut client::Handshake,
    mut bytes: &[u8],
) -> Result<(), client::HandshakeError> {
    while !bytes.is_empty() {
        let count = copy_prefix(client.receive_buffer(), bytes);
        assert_ne!(count, 0, "the client reads all that it is told");
        client.handle_received(count)?;
        client.handle_transmitted(usize::MAX);
        bytes = &bytes[count..];
    }
    Ok(())
}

/// Gives a server what its client says, and returns its answers after the greeting.
pub(super) fn tell_server(
    server: &mut server::Handshake,
    mut bytes: &[u8],
) -> Result<Vec<u8>, crate::error::ProtocolError> {
    server.handle_transmitted(usize::MAX);
    let mut answers = Vec::new();
    while !bytes.is_empty() {
        let count = copy_prefix(server.receive_buffer(), bytes);
        assert_ne!(count, 0, "the server reads all that it is told");
        server.handle_received(count)?;
        answers.extend_from_slice(server.transmit());
        server.handle_transmitted(usize::MAX);
        bytes = &bytes[count..];
    }
    Ok(answers)
}

/// A server of these offers.
pub(super) fn server_of(offers: Vec<Offer>) -> server::Handshake {
    server::Handshake::new(Arc::from(offers))
}

/// Gives a session what its server says, in pieces of these sizes, over and over. What it has taken aside is dropped.
pub(super) fn tell_session(
    session: &mut client::Session,
    bytes: &[u8],
    pieces: &[usize],
) -> Result<(), crate::error::ProtocolError> {
    tell_session_aside(session, bytes, pieces, &mut BTreeMap::new())
}

/// The same; what the session has taken aside goes to `taken`, by cookie.
pub(super) fn tell_session_aside(
    session: &mut client::Session,
    mut bytes: &[u8],
    pieces: &[usize],
    taken: &mut BTreeMap<u64, Vec<u8>>,
) -> Result<(), crate::error::ProtocolError> {
    let mut pieces = pieces.iter().cycle();
    while !bytes.is_empty() {
        let piece = &bytes[..bytes.len().min(*pieces.next().unwrap())];
        let mut count = 0;
        if let Some(aside) = session.aside() {
            assert!(session.receive_buffers().iter().all(|buffer| buffer.is_empty()), "it is the caller's");
            count = piece.len().min(aside.left);
            let data = taken.entry(aside.cookie).or_default();
            assert_eq!(aside.moved, data.len());
            data.extend_from_slice(&piece[..count]);
            session.handle_taken_aside(count)?;
        } else {
            for buffer in session.receive_buffers() {
                count += copy_prefix(buffer, &piece[count..]);
            }
            session.handle_received(count)?;
        }
        assert_ne!(count, 0, "a session always has room");
        bytes = &bytes[count..];
    }
    Ok(())
}

/// Says that all requests are on their way; returns their bytes.
pub(super) fn take_requests(session: &mut client::Session) -> Vec<u8> {
    let sent: Vec<u8> = session.transmit().flatten().copied().collect();
    session.handle_transmitted(sent.len());
    assert!(!session.wants_transmit());
    sent
}
