//! Servers that hang up after any byte.

use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;

use nbd_io::{NbdError, NbdUri};

use super::*;
use crate::setup::{export, memory, serve};

/// What becomes of a server that is cut.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Cut {
    HangsUp,
    FallsSilent,
}

/// A client's conversation with our own server, of which it hears no more than `limit` bytes.
///
/// `Err`: how it ended. `Ok`: it had heard all.
pub(super) fn cut_after(limit: u64, cut: Cut, options: &ConnectOptions) -> Result<(), NbdError> {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("disk", memory(1 << 20))]);
    let between = dir.path().join("between.sock");
    let listener = UnixListener::bind(&between).unwrap();
    let outcome = thread::scope(|scope| {
        let socket = dir.socket();
        scope.spawn(move || pass_on(limit, cut, &listener, &socket));
        converse(&NbdUri::unix(between, "disk"), options)
    });
    server.close().unwrap();
    outcome
}

/// All that a client has to say: it connects, reads, asks for the status where there is one, and flushes.
fn converse(uri: &NbdUri, options: &ConnectOptions) -> Result<(), NbdError> {
    let mut connection = Connection::connect(uri, options)?;
    let read = Command::Read { offset: 0, buffer: vec![1; 64], dont_fragment: false };
    assert_eq!(connection.request(read)?.buffer.unwrap(), [0; 64]);
    if options.framing.has_chunks() {
        connection.request(status_command())?.result?;
    }
    connection.request(Command::Flush)?.result?;
    connection.disconnect();
    Ok(())
}

/// Passes on what the client says, and the first bytes of the server's answers.
fn pass_on(limit: u64, cut: Cut, listener: &UnixListener, server: &Path) {
    let (mut client, _) = listener.accept().unwrap();
    let mut server = UnixStream::connect(server).unwrap();
    thread::scope(|scope| {
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        // A client or server that is gone meanwhile is the end of it.
        scope.spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let _ = std::io::copy(&mut (&mut server).take(limit), &mut client);
        if cut == Cut::HangsUp {
            let _ = client.shutdown(Shutdown::Both);
        }
    });
}

#[test]
fn after_any_byte_the_client_says_so() {
    for framing in ALL {
        let mut heard = 0;
        while let Err(error) = cut_after(heard, Cut::HangsUp, &options(framing)) {
            assert_eq!(error.kind(), ErrorKind::Disconnected, "{framing:?}, {heard} bytes: {error}");
            heard += 1;
        }
        assert!(heard > 150, "{framing:?}: the conversation has {heard} bytes");
    }
}
