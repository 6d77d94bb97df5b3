//! Pages that go between sockets and pipes uncopied.

use std::io;
use std::time::Instant;

use block_device::Pipe;
use rustix::net::{RecvFlags, recv};

use super::{Interest, Socket, retry};

impl Socket {
    /// Whether data had better go through a [`Pipe`] than through memory. Over TCP pages become fragments of packets
    /// of their own, which costs more than the copy; TLS needs the bytes.
    pub(crate) fn lends_pages(&self) -> bool {
        !self.tcp && self.secure.get().is_none()
    }

    /// Moves up to `length` bytes that have come into the pipe; 0 is the peer's end. Not with TLS, nor are the next two.
    pub(crate) fn receive_pages(&self, pipe: &mut Pipe, length: usize) -> io::Result<usize> {
        pipe.fill(&self.fd, None, length)
    }

    /// Sends up to `length` bytes of what the pipe holds, as much as there is room for.
    pub(crate) fn send_pages(&self, pipe: &mut Pipe, length: usize) -> io::Result<usize> {
        pipe.drain(&self.fd, None, length, false)
    }

    /// Sends all that the pipe holds; a peer that is too slow for the deadline is `TimedOut`.
    pub(crate) fn send_all_pages(&self, pipe: &mut Pipe, deadline: Option<Instant>) -> io::Result<()> {
        while pipe.held() > 0 {
            match self.send_pages(pipe, pipe.held()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !self.wait(Interest::WRITE, deadline)? {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
    /// Whether the next bytes are zeros, of those up to `length` that are at hand: `None` where none are. They stay.
    /// Not with TLS.
    pub(crate) fn begins_with_zeros(&self, length: usize) -> io::Result<Option<bool>> {
        let mut bytes = [0; PEEKED];
        let bytes = bytes.get_mut(..length.min(PEEKED)).unwrap_or_default();
        match retry(|| recv(&self.fd, &mut *bytes, RecvFlags::PEEK | RecvFlags::DONTWAIT)) {
            Ok((count, _)) => Ok(Some(count > 0 && bytes.iter().take(count).all(|byte| *byte == 0))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Few pieces of data begin with so many zeros and are not zero.
const PEEKED: usize = 64;
