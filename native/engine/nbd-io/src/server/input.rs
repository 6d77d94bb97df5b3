//! Requests as they come out of a socket.

use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::fd::AsFd;
use std::time::Instant;

use block_device::Pipe;
use nbd_proto::wire::EXTENDED_REQUEST_HEADER_LENGTH;

use super::patience::Patience;
use super::staging::{Staged, Staging};
use crate::transport::{Interest, Socket, wait};

/// Reads small requests many at a time, and large payloads straight to where they belong.
pub(super) struct Input<'a> {
    socket: &'a Socket,
    patience: Patience,
    header_length: usize,
    ahead: Box<[u8]>,
    filled: Range<usize>,
    is_new: bool,
    /// The last request had a large payload, and so may the next: to read it ahead is to copy it once more.
    is_bulk: bool,
}

impl<'a> Input<'a> {
    /// Requests' headers have `header_length` bytes.
    pub(super) fn new(socket: &'a Socket, patience: Patience, header_length: usize) -> Self {
        let ahead = vec![0; READ_AHEAD].into_boxed_slice();
        Self { socket, patience, header_length, ahead, filled: 0..0, is_new: false, is_bulk: false }
    }

    /// The next request's header; `None` when the client has closed between two requests.
    /// One that is silent for too long is `TimedOut`, here and below.
    pub(super) fn header<'b>(
        &mut self,
        room: &'b mut [u8; EXTENDED_REQUEST_HEADER_LENGTH],
    ) -> io::Result<Option<&'b [u8]>> {
        if self.filled.is_empty() && self.receive(&mut [], self.patience.next_request())? == 0 {
            return Ok(None);
        }
        let header = room.get_mut(..self.header_length).unwrap_or_default();
        self.read_exact(header)?;
        self.is_bulk = false;
        Ok(Some(header))
    }

    /// Takes the next `length` bytes, at most a piece, of a request's payload. A client that closes meanwhile is
    /// `UnexpectedEof`, here and below.
    pub(super) fn payload<'b>(&'b mut self, staging: &'b mut Staging, length: u64) -> io::Result<Staged<'b>> {
        self.is_bulk = length > READ_AHEAD as u64;
        let count = usize::try_from(length).unwrap_or(usize::MAX);
        if count <= self.at_hand() {
            let start = self.filled.start;
            self.filled.start += count;
            return Ok(Staged::Copy(self.ahead.get(start..self.filled.start).unwrap_or_default()));
        }
        let mut copied = 0;
        if let Some(pipe) = staging.pipe_for(length) {
            if self.fill(pipe, count)? {
                return Ok(staging.staged(true, length));
            }
            copied = staging.recall_pages(length)?;
        }
        self.read_exact(staging.room(length).get_mut(copied..).unwrap_or_default())?;
        Ok(staging.staged(false, length))
    }

    /// Fills the pipe with so much; `false` where it is full before, and the rest is still to be read.
    fn fill(&mut self, pipe: &mut Pipe, count: usize) -> io::Result<bool> {
        let ahead = pipe.write(self.ahead.get(self.filled.clone()).unwrap_or_default())?;
        self.filled.start += ahead;
        let mut deadline = None;
        let mut is_ready = false;
        while pipe.held() < count {
            match self.socket.receive_pages(pipe, count - pipe.held()) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => is_ready = false,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                // There is something to read, and no room for it: many small fragments.
                Err(_) if is_ready => return Ok(false),
                Err(_) => {
                    let deadline = *deadline.get_or_insert_with(|| self.patience.piece());
                    self.wait(Some(deadline))?;
                    is_ready = true;
                }
            }
        }
        Ok(true)
    }

    /// Fills the buffer.
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

    /// Whether the next request's header has come.
    pub(super) fn has_header(&self) -> bool {
        self.at_hand() >= self.header_length
    }

    /// Bytes that have been read ahead.
    pub(super) fn at_hand(&self) -> usize {
        self.filled.len()
    }

    /// What has come behind the last header or payload, if there is more than at the last call.
    pub(super) fn news(&mut self) -> Option<&[u8]> {
        std::mem::take(&mut self.is_new).then(|| self.ahead.get(self.filled.clone()))?
    }

    /// Reads into `buffer` and, what exceeds it, into the read-ahead, which is empty.
    fn receive(&mut self, buffer: &mut [u8], deadline: Option<Instant>) -> io::Result<usize> {
        let direct = buffer.len();
        let ahead = if self.is_bulk { self.header_length } else { READ_AHEAD };
        let count = loop {
            let ahead = self.ahead.get_mut(..ahead).unwrap_or_default();
            match self.socket.receive(&mut [IoSliceMut::new(buffer), IoSliceMut::new(ahead)]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait(deadline)?,
                received => break received?,
            }
        };
        self.filled = 0..count.saturating_sub(direct);
        self.is_new = true;
        Ok(count)
    }

    fn wait(&self, deadline: Option<Instant>) -> io::Result<()> {
        // Not to be acknowledged at once: the reply does that.
        if wait(self.socket.as_fd(), Interest::READ, deadline)? {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
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

/// Some fifteen writes of 4 KiB, or two thousand reads.
const READ_AHEAD: usize = 64 << 10;
