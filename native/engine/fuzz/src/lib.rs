//! Fuzz targets: what reads bytes of a peer, told anything.
//!
//! A target takes bytes and panics where a promise is broken. The bytes are a script where plain ones would stop at
//! the first magic number: which messages follow each other, what is in them, in which pieces they come.
//! `cargo test` runs every input of `corpus/`, and mutations of them; `npm run fuzz` has libFuzzer look for more.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic is how a target fails"
)]

mod exchange;
mod message;
mod script;
mod targets;

use targets::{
    bitmap, block_status, client_handshake, client_session, option_payloads, server_handshake,
    server_requests, session_pair, uri,
};

/// A target's name, which is that of its folder in `corpus/` and of its program, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 9] = [
    ("bitmap", bitmap::run),
    ("block_status", block_status::run),
    ("client_handshake", client_handshake::run),
    ("client_session", client_session::run),
    ("option_payloads", option_payloads::run),
    ("server_handshake", server_handshake::run),
    ("server_requests", server_requests::run),
    ("session_pair", session_pair::run),
    ("uri", uri::run),
];

/// Runs the target of this name.
///
/// # Panics
///
/// Where there is none, or where the input makes it break a promise.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|(target, _)| *target == name);
    target.unwrap().1(input);
}
