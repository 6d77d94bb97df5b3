//! Replies as they go into a socket.

use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

use super::patience::Patience;
use super::staging::Staged;
use crate::transport::Socket;

/// Where a connection's replies go: small ones are held until they are [due](Self::is_due), and leave together.
pub(super) struct Output<'a> {
    socket: &'a Socket,
    patience: Patience,
    held: Vec<u8>,
    /// When the first request was begun whose reply may be held.
    since: Instant,
}

impl<'a> Output<'a> {
    pub(super) fn new(socket: &'a Socket, patience: Patience) -> Self {
        Self { socket, patience, held: Vec::new(), since: Instant::now() }
    }

    /// What is held, to be appended to.
    pub(super) fn held(&mut self) -> &mut Vec<u8> {
        &mut self.held
    }

    /// To be called when a request is begun.
    pub(super) fn begin(&mut self) {
        if self.held.is_empty() {
            self.since = Instant::now();
        }
    }

    /// Whether what is held must not wait for one more request, though that is at hand.
    pub(super) fn is_due(&self) -> bool {
        self.held.len() >= HOLD_BYTES || (!self.held.is_empty() && self.since.elapsed() >= HOLD_TIME)
    }

    /// Sends what is held. A client that does not take it in time is `TimedOut`, here and below: hang up.
    pub(super) fn send(&mut self) -> io::Result<()> {
        self.send_with(&[])
    }

    /// Sends or holds `data` behind what is held.
    pub(super) fn put(&mut self, data: Staged<'_>) -> io::Result<()> {
        match data {
            Staged::Copy(data) if data.len() <= SMALL => {
                self.held.extend_from_slice(data);
                Ok(())
            }
            Staged::Copy(data) => self.send_with(data),
            Staged::Pages(pipe) => {
                self.send()?;
                self.socket.send_all_pages(pipe, Some(self.patience.piece()))
            }
        }
    }

    fn send_with(&mut self, data: &[u8]) -> io::Result<()> {
        let buffers = &mut [IoSlice::new(&self.held), IoSlice::new(data)];
        let sent = self.socket.send_all(buffers, Some(self.patience.piece()));
        // Also after a failure: a part has left, which must not leave again.
        self.held.clear();
        self.held.shrink_to(2 * HOLD_BYTES);
        sent
    }
}

/// Data that is copied once more, to leave with other replies.
const SMALL: usize = 16 << 10;

/// So much is sent at a time, rather than held for more.
const HOLD_BYTES: usize = 64 << 10;

/// Only devices that answer many requests in this time have replies held, and only then it saves anything.
const HOLD_TIME: Duration = Duration::from_micros(100);
