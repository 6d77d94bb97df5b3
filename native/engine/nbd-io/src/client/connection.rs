//! A pipelined connection.

use std::collections::{HashMap, VecDeque};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use block_device::Pipe;
use extent::Run;
use nbd_proto::client::{Aside, Command, Handshake, Outcome, Reply, Session};
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
    /// Of the requests in flight whose payload goes through one, by cookie.
    pipes: HashMap<u64, Pipe>,
    is_dead: bool,
}

/// A request whose payload goes through a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipedCommand {
    /// Fills the pipe.
    Read {
        /// From where, and how much.
        run: Run,
    },
    /// Writes all that the pipe holds.
    Write {
        /// To where.
        offset: u64,
    },
}

/// A request that is over.
#[derive(Debug)]
pub struct Completion {
    /// The name that the request was submitted under.
    pub token: u64,
    /// The buffer that came with a read or write, back; or what was read into memory instead of the pipe.
    pub buffer: Option<Vec<u8>>,
    /// The pipe that came with the request, back: with what was read, unless there is a buffer.
    pub pipe: Option<Pipe>,
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
            pipes: HashMap::new(),
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
        if matches!(command, Command::ReadAside { .. } | Command::WriteAside { .. }) {
            return Err(NbdError::new(ErrorKind::InvalidRequest, command.name()));
        }
        self.enqueue(token, command).map(drop)
    }

    /// Queues a read of `run` into the pipe, which is empty, or a write of all that it holds.
    ///
    /// Only on a socket without TLS: [`can_pipe`](Self::can_pipe). What is read comes in memory all the same
    /// where the server answers in parts, where the pipe has no room for it, and where it begins with zeros:
    /// then it may be all zeros, which in a pipe nobody sees.
    pub fn submit_piped(&mut self, token: u64, command: PipedCommand, pipe: Pipe) -> Result<(), NbdError> {
        let command = match command {
            PipedCommand::Read { run } => Command::ReadAside { run },
            PipedCommand::Write { offset } => {
                Command::WriteAside { run: Run::new(offset, pipe.held() as u64) }
            }
        };
        if !self.can_pipe() {
            return Err(NbdError::new(ErrorKind::Unsupported, command.name()));
        }
        let cookie = self.enqueue(token, command)?;
        self.pipes.insert(cookie, pipe);
        Ok(())
    }

    /// Whether the server is on this machine, as far as its address tells.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.socket.is_local()
    }

    /// Whether payloads may go through pipes.
    #[must_use]
    pub fn can_pipe(&self) -> bool {
        !self.socket.is_secure()
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
        let completion = self.set_aside.pop_front().or_else(|| self.session.poll_completion())?;
        Some(self.finish(completion))
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
                    return Ok(self.finish(completion));
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

    fn finish(&mut self, completion: nbd_proto::client::Completion) -> Completion {
        let nbd_proto::client::Completion { cookie, token, operation, run, buffer, result } = completion;
        let pipe = self.pipes.remove(&cookie);
        Completion {
            token,
            buffer,
            pipe,
            result: result.map_err(|failure| NbdError::server(operation, run, failure)),
        }
    }

    fn check_alive(&self) -> Result<(), NbdError> {
        if self.is_dead { Err(NbdError::new(ErrorKind::Disconnected, "submit")) } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), NbdError> {
        while self.session.wants_transmit() {
            let sent = if let Some(aside) = self.session.transmit_aside() {
                self.drain(aside)
            } else {
                let slices = self.session.transmit().take(MAX_SLICES);
                self.socket.send(&slices.map(IoSlice::new).collect::<Vec<_>>())
            };
            match sent {
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
            if let Some(aside) = self.session.aside() {
                if self.receive_aside(aside)? {
                    continue;
                }
                return Ok(());
            }
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

    /// Takes what came into the request's pipe, or turns to memory. `false`: nothing has come.
    fn receive_aside(&mut self, aside: Aside) -> Result<bool, NbdError> {
        let failed = |error| NbdError::transport("receive", error);
        if aside.moved == 0 {
            match self.socket.begins_with_zeros(aside.left).map_err(failed)? {
                None => return Ok(false),
                Some(true) => return self.receive_into_memory(aside),
                Some(false) => {}
            }
        }
        match self.fill(aside) {
            Ok(None) => self.receive_into_memory(aside),
            Ok(Some(0)) => Err(NbdError::new(ErrorKind::Disconnected, "receive")),
            Ok(Some(count)) => {
                let received = self.session.handle_taken_aside(count);
                received.map_err(|error| NbdError::protocol("receive", error))?;
                self.check_deadline(Instant::now())?;
                Ok(true)
            }
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(failed(error)),
            Err(_) => Ok(false),
        }
    }

    /// Fills the request's pipe with what came; `None` where it has no room for the many parts of that.
    fn fill(&mut self, aside: Aside) -> io::Result<Option<usize>> {
        let Some(pipe) = self.pipes.get_mut(&aside.cookie) else { return Ok(None) };
        match self.socket.receive_pages(pipe, aside.left) {
            // It does not tell which of the two it lacks, bytes or room; bytes may have come by now.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && self.socket.has_input()? => {
                match self.socket.receive_pages(pipe, aside.left) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
                    taken => taken.map(Some),
                }
            }
            taken => taken.map(Some),
        }
    }

    /// Turns to memory, with what is in the pipe already.
    fn receive_into_memory(&mut self, aside: Aside) -> Result<bool, NbdError> {
        let first = self.session.read_into_memory();
        let moved = self.pipes.get_mut(&aside.cookie).map_or(Ok(()), |pipe| pipe.read_exact(first));
        moved.map_err(|error| NbdError::transport("receive", error))?;
        Ok(true)
    }

    fn drain(&mut self, aside: Aside) -> io::Result<usize> {
        let pipe = self.pipes.get_mut(&aside.cookie).ok_or(io::ErrorKind::BrokenPipe)?;
        self.socket.send_pages(pipe, aside.left)
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

/// Most buffers in one send; the system takes up to 1024.
const MAX_SLICES: usize = 64;
