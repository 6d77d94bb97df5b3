//! Where a connection's data is between its socket and the device.

use std::io;

use block_device::{Device, Pipe};
use extent::Run;

use crate::transport::Socket;

/// Data on its way.
pub(super) enum Staged<'a> {
    /// All that the pipe holds.
    Pages(&'a mut Pipe),
    /// A copy in memory.
    Copy(&'a [u8]),
}

/// A buffer for one piece of data, and a pipe for one, where pages can go through uncopied. Both are made when they
/// are first needed.
pub(super) struct Staging {
    buffer: Vec<u8>,
    /// Empty between two pieces.
    pipe: Option<Pipe>,
    lends_pages: bool,
}

impl Staging {
    pub(super) fn new(socket: &Socket) -> Self {
        Self { buffer: Vec::new(), pipe: None, lends_pages: socket.lends_pages() }
    }

    /// Reads `run`, which is at most a [`PIECE`], from the device.
    pub(super) fn read(&mut self, device: &dyn Device, run: Run) -> io::Result<Staged<'_>> {
        let in_pages = self.read_pages(device, run)?;
        if !in_pages {
            device.read_at(self.room(run.length), run.offset)?;
        }
        Ok(self.staged(in_pages, run.length))
    }

    /// The pipe, if `length` bytes should go through it.
    pub(super) fn pipe_for(&mut self, length: u64) -> Option<&mut Pipe> {
        if length < PAGES_PAY || !self.lends_pages {
            return None;
        }
        if self.pipe.is_none() {
            // The system has no more pages for pipes, or no descriptors: it goes without.
            self.pipe = Pipe::new(PIECE).ok();
            self.lends_pages = self.pipe.is_some();
        }
        self.pipe.as_mut()
    }

    /// What has been put into the pipe, or else into the first `length` bytes of the buffer.
    pub(super) fn staged(&mut self, in_pages: bool, length: u64) -> Staged<'_> {
        match &mut self.pipe {
            Some(pipe) if in_pages => Staged::Pages(pipe),
            _ => Staged::Copy(room(&mut self.buffer, length)),
        }
    }

    /// Copies what the pipe holds into the first part of a room of `length` bytes, and says how much. The pipe is
    /// used no more: pages do not pay here.
    pub(super) fn recall_pages(&mut self, length: u64) -> io::Result<usize> {
        self.lends_pages = false;
        let Some(mut pipe) = self.pipe.take() else { return Ok(0) };
        let room = self.room(length);
        let mut copied = 0;
        while pipe.held() > 0 && copied < room.len() {
            copied += pipe.read(room.get_mut(copied..).unwrap_or_default())?;
        }
        Ok(copied)
    }

    /// To be called when what the pipe holds is of no use.
    pub(super) fn drop_pages(&mut self) {
        self.pipe = None;
    }

    /// The first `length` bytes of the buffer, which grows as needed.
    pub(super) fn room(&mut self, length: u64) -> &mut [u8] {
        room(&mut self.buffer, length)
    }

    fn read_pages(&mut self, device: &dyn Device, run: Run) -> io::Result<bool> {
        let Some(pipe) = self.pipe_for(run.length) else { return Ok(false) };
        let read = device.read_to_pipe(pipe, run);
        if !matches!(read, Ok(true)) {
            self.drop_pages();
        }
        match read {
            Ok(in_pages) => {
                self.lends_pages = in_pages;
                Ok(in_pages)
            }
            // A run that begins within a page may have one page more than the pipe.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn room(buffer: &mut Vec<u8>, length: u64) -> &mut [u8] {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    buffer.get_mut(..length).unwrap_or_default()
}

/// So much is read, and held, at a time.
pub(super) const PIECE: usize = 1 << 20;

/// Less than this is copied faster than its pages change hands.
const PAGES_PAY: u64 = 64 << 10;
