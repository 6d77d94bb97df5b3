//! Pages that go between sockets and pipes uncopied.

use std::io;
use std::time::Instant;

use block_device::Pipe;

use super::{Interest, Socket};

impl Socket {
    /// Whether data had better go through a [`Pipe`] than through memory. Over TCP pages become fragments of packets
    /// of their own, which costs more than the copy; TLS needs the bytes.
    pub(crate) fn lends_pages(&self) -> bool {
        !self.tcp && self.secure.get().is_none()
    }

    /// Moves up to `length` bytes that have come into the pipe; 0 is the peer's end.
    pub(crate) fn receive_pages(&self, pipe: &mut Pipe, length: usize) -> io::Result<usize> {
        pipe.fill(&self.fd, None, length)
    }

    /// Sends all that the pipe holds; a peer that is too slow for the deadline is `TimedOut`.
    pub(crate) fn send_pages(&self, pipe: &mut Pipe, deadline: Option<Instant>) -> io::Result<()> {
        while pipe.held() > 0 {
            match pipe.drain(&self.fd, None, pipe.held(), false) {
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
}
