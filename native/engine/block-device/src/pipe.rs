//! A pipe as a buffer: it holds the system's pages, which come and go without being copied.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::retry_on_intr;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

/// Holds bytes between a socket or file that they come from and one that they go to, in order.
///
/// Bytes of a file are not taken out of it: what is written there while they are held may show in them.
/// A socket whose peer has gone raises `SIGPIPE` when it is drained into, which Rust's runtime and Node ignore.
#[derive(Debug)]
pub struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
    capacity: usize,
    held: usize,
}

impl Pipe {
    /// A pipe for up to `capacity` bytes, in whole pages.
    ///
    /// Fails where the system does not let this user have so many pages in pipes. Source: pipe(7), "Pipe capacity".
    pub fn new(capacity: usize) -> io::Result<Self> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let capacity = fcntl_setpipe_size(&writer, capacity)?;
        Ok(Self { reader, writer, capacity, held: 0 })
    }

    /// The most bytes that it holds; fewer where they are in parts of pages.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Bytes in it.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// Takes up to `length` bytes out of a socket, or of a file from `offset` on. 0: its end.
    ///
    /// `WouldBlock`: the socket has none, or the pipe has no room.
    pub fn fill(&mut self, from: impl AsFd, mut offset: Option<u64>, length: usize) -> io::Result<usize> {
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        let count = retry_on_intr(|| splice(&from, offset.as_mut(), &self.writer, None, length, flags))?;
        self.held += count;
        Ok(count)
    }

    /// Hands up to `length` bytes to a socket, or to a file from `offset` on. `more`: others follow at once.
    ///
    /// `WouldBlock`: the socket has no room.
    pub fn drain(
        &mut self,
        to: impl AsFd,
        mut offset: Option<u64>,
        length: usize,
        more: bool,
    ) -> io::Result<usize> {
        let length = length.min(self.held);
        let mut flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        flags.set(SpliceFlags::MORE, more);
        let count = retry_on_intr(|| splice(&self.reader, None, &to, offset.as_mut(), length, flags))?;
        self.held = self.held.saturating_sub(count);
        Ok(count)
    }

    /// Copies bytes out of it until the buffer is full. Fewer in it are `UnexpectedEof`.
    pub fn read_exact(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let count = self.read(buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            buffer = buffer.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Copies bytes into it, as many as there is room for.
    pub fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let count = retry_on_intr(|| rustix::io::write(&self.writer, data))?;
        self.held += count;
        Ok(count)
    }

    /// Copies bytes out of it, as many as there are and fit.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.held == 0 {
            return Ok(0);
        }
        let length = buffer.len().min(self.held);
        let count =
            retry_on_intr(|| rustix::io::read(&self.reader, buffer.get_mut(..length).unwrap_or_default()))?;
        self.held = self.held.saturating_sub(count);
        Ok(count)
    }
}

impl AsFd for Pipe {
    /// The end that is read, to be waited for.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}
