//! What the tests share: a folder of their own, servers and clients.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use block_device::{Device, MemoryDevice};
use nbd_io::client::{Command, ConnectOptions, Connection, Reply};
use nbd_io::server::{ExportConfig, Server, ServerOptions};
use nbd_io::{NbdError, NbdUri, Transport};

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

    pub fn socket(&self) -> PathBuf {
        self.0.join("nbd.sock")
    }

    /// The address of [`socket`](Self::socket).
    pub fn unix(&self) -> Transport {
        Transport::Unix { path: self.socket() }
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

/// An export without anything special.
pub fn export(name: &str, device: Arc<dyn Device>) -> ExportConfig {
    ExportConfig {
        name: name.to_owned(),
        description: String::new(),
        device,
        rotational: false,
        read_only: false,
        bitmaps: Vec::new(),
    }
}

pub fn serve(listen: Transport, exports: Vec<ExportConfig>) -> Server {
    Server::start(&ServerOptions::new(listen), exports).unwrap()
}

pub fn connect(uri: &NbdUri) -> Connection {
    connect_with_contexts(uri, &[])
}

pub fn connect_with_contexts(uri: &NbdUri, contexts: &[&str]) -> Connection {
    let contexts = contexts.iter().map(|name| (*name).to_owned()).collect();
    Connection::connect(uri, &ConnectOptions { contexts, ..ConnectOptions::default() }).unwrap()
}

/// Submits a request and waits for its outcome.
pub fn ask(connection: &mut Connection, command: Command) -> Result<Reply, NbdError> {
    connection.request(command).unwrap().result
}

pub fn read(connection: &mut Connection, offset: u64, length: usize) -> Vec<u8> {
    // Never zeroes beforehand: what the server leaves out is seen.
    let command = Command::Read { offset, buffer: vec![0xee; length], dont_fragment: false };
    let completion = connection.request(command).unwrap();
    assert_eq!(completion.result.unwrap(), Reply::Done);
    completion.buffer.unwrap()
}

pub fn write(connection: &mut Connection, offset: u64, data: &[u8]) {
    let command = Command::Write { offset, buffer: data.to_vec(), fua: false };
    assert_eq!(ask(connection, command).unwrap(), Reply::Done);
}

/// Contents that differ everywhere.
pub fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8 ^ (index / 251) as u8 ^ seed).collect()
}
