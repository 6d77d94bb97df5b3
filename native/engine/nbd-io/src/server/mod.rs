//! The server: devices as exports.

mod block_status;
mod connection;
mod export;
mod input;
mod listener;
mod output;
mod patience;
mod read;
mod registry;
mod staging;
mod write;

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use block_device::Device;
use extent::DirtyBitmap;
use nbd_proto::framing::Framing;
use nbd_proto::uri::Transport;

pub use listener::Server;

use crate::tls::TlsCredentials;

/// A device to serve.
pub struct ExportConfig {
    /// The export's name; at most 4096 bytes, unique on its server.
    pub name: String,
    /// A line for humans; may be empty.
    pub description: String,
    /// The device.
    pub device: Arc<dyn Device>,
    /// Tell clients that the medium rotates.
    pub rotational: bool,
    /// Refuse writes. A read-only device is never written, whatever this says.
    pub read_only: bool,
    /// Bitmaps that record what clients write, served as `qemu:dirty-bitmap:NAME`.
    ///
    /// A mark is set after the device was changed and before the client is told: a rotation in between cannot
    /// take the mark away before the data is there.
    pub bitmaps: Vec<(String, Arc<DirtyBitmap>)>,
}

/// Where clients come from.
#[derive(Clone, Debug)]
pub enum Listen {
    /// An address. TCP port 0 takes any free one; a unix socket's file is made, and removed at the end.
    At(Transport),
    /// Stream sockets that listen already, TCP or unix: a service manager's. Nothing of theirs is removed.
    On(Arc<[OwnedFd]>),
}

impl From<Transport> for Listen {
    fn from(address: Transport) -> Self {
        Self::At(address)
    }
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where to listen.
    pub listen: Listen,
    /// The newest framing to offer. Default: extended.
    pub framing: Framing,
    /// Time for a client to negotiate. Default: 10 s.
    pub handshake_timeout: Duration,
    /// Time for a client to take each MiB of a reply, and to send each MiB of a request that it has begun: one
    /// that hangs there is cut off. Default: 1 min.
    pub stall_timeout: Duration,
    /// Time that a client may be silent between two requests. Default: for ever.
    pub idle_timeout: Option<Duration>,
    /// Clients at a time, further ones are turned away. With 1, clients are told not to use several. Default: 100.
    pub max_connections: usize,
    /// Demand TLS of every client, as this. Default: plain text.
    pub tls: Option<TlsCredentials>,
}

impl ServerOptions {
    /// The defaults, listening there.
    #[must_use]
    pub fn new(listen: impl Into<Listen>) -> Self {
        Self {
            listen: listen.into(),
            framing: Framing::default(),
            handshake_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(60),
            idle_timeout: None,
            max_connections: 100,
            tls: None,
        }
    }
}
