//! The NBD protocol, sans-IO: bytes in, bytes and events out. No socket, no clock.
//!
//! | module | what |
//! | --- | --- |
//! | [`uri`] | NBD URIs |
//! | [`export`], [`context`] | what a server says of an export and of ranges in it |
//! | [`framing`] | simple, structured or extended messages |
//! | [`client`] | handshake and session of a client |
//! | [`server`] | handshake, requests and replies of a server |
//! | [`errno`], [`error`] | why a request failed; how a peer broke the protocol |
//! | [`wire`] | the protocol's numbers |
//!
//! Oldstyle negotiation is not here; of TLS, only the options that begin it.
//!
//! Source: NetworkBlockDevice/nbd doc/proto.md and doc/uri.md.

pub mod client;
pub mod context;
pub mod errno;
pub mod error;
pub mod export;
mod fields;
pub mod framing;
pub mod server;
mod text;
pub mod uri;
pub mod wire;

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "the tests' own lengths are small")]
mod tests;
