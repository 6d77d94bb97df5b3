//! Runs a handshake over a socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::time::Instant;

use nbd_proto::client::{Handshake, Outcome};
use nbd_proto::uri::NbdUri;
use rustix::net::Shutdown;

use super::{ConnectOptions, FAREWELL_TIME};
use crate::error::{ErrorKind, NbdError};
use crate::transport::{Interest, Socket, connect, deadline_in};

const OPERATION: &str = "handshake";

/// Connects to the URI's server and negotiates, both within the handshake's time.
///
/// Where the handshake does not end in transmission, the server has been taken leave of.
pub(super) fn negotiate(
    uri: &NbdUri,
    handshake: Handshake,
    options: &ConnectOptions,
) -> Result<(Socket, Outcome), NbdError> {
    let handshake = handshake.up_to(options.framing);
    let deadline = deadline_in(options.handshake_timeout);
    let negotiated = reach(uri, deadline).and_then(|socket| talk(socket, handshake, deadline));
    negotiated.map_err(|error| error.with(uri))
}

fn reach(uri: &NbdUri, deadline: Instant) -> Result<Socket, NbdError> {
    if uri.tls {
        // Falling back to plain text is not an option: whoever asks for TLS gets it or nothing.
        let reason = "this build cannot do TLS, which the URI demands";
        return Err(NbdError::new(ErrorKind::Unsupported, "connect").caused_by(reason));
    }
    connect(&uri.transport, deadline).map_err(|error| {
        let kind = match error.kind() {
            io::ErrorKind::TimedOut => ErrorKind::Timeout,
            _ => ErrorKind::Connect,
        };
        NbdError::new(kind, "connect").caused_by(error)
    })
}

fn talk(socket: Socket, mut handshake: Handshake, deadline: Instant) -> Result<(Socket, Outcome), NbdError> {
    loop {
        let outcome = handshake.poll_outcome();
        send_all(&socket, &mut handshake, deadline)?;
        match outcome {
            Some(outcome @ Outcome::Connected(_)) => return Ok((socket, outcome)),
            Some(outcome) => {
                wait_for_end(&socket);
                return Ok((socket, outcome));
            }
            None => receive(&socket, &mut handshake, deadline)?,
        }
    }
}

fn send_all(socket: &Socket, handshake: &mut Handshake, deadline: Instant) -> Result<(), NbdError> {
    while !handshake.transmit().is_empty() {
        match socket.send(&[IoSlice::new(handshake.transmit())]) {
            Ok(count) => handshake.handle_transmitted(count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                wait(socket, Interest::WRITE, deadline)?;
            }
            Err(error) => return Err(NbdError::transport(OPERATION, error)),
        }
    }
    Ok(())
}

fn receive(socket: &Socket, handshake: &mut Handshake, deadline: Instant) -> Result<(), NbdError> {
    wait(socket, Interest::READ, deadline)?;
    match socket.receive(&mut [IoSliceMut::new(handshake.receive_buffer())]) {
        Ok(0) if handshake.is_choosing_by_name() => {
            let reason = "the server hung up, which is how old servers say that there is no such export";
            Err(NbdError::new(ErrorKind::ExportNotFound, OPERATION).caused_by(reason))
        }
        Ok(0) => Err(NbdError::new(ErrorKind::Disconnected, OPERATION)),
        Ok(count) => handshake.handle_received(count).map_err(|error| {
            // Leave of a server that refused, if it takes it at once.
            let _ = socket.send(&[IoSlice::new(handshake.transmit())]);
            NbdError::handshake(error)
        }),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(NbdError::transport(OPERATION, error)),
    }
}

/// Lets the server end the connection: were it cut while it still answers, it would log an error.
fn wait_for_end(socket: &Socket) {
    let deadline = Instant::now() + FAREWELL_TIME;
    socket.shutdown(Shutdown::Write);
    let mut answer = [0; 64];
    while wait(socket, Interest::READ, deadline).is_ok() {
        if !matches!(socket.receive(&mut [IoSliceMut::new(&mut answer)]), Ok(1..)) {
            break;
        }
    }
}

fn wait(socket: &Socket, interest: Interest, deadline: Instant) -> Result<(), NbdError> {
    match socket.wait(interest, Some(deadline)) {
        Ok(true) => Ok(()),
        Ok(false) => Err(NbdError::new(ErrorKind::Timeout, OPERATION)),
        Err(error) => Err(NbdError::transport(OPERATION, error)),
    }
}
