//! The client: connections to an export, and what a server tells of its exports.

mod connection;
mod info;
mod negotiate;
mod pipeline;

use std::time::Duration;

pub use connection::{Completion, Connection, PipedCommand};
pub use info::{info, list};
pub use nbd_proto::client::{Command, Reply};
use nbd_proto::framing::Framing;
pub use pipeline::Pipeline;

/// How to connect.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Metadata contexts to ask for, such as `base:allocation`. Those that the export does not have are left out.
    pub contexts: Vec<String>,
    /// The newest framing to ask for; an older one is taken where the server does not have it. Default: extended.
    pub framing: Framing,
    /// Time to connect and negotiate. Default: 10 s.
    pub handshake_timeout: Duration,
    /// Time for a request from its submission to its completion. Default: 30 s.
    pub request_timeout: Duration,
    /// Renew TLS 1.3's keys after so many records of up to 16 KiB; for tests. Default: as late as the cipher allows.
    pub tls_records_per_key: Option<u64>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            contexts: Vec::new(),
            framing: Framing::default(),
            handshake_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            tls_records_per_key: None,
        }
    }
}

/// What a server gets to part in peace, where nothing depends on it any more.
const FAREWELL_TIME: Duration = Duration::from_secs(1);
