//! TLS by X.509 certificates: rustls, with the credentials' folder that QEMU and libnbd use.
//!
//! There is no TLS-PSK: rustls has no external pre-shared keys.

mod buffer;
mod client;
mod credentials;
mod failure;
mod provider;
mod server;
mod session;
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "the tests' bytes are lengths modulo 256")]
mod tests;

use std::path::PathBuf;

pub(crate) use client::ClientTls;
pub(crate) use failure::TlsFailure;
pub(crate) use server::ServerTls;
pub(crate) use session::TlsSession;

/// Who a server is, and whether it wants to know who its clients are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsCredentials {
    /// Folder with `ca-cert.pem`, `server-cert.pem`, `server-key.pem` and, if there is one, `ca-crl.pem`.
    pub directory: PathBuf,
    /// Demand of clients a certificate that a CA of `ca-cert.pem` has signed.
    pub verify_peer: bool,
}
