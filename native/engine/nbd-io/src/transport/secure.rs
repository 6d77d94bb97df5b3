//! TLS over a socket: moves ciphertext between the two, and never waits but for the handshake.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::{Interest, retry, wait};
use crate::tls::{TlsFailure, TlsSession};

/// A connection with TLS. The lock is held while bytes are moved, not while they are waited for.
#[derive(Debug)]
pub(super) struct SecureChannel {
    session: Mutex<TlsSession>,
}

impl SecureChannel {
    /// Shakes hands with the peer before the deadline.
    pub(super) fn establish(fd: &OwnedFd, mut session: TlsSession, deadline: Instant) -> io::Result<Self> {
        loop {
            let shaken = session.shake_hands().map_err(TlsFailure::from);
            let interest = match (flush(fd, &mut session), shaken) {
                // An alert was sent with it, if the peer still listens.
                (_, Err(failure)) => return Err(failure.into()),
                (Ok(()), Ok(true)) => return Ok(Self { session: Mutex::new(session) }),
                (Ok(()), Ok(false)) => Interest::READ,
                (Err(error), _) if error.kind() == io::ErrorKind::WouldBlock => Interest::WRITE,
                (Err(error), _) => return Err(error),
            };
            if !wait(fd.as_fd(), interest, Some(deadline))? {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if interest.read && fill(fd, &mut session)? == Some(0) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    pub(super) fn receive(&self, fd: &OwnedFd, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let session = &mut *self.session();
        let room: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let mut rest = buffers;
        let mut received = 0;
        let mut is_drained = false;
        loop {
            match session.read(rest).map_err(TlsFailure::from) {
                Ok(count) => {
                    received += count;
                    IoSliceMut::advance_slices(&mut rest, count);
                }
                // What came before it is told first; it comes again.
                Err(_) if received > 0 => {}
                Err(failure) => {
                    // The alert that goes with it; the failure is what counts.
                    let _ = flush(fd, session);
                    return Err(failure.into());
                }
            }
            if received == room || (received > 0 && is_drained) || session.has_peer_closed() {
                return Ok(received);
            }
            let spare = session.spare().len();
            match fill(fd, session)? {
                Some(0) => return Ok(received),
                Some(count) => is_drained = count < spare,
                None if received > 0 => return Ok(received),
                None => return Err(io::ErrorKind::WouldBlock.into()),
            }
        }
    }

    /// Encrypts and sends until all is sent or the socket is full.
    pub(super) fn send(&self, fd: &OwnedFd, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let session = &mut *self.session();
        let mut sent = 0;
        loop {
            match flush(fd, session) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && sent > 0 => return Ok(sent),
                Err(error) => return Err(error),
            }
            match session.write(buffers, sent).map_err(TlsFailure::from)? {
                0 => return Ok(sent),
                count => sent += count,
            }
        }
    }

    pub(super) fn flush(&self, fd: &OwnedFd) -> io::Result<()> {
        flush(fd, &mut self.session())
    }

    pub(super) fn wants_send(&self) -> bool {
        !self.session().transmit().is_empty()
    }

    /// Whether there may be something to receive that the descriptor does not tell of.
    pub(super) fn may_receive(&self) -> bool {
        self.session().may_read()
    }

    pub(super) fn close(&self, fd: &OwnedFd) {
        let session = &mut *self.session();
        session.close();
        // Whoever does not take it does not miss it.
        let _ = flush(fd, session);
    }

    fn session(&self) -> MutexGuard<'_, TlsSession> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends what the session has for the peer.
fn flush(fd: &OwnedFd, session: &mut TlsSession) -> io::Result<()> {
    while !session.transmit().is_empty() {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        let count = retry(|| send(fd, session.transmit(), flags))?;
        session.handle_transmitted(count);
    }
    Ok(())
}

/// Receives for the session as much as is there: `None` where that is nothing, 0 at the peer's end.
fn fill(fd: &OwnedFd, session: &mut TlsSession) -> io::Result<Option<usize>> {
    if session.spare().is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a TLS handshake larger than any"));
    }
    match retry(|| recv(fd, session.spare(), RecvFlags::DONTWAIT)) {
        Ok((count, _)) => {
            session.handle_received(count);
            Ok(Some(count))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
