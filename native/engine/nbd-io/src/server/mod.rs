//! The server: devices as exports.

mod block_status;
mod connection;
mod export;
mod input;
mod listener;
mod read;
mod registry;

use std::sync::Arc;
use std::time::Duration;

use block_device::Device;
use extent::DirtyBitmap;
use nbd_proto::framing::Framing;
use nbd_proto::uri::Transport;

pub use listener::Server;

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

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where to listen. TCP port 0 takes any free one; a unix socket's file is made, and removed at the end.
    pub listen: Transport,
    /// The newest framing to offer. Default: extended.
    pub framing: Framing,
    /// Time for a client to negotiate. Default: 10 s.
    pub handshake_timeout: Duration,
    /// Clients at a time, further ones are turned away. With 1, clients are told not to use several. Default: 100.
    pub max_connections: usize,
}

impl ServerOptions {
    /// The defaults, listening there.
    #[must_use]
    pub fn new(listen: Transport) -> Self {
        Self {
            listen,
            framing: Framing::default(),
            handshake_timeout: Duration::from_secs(10),
            max_connections: 100,
        }
    }
}
