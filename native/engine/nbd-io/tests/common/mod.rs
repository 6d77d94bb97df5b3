//! What the tests share: a folder of their own, and servers in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use block_device::{Device, MemoryDevice};
use nbd_io::Transport;
use nbd_io::server::{ExportConfig, Server, ServerOptions};

/// A folder that goes with the test.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("nbd-io-{}-{number}", process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn socket(&self) -> Transport {
        Transport::Unix { path: self.0.join("nbd.sock") }
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn any_tcp_port() -> Transport {
    Transport::Tcp { host: "127.0.0.1".to_owned(), port: 0 }
}

pub fn memory(size: u64) -> Arc<dyn Device> {
    Arc::new(MemoryDevice::new(size).unwrap())
}

pub fn export(name: &str, device: Arc<dyn Device>) -> ExportConfig {
    ExportConfig {
        name: name.to_owned(),
        description: String::new(),
        device,
        read_only: false,
        bitmaps: Vec::new(),
    }
}

pub fn serve(listen: Transport, exports: Vec<ExportConfig>) -> Server {
    Server::start(&ServerOptions::new(listen), exports).unwrap()
}
