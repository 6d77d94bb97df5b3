//! Sockets: stream sockets over TCP and unix, plain or with TLS, with deadlines.

mod connect;
mod listen;
mod pages;
mod secure;
mod waker;

use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, Shutdown, sendmsg, sockopt};

pub(crate) use connect::connect;
pub(crate) use listen::{Accepted, Listener};
use secure::SecureChannel;
pub use waker::Waker;

use crate::tls::TlsSession;

/// What to wait for on a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Bytes to read, or the peer's end.
    pub read: bool,
    /// Room to write.
    pub write: bool,
}

impl Interest {
    pub(crate) const READ: Self = Self { read: true, write: false };
    pub(crate) const WRITE: Self = Self { read: false, write: true };
}

/// A connected stream socket. All but its beginning is the same with TLS as without.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    tcp: bool,
    secure: OnceLock<Box<SecureChannel>>,
}

impl Socket {
    /// Takes over a connected socket.
    pub(crate) fn new(fd: OwnedFd) -> Self {
        // Refused on unix sockets. Requests and replies are whole when they are sent: nothing is gained by waiting.
        let tcp = sockopt::set_tcp_nodelay(&fd, true).is_ok();
        if !tcp {
            // A payload at a time instead of in parts, as far as the system allows. TCP finds its own size.
            let _ = sockopt::set_socket_send_buffer_size(&fd, UNIX_SEND_BUFFER);
        }
        // A peer that vanished without a word is noticed in the end.
        let _ = sockopt::set_socket_keepalive(&fd, true);
        Self { fd, tcp, secure: OnceLock::new() }
    }

    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        Ok(rustix::io::ioctl_fionbio(&self.fd, nonblocking)?)
    }

    /// Reads into the buffers in order; 0 is the peer's end. With TLS it never waits.
    ///
    /// Where less came than fits, nothing more is at hand: the descriptor tells when there is.
    pub(crate) fn receive(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let Some(secure) = self.secure.get() else {
            return retry(|| rustix::io::readv(&self.fd, buffers));
        };
        secure.receive(&self.fd, buffers)
    }

    /// Writes from the buffers in order, as much as there is room for: it never waits. A peer that is gone is an
    /// error, never a signal.
    ///
    /// What was taken may still be on its way: [`wants_send`](Self::wants_send).
    pub(crate) fn send(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let Some(secure) = self.secure.get() else {
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            return retry(|| sendmsg(&self.fd, buffers, &mut SendAncillaryBuffer::default(), flags));
        };
        secure.send(&self.fd, buffers)
    }

    /// Whether the peer is a unix socket, or one of the loopback interface.
    pub(crate) fn is_local(&self) -> bool {
        let peer = rustix::net::getpeername(&self.fd).ok().flatten();
        let address = peer.and_then(|address| SocketAddr::try_from(address).ok());
        !self.tcp || address.is_some_and(|address| address.ip().to_canonical().is_loopback())
    }

    /// Whether TLS has begun.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure.get().is_some()
    }

    /// Whether something that was taken waits for room in the socket, to be sent by [`flush`](Self::flush).
    pub(crate) fn wants_send(&self) -> bool {
        self.secure.get().is_some_and(|secure| secure.wants_send())
    }

    /// Sends on what was taken, as far as possible.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.secure.get().map_or(Ok(()), |secure| secure.flush(&self.fd))
    }

    /// Sends all of the buffers; a peer that is too slow for the deadline is `TimedOut`.
    pub(crate) fn send_all(
        &self,
        mut buffers: &mut [IoSlice<'_>],
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        // Also drops buffers that are empty: the loop ends when nothing is left.
        IoSlice::advance_slices(&mut buffers, 0);
        while !buffers.is_empty() || self.wants_send() {
            let sent = if buffers.is_empty() { self.flush().map(|()| 0) } else { self.send(buffers) };
            match sent {
                Ok(count) => IoSlice::advance_slices(&mut buffers, count),
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

    /// Begins TLS: all that is received and sent from now on goes through `session`.
    ///
    /// What the peer sent before in plain text makes it fail, for it is no TLS.
    pub(crate) fn start_tls(&self, session: TlsSession, deadline: Instant) -> io::Result<()> {
        let channel = SecureChannel::establish(&self.fd, session, deadline)?;
        self.secure.set(Box::new(channel)).map_err(|_| io::Error::from(io::ErrorKind::AlreadyExists))
    }

    /// Whether the peer has sent something that was not received yet. Not for sockets with TLS.
    pub(crate) fn has_input(&self) -> io::Result<bool> {
        match rustix::net::recv(&self.fd, &mut [0_u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((_, count)) => Ok(count > 0),
            Err(Errno::AGAIN) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Has what arrives on TCP acknowledged at once: to be called before a wait for more.
    ///
    /// QEMU 7.2 leaves `TCP_NODELAY` off and sends a reply in parts: the second one leaves when the first is
    /// acknowledged, which the kernel by itself puts off for 40 ms, and it forgets this wish every now and then.
    pub(crate) fn acknowledge(&self) {
        if self.tcp {
            // Costs time where it fails, and nothing else.
            let _ = sockopt::set_tcp_quickack(&self.fd, true);
        }
    }

    /// Waits until the socket is ready (or broken); `false` when the deadline came first.
    pub(crate) fn wait(&self, interest: Interest, deadline: Option<Instant>) -> io::Result<bool> {
        if interest.read {
            if self.secure.get().is_some_and(|secure| secure.may_receive()) {
                return Ok(true);
            }
            self.acknowledge();
        }
        wait(self.fd.as_fd(), interest, deadline)
    }

    /// Ends one or both directions; wakes whoever is blocked on them.
    pub(crate) fn shutdown(&self, how: Shutdown) {
        // Fails only where the connection is gone already.
        let _ = rustix::net::shutdown(&self.fd, how);
    }

    /// Tells the peer that nothing more is sent, where TLS has a word for it. Does not wait.
    pub(crate) fn take_leave(&self) {
        if let Some(secure) = self.secure.get() {
            secure.close(&self.fd);
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Waits until `fd` is ready (or broken); `false` when the deadline came first.
pub(crate) fn wait(fd: BorrowedFd<'_>, interest: Interest, deadline: Option<Instant>) -> io::Result<bool> {
    wait_any([(fd, interest)], deadline)
}

/// Waits until one of the descriptors is ready (or broken); `false` when the deadline came first.
pub(crate) fn wait_any<const N: usize>(
    fds: [(BorrowedFd<'_>, Interest); N],
    deadline: Option<Instant>,
) -> io::Result<bool> {
    let mut fds = fds.map(|(fd, interest)| {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, interest.read);
        flags.set(PollFlags::OUT, interest.write);
        PollFd::from_borrowed_fd(fd, flags)
    });
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match poll(&mut fds, left.map(timespec).as_ref()) {
            Ok(0) if left.is_some_and(|left| left.is_zero()) => return Ok(false),
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}

/// So long from now. A wait that the clock cannot count (`Duration::MAX`: "for ever") ends in a year.
pub(crate) fn deadline_in(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + Duration::from_secs(365 * 24 * 3600))
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
}

/// Bytes; what the system takes is bounded by `net.core.wmem_max`.
const UNIX_SEND_BUFFER: usize = 4 << 20;
