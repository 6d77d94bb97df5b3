//! A server that does what its script says, once it has negotiated.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use nbd_io::{BlockSize, Framing, NbdUri};
use nbd_proto::server::{Handshake, Limits, Offer, Outcome, Request};
use nbd_proto::wire::REQUEST_HEADER_LENGTH;

use crate::setup::TempDir;

pub struct ScriptedServer {
    pub uri: NbdUri,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedServer {
    /// Accepts one client and hands it to the script.
    pub fn start(dir: &TempDir, script: impl FnOnce(UnixStream) + Send + 'static) -> Self {
        let listener = UnixListener::bind(dir.socket()).unwrap();
        let thread = thread::spawn(move || script(listener.accept().unwrap().0));
        Self { uri: NbdUri::unix(dir.socket(), "disk"), thread: Some(thread) }
    }

    /// Accepts one client, negotiates a writable export of 1 MiB with structured replies, and hands it to the script.
    pub fn negotiated(dir: &TempDir, script: impl FnOnce(UnixStream) + Send + 'static) -> Self {
        Self::start(dir, |mut client| {
            negotiate(&mut client);
            script(client);
        })
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking(), "the script failed");
    }
}

fn negotiate(client: &mut UnixStream) {
    let block_size = BlockSize::advertised(1, 4096, 32 << 20, 1 << 20).unwrap();
    let offer = Offer::new("disk".to_owned(), String::new(), 1 << 20, 0, block_size, Vec::new()).unwrap();
    let mut handshake = Handshake::new(Arc::from([offer])).up_to(Framing::Structured);
    loop {
        let outcome = handshake.poll_outcome();
        client.write_all(handshake.transmit()).unwrap();
        handshake.handle_transmitted(handshake.transmit().len());
        match outcome {
            Some(Outcome::Connected(_)) => return,
            Some(Outcome::Left) => panic!("the client left"),
            None => {}
        }
        let count = client.read(handshake.receive_buffer()).unwrap();
        assert_ne!(count, 0, "the client hung up");
        handshake.handle_received(count).unwrap();
    }
}

/// The cookie of the client's next request, which is a read.
pub fn next_read(client: &mut UnixStream) -> u64 {
    let mut header = [0; REQUEST_HEADER_LENGTH];
    client.read_exact(&mut header).unwrap();
    let limits = Limits {
        size: 1 << 20,
        read_only: false,
        framing: Framing::Structured,
        contexts: 0,
        maximum_payload: 32 << 20,
    };
    Request::decode(&header, &limits).unwrap().cookie
}

/// Waits until the client hangs up.
pub fn wait_for_end(mut client: UnixStream) {
    let _ = client.read_to_end(&mut Vec::new());
}
