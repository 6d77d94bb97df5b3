//! A device behind this workspace's own NBD server.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use block_device::{Device, MemoryDevice};
use extent::DirtyBitmap;
use nbd_io::client::ConnectOptions;
use nbd_io::server::{ExportConfig, Server, ServerOptions};
use nbd_io::{NbdUri, Transport};

use crate::{Endpoint, NbdEndpoint};

/// The context of the bitmap that records the export's writes.
pub(crate) const CONTEXT: &str = "qemu:dirty-bitmap:writes";

static SERVERS: AtomicU64 = AtomicU64::new(0);

/// A server of one device, by a unix socket that goes with it.
pub(crate) struct Served {
    pub server: Server,
    pub bitmap: Arc<DirtyBitmap>,
}

impl Served {
    /// `clients`: 1 makes it a server that takes one connection at a time and says so.
    pub(crate) fn new(device: &Arc<MemoryDevice>, clients: usize) -> Self {
        let device: Arc<dyn Device> = device.clone();
        Self::of(device, clients)
    }

    pub(crate) fn of(device: Arc<dyn Device>, clients: usize) -> Self {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("blockferry-copy-{}-{number}.sock", std::process::id());
        let path: PathBuf = std::env::temp_dir().join(name);
        let mut options = ServerOptions::new(Transport::Unix { path });
        options.max_connections = clients;
        let bitmap = Arc::new(DirtyBitmap::new(device.size(), 4096).unwrap());
        let export = ExportConfig {
            name: "disk".to_owned(),
            description: String::new(),
            device,
            rotational: false,
            read_only: false,
            bitmaps: vec![("writes".to_owned(), Arc::clone(&bitmap))],
        };
        Self { server: Server::start(&options, vec![export]).unwrap(), bitmap }
    }

    pub(crate) fn uri(&self) -> NbdUri {
        self.server.uri("disk")
    }

    /// A new connection, once the earlier ones have left: there may be room for one only.
    pub(crate) fn endpoint(&self) -> Arc<dyn Endpoint> {
        Arc::new(self.open(ConnectOptions::default()))
    }

    pub(crate) fn open(&self, options: ConnectOptions) -> NbdEndpoint {
        while self.server.connections() > 0 {
            std::thread::yield_now();
        }
        NbdEndpoint::open(self.uri(), options).unwrap()
    }
}
