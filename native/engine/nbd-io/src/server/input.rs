//! Requests as they come out of a socket.

use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::fd::AsFd;
use std::time::Instant;

use nbd_proto::wire::EXTENDED_REQUEST_HEADER_LENGTH;

use super::patience::Patience;
use crate::transport::{Interest, Socket, wait};

/// Reads headers through a small read-ahead, and payloads straight to where they belong.
pub(super) struct Input<'a> {
    socket: &'a Socket,
    patience: Patience,
    ahead: Box<[u8]>,
    filled: Range<usize>,
    is_new: bool,
}

impl<'a> Input<'a> {
    pub(super) fn new(socket: &'a Socket, patience: Patience) -> Self {
        Self { socket, patience, ahead: vec![0; READ_AHEAD].into_boxed_slice(), filled: 0..0, is_new: false }
    }

    /// The next request's header, which has `length` bytes; `None` when the client has closed between two requests.
    /// One that is silent for too long is `TimedOut`, here and below.
    pub(super) fn header<'b>(
        &mut self,
        length: usize,
        room: &'b mut [u8; EXTENDED_REQUEST_HEADER_LENGTH],
    ) -> io::Result<Option<&'b [u8]>> {
        if self.filled.is_empty() && self.receive(&mut [], self.patience.next_request())? == 0 {
            return Ok(None);
        }
        let header = room.get_mut(..length).unwrap_or_default();
        self.read_exact(header)?;
        Ok(Some(header))
    }

    /// Fills the buffer. A client that closes meanwhile is `UnexpectedEof`.
    pub(super) fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let mut rest = buffer;
        let mut deadline = None;
        loop {
            let taken = self.take(rest);
            rest = rest.get_mut(taken..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(());
            }
            // One for all of it: each byte may be prompt, and all of them for ever.
            let deadline = *deadline.get_or_insert_with(|| self.patience.piece());
            let count = self.receive(rest, Some(deadline))?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            rest = rest.get_mut(count.min(rest.len())..).unwrap_or_default();
        }
    }

    /// What has come behind the last header or payload, if there is more than at the last call.
    pub(super) fn news(&mut self) -> Option<&[u8]> {
        std::mem::take(&mut self.is_new).then(|| self.ahead.get(self.filled.clone()))?
    }

    /// Reads into `buffer` and, what exceeds it, into the read-ahead, which is empty.
    fn receive(&mut self, buffer: &mut [u8], deadline: Option<Instant>) -> io::Result<usize> {
        let direct = buffer.len();
        let count = loop {
            let received =
                self.socket.receive(&mut [IoSliceMut::new(buffer), IoSliceMut::new(&mut self.ahead)]);
            match received {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // Not to be acknowledged at once: the reply does that.
                    if !wait(self.socket.as_fd(), Interest::READ, deadline)? {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                received => break received?,
            }
        };
        self.filled = 0..count.saturating_sub(direct);
        self.is_new = true;
        Ok(count)
    }

    /// Moves what was read ahead into `buffer`, as much as fits.
    fn take(&mut self, buffer: &mut [u8]) -> usize {
        let ahead = self.ahead.get(self.filled.clone()).unwrap_or_default();
        let count = ahead.len().min(buffer.len());
        if let (Some((from, _)), Some((into, _))) =
            (ahead.split_at_checked(count), buffer.split_at_mut_checked(count))
        {
            into.copy_from_slice(from);
        }
        self.filled.start += count;
        count
    }
}

/// What is read ahead of a payload is copied once more: enough to batch small requests.
const READ_AHEAD: usize = 4096;
