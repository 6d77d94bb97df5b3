//! A pipelined connection.

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nbd_proto::client::{Command, Handshake, Outcome, Reply, Session};
use nbd_proto::export::Export;
use nbd_proto::uri::NbdUri;

use super::negotiate::negotiate;
use super::{ConnectOptions, FAREWELL_TIME};
use crate::error::{ErrorKind, NbdError};
use crate::transport::{Interest, Socket};

/// One connection to an export, with many requests in flight on it.
///
/// Submit, then [`drive`](Self::drive) whenever the socket is ready for [`interest`](Self::interest) or the
/// [`deadline`](Self::deadline) has passed, and take completions. They come in any order, and the server may
/// work on requests in any order: never have two in flight that touch the same bytes, unless both read.
///
/// Once a call has failed with a dead connection's error, every further one fails with
/// [`ErrorKind::Disconnected`]; what is in flight has an unknown outcome.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
    session: Session,
    request_timeout: Duration,
    /// When requests were submitted, by rising cookie; those that completed leave late.
    submitted: VecDeque<(u64, Instant)>,
    /// Completions that `request` came across.
    set_aside: VecDeque<nbd_proto::client::Completion>,
    is_dead: bool,
}

/// A request that is over.
#[derive(Debug)]
pub struct Completion {
    /// The name that the request was submitted under.
    pub token: u64,
    /// The buffer that came with a read or write, back.
    pub buffer: Option<Vec<u8>>,
    /// How it went. An error here is this request's alone: the connection is fine.
    pub result: Result<Reply, NbdError>,
}

impl Connection {
    /// Connects to the URI's export.
    pub fn connect(uri: &NbdUri, options: &ConnectOptions) -> Result<Self, NbdError> {
        let handshake = Handshake::connect(&uri.export, &options.contexts);
        let handshake = handshake.map_err(|error| NbdError::limit("handshake", error))?;
        let (socket, Outcome::Connected(export)) = negotiate(uri, handshake, options)? else {
            return Err(NbdError::new(ErrorKind::Protocol, "connect"));
        };
        Ok(Self {
            socket,
            session: Session::new(export),
            request_timeout: options.request_timeout,
            submitted: VecDeque::new(),
            set_aside: VecDeque::new(),
            is_dead: false,
        })
    }

    /// The export, as negotiated.
    #[must_use]
    pub fn export(&self) -> &Export {
        self.session.export()
    }

    /// Queues a request. `token` comes back with its completion; it may be any number.
    ///
    /// Fails with [`ErrorKind::InvalidRequest`] or [`ErrorKind::Unsupported`] where the export cannot take the
    /// command; nothing is sent then, and the command's buffer is dropped.
    pub fn submit(&mut self, token: u64, command: Command) -> Result<(), NbdError> {
        self.enqueue(token, command).map(drop)
    }

    /// Sends and receives as much as goes without blocking. `now` is what deadlines are held against.
    ///
    /// Fails where the connection is dead: the peer is gone, broke the protocol, or left a request overdue.
    pub fn drive(&mut self, now: Instant) -> Result<(), NbdError> {
        self.check_alive()?;
        // What the peer said before it went is still heard when nothing can be sent to it any more.
        let (sent, received) = (self.send(), self.receive());
        self.socket.acknowledge();
        let driven = received.and(sent).and_then(|()| self.check_deadline(now));
        self.is_dead = driven.is_err();
        driven
    }

    /// The next request that is over.
    pub fn poll_completion(&mut self) -> Option<Completion> {
        self.set_aside.pop_front().or_else(|| self.session.poll_completion()).map(Completion::from)
    }

