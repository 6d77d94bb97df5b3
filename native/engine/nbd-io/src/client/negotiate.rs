//! Runs a handshake over a socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::time::Instant;

use nbd_proto::client::{Handshake, Outcome};
use nbd_proto::error::ProtocolError;
use nbd_proto::uri::NbdUri;
use rustix::net::Shutdown;

use super::{ConnectOptions, FAREWELL_TIME};
use crate::error::{ErrorKind, NbdError};
use crate::tls::{ClientTls, TlsFailure};
use crate::transport::{Interest, Socket, connect, deadline_in};

const OPERATION: &str = "handshake";
const TLS_OPERATION: &str = "TLS handshake";

/// Connects to the URI's server and negotiates, both within the handshake's time.
///
/// Where the handshake does not end in transmission, the server has been taken leave of.
pub(super) fn negotiate(
    uri: &NbdUri,
    handshake: Handshake,
    options: &ConnectOptions,
) -> Result<(Socket, Outcome), NbdError> {
    let negotiated = || {
        let tls = uri.tls.then(|| ClientTls::new(uri, options.tls_records_per_key)).transpose();
        // What the URI demands is made sure of before anyone is spoken to.
        let tls = tls.map_err(|failure| NbdError::tls("connect", failure))?;
        let handshake = handshake.up_to(options.framing);
        let handshake = if tls.is_some() { handshake.with_tls() } else { handshake };
        let deadline = deadline_in(options.handshake_timeout);
        let socket = reach(uri, deadline)?;
        let mut negotiation = Negotiation { socket, deadline, tls, is_newly_secure: false };
        let outcome = negotiation.talk(handshake)?;
        Ok((negotiation.socket, outcome))
    };
    negotiated().map_err(|error: NbdError| error.with(uri))
}

/// What lasts as long as the negotiation.
struct Negotiation {
    socket: Socket,
    deadline: Instant,
    tls: Option<ClientTls>,
    /// TLS has begun, and nothing has come through it yet.
    is_newly_secure: bool,
}

impl Negotiation {
    fn talk(&mut self, mut handshake: Handshake) -> Result<Outcome, NbdError> {
        loop {
            let outcome = handshake.poll_outcome();
            self.send(&mut handshake)?;
            match outcome {
                Some(outcome @ Outcome::Connected(_)) => return Ok(outcome),
                Some(outcome) => {
                    wait_for_end(&self.socket);
                    return Ok(outcome);
                }
                None if handshake.wants_tls() => {
                    self.start_tls()?;
                    handshake.handle_tls();
                }
                None => self.receive(&mut handshake)?,
            }
        }
    }

    fn start_tls(&mut self) -> Result<(), NbdError> {
        let transport = |error| NbdError::transport(TLS_OPERATION, error);
        // The server speaks next when it was greeted; whoever speaks now is not the server.
        if self.socket.has_input().map_err(transport)? {
            return Err(NbdError::protocol(TLS_OPERATION, ProtocolError::PlainTextBeforeTls));
        }
        let tls = self.tls.as_ref().ok_or_else(|| NbdError::new(ErrorKind::Tls, TLS_OPERATION))?;
        let session = tls.session().map_err(|failure| NbdError::tls(TLS_OPERATION, failure))?;
        self.is_newly_secure = true;
        let started = self.socket.start_tls(session, self.deadline);
        started.map_err(|error| self.failed(TLS_OPERATION, error))
    }

    fn send(&self, handshake: &mut Handshake) -> Result<(), NbdError> {
        let count = handshake.transmit().len();
        let sent = self.socket.send_all(&mut [IoSlice::new(handshake.transmit())], Some(self.deadline));
        sent.map_err(|error| self.failed(OPERATION, error))?;
        handshake.handle_transmitted(count);
        Ok(())
    }

    fn receive(&mut self, handshake: &mut Handshake) -> Result<(), NbdError> {
        wait(&self.socket, Interest::READ, self.deadline)?;
        match self.socket.receive(&mut [IoSliceMut::new(handshake.receive_buffer())]) {
            Ok(0) if handshake.is_choosing_by_name() => {
                let reason = "the server hung up, which is how old servers say that there is no such export";
                Err(NbdError::new(ErrorKind::ExportNotFound, OPERATION).caused_by(reason))
            }
            Ok(0) => Err(self.failed(OPERATION, io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                self.is_newly_secure = false;
                handshake.handle_received(count).map_err(|error| {
                    // Leave of a server that refused, if it takes it at once.
                    let _ = self.socket.send(&[IoSlice::new(handshake.transmit())]);
                    NbdError::handshake(error)
                })
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(self.failed(OPERATION, error)),
        }
    }

    /// What a failed call means. Some servers refuse a client's certificate by hanging up.
    fn failed(&self, operation: &'static str, error: io::Error) -> NbdError {
        if error.kind() == io::ErrorKind::TimedOut {
            return NbdError::new(ErrorKind::Timeout, operation);
        }
        let gave_up = TlsFailure::of(&error).is_none_or(|failure| failure.kind() == ErrorKind::Tls);
        let suspicion = self.tls.as_ref().filter(|_| self.is_newly_secure && gave_up);
        if let Some(failure) = suspicion.and_then(ClientTls::suspicion) {
            return NbdError::tls(operation, failure);
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return NbdError::new(ErrorKind::Disconnected, operation);
        }
        NbdError::transport(operation, error)
    }
}

fn reach(uri: &NbdUri, deadline: Instant) -> Result<Socket, NbdError> {
    connect(&uri.transport, deadline).map_err(|error| {
        let kind = match error.kind() {
            io::ErrorKind::TimedOut => ErrorKind::Timeout,
            _ => ErrorKind::Connect,
        };
        NbdError::new(kind, "connect").caused_by(error)
    })
}

/// Lets the server end the connection: were it cut while it still answers, it would log an error.
fn wait_for_end(socket: &Socket) {
    let deadline = Instant::now() + FAREWELL_TIME;
    socket.take_leave();
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
        // Whoever always has one more thing to say is not waited for either.
        Ok(true) if Instant::now() < deadline => Ok(()),
        Ok(_) => Err(NbdError::new(ErrorKind::Timeout, OPERATION)),
        Err(error) => Err(NbdError::transport(OPERATION, error)),
    }
}