    /// Requests submitted and not yet over.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.session.in_flight()
    }

    /// When the request that has waited longest is overdue.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let oldest = self.session.oldest()?;
        let (_, submitted) = self.submitted.iter().find(|(cookie, _)| *cookie == oldest)?;
        submitted.checked_add(self.request_timeout)
    }

    /// What to wait for on the socket before [`drive`](Self::drive) has something to do.
    #[must_use]
    pub fn interest(&self) -> Interest {
        Interest { read: true, write: self.session.wants_transmit() || self.socket.wants_send() }
    }

    /// Submits a request and waits until it is over.
    ///
    /// Completions of others are kept for [`poll_completion`](Self::poll_completion).
    pub fn request(&mut self, command: Command) -> Result<Completion, NbdError> {
        let cookie = self.enqueue(0, command)?;
        loop {
            self.drive(Instant::now())?;
            while let Some(completion) = self.session.poll_completion() {
                if completion.cookie == cookie {
                    return Ok(completion.into());
                }
                self.set_aside.push_back(completion);
            }
            let ready = self.socket.wait(self.interest(), self.deadline());
            ready.map_err(|error| NbdError::transport("wait", error))?;
        }
    }

    /// Takes leave of the server and closes. Requests in flight have an unknown outcome.
    pub fn disconnect(mut self) {
        if self.is_dead {
            return;
        }
        self.session.disconnect();
        let deadline = Instant::now() + FAREWELL_TIME;
        while self.session.wants_transmit() || self.socket.wants_send() {
            let ready = self.socket.wait(Interest::WRITE, Some(deadline));
            if !matches!(ready, Ok(true)) || self.send().is_err() {
                return;
            }
        }
        self.socket.take_leave();
    }

    fn enqueue(&mut self, token: u64, command: Command) -> Result<u64, NbdError> {
        self.check_alive()?;
        let (operation, run) = (command.name(), command.run());
        let cookie = self.session.submit(token, command);
        let cookie = cookie.map_err(|error| NbdError::request(operation, run, error))?;
        self.submitted.push_back((cookie, Instant::now()));
        Ok(cookie)
    }

    fn check_alive(&self) -> Result<(), NbdError> {
        if self.is_dead { Err(NbdError::new(ErrorKind::Disconnected, "submit")) } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), NbdError> {
        while self.session.wants_transmit() {
            let slices: Vec<IoSlice<'_>> =
                self.session.transmit().take(MAX_SLICES).map(IoSlice::new).collect();
            match self.socket.send(&slices) {
                Ok(count) => self.session.handle_transmitted(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(NbdError::transport("send", error)),
            }
        }
        match self.socket.flush() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                Err(NbdError::transport("send", error))
            }
            _ => Ok(()),
        }
    }

    fn receive(&mut self) -> Result<(), NbdError> {
        loop {
            let buffers = self.session.receive_buffers();
            let room: usize = buffers.iter().map(|buffer| buffer.len()).sum();
            match self.socket.receive(&mut buffers.map(IoSliceMut::new)) {
                Ok(0) => return Err(NbdError::new(ErrorKind::Disconnected, "receive")),
                Ok(count) => {
                    let received = self.session.handle_received(count);
                    received.map_err(|error| NbdError::protocol("receive", error))?;
                    // The socket is empty, most likely; if not, it stays ready.
                    if count < room {
                        return Ok(());
                    }
                    // Whoever always has one more thing to say is held to the deadlines, too.
                    self.check_deadline(Instant::now())?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(NbdError::transport("receive", error)),
            }
        }
    }

    fn check_deadline(&mut self, now: Instant) -> Result<(), NbdError> {
        let oldest = self.session.oldest().unwrap_or(u64::MAX);
        while self.submitted.front().is_some_and(|(cookie, _)| *cookie < oldest) {
            self.submitted.pop_front();
        }
        match self.deadline() {
            Some(deadline) if deadline <= now => Err(NbdError::new(ErrorKind::Timeout, "request")),
            _ => Ok(()),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl From<nbd_proto::client::Completion> for Completion {
    fn from(completion: nbd_proto::client::Completion) -> Self {
        let nbd_proto::client::Completion { token, operation, run, buffer, result, .. } = completion;
        let result = result.map_err(|failure| NbdError::server(operation, run, failure));
        Self { token, buffer, result }
    }
}

/// Most buffers in one send; the system takes up to 1024.
const MAX_SLICES: usize = 64;
