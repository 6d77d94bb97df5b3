//! Reaching a server before a deadline.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use nbd_proto::uri::Transport;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, ipproto, socket_with, sockopt};

use super::{Interest, Socket, wait};

/// A non-blocking socket connected to `address`.
///
/// A host's addresses are tried one after the other, in the resolver's order; the last one's error counts.
/// The resolver itself keeps its own time.
pub(crate) fn connect(address: &Transport, deadline: Instant) -> io::Result<Socket> {
    let fd = match address {
        Transport::Tcp { host, port } => connect_host(host, *port, deadline)?,
        Transport::Unix { path } => connect_unix(path, deadline)?,
    };
    let socket = Socket::new(fd);
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn connect_host(host: &str, port: u16, deadline: Instant) -> io::Result<OwnedFd> {
    let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    let mut last_error = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for (index, address) in addresses.iter().enumerate() {
        // A first address that swallows packets must not use up the time of the others.
        let left = deadline.saturating_duration_since(Instant::now());
        let attempts = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        match connect_tcp(*address, Instant::now() + left / attempts) {
            Ok(fd) => return Ok(fd),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}

fn connect_tcp(address: SocketAddr, deadline: Instant) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let fd = socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    match rustix::net::connect(&fd, &address) {
        Ok(()) => Ok(fd),
        Err(Errno::INPROGRESS | Errno::INTR) => {
            if !wait(fd.as_fd(), Interest::WRITE, Some(deadline))? {
                return Err(io::ErrorKind::TimedOut.into());
            }
            sockopt::socket_error(&fd)??;
            Ok(fd)
        }
        Err(error) => Err(error.into()),
    }
}

fn connect_unix(path: &Path, deadline: Instant) -> io::Result<OwnedFd> {
    let address = unix_address(path)?;
    let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_unix_buffers(&fd);
    // A unix socket whose backlog is full makes a non-blocking connect fail rather than wait.
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    sockopt::set_socket_timeout(&fd, sockopt::Timeout::Send, Some(left))?;
    match rustix::net::connect(&fd, &address) {
        Ok(()) => Ok(fd),
        Err(Errno::AGAIN | Errno::INTR) => Err(io::ErrorKind::TimedOut.into()),
        Err(error) => Err(error.into()),
    }
}

/// The address of a socket file. A path that is too long for the system says so.
pub(super) fn unix_address(path: &Path) -> io::Result<SocketAddrUnix> {
    SocketAddrUnix::new(path).map_err(|error| match error {
        Errno::NAMETOOLONG => io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path of a unix socket is at most 107 bytes long; choose a shorter folder",
        ),
        error => error.into(),
    })
}

/// Lets whole requests wait in the socket. TCP sizes its buffers itself, and better.
pub(super) fn set_unix_buffers(fd: impl AsFd) {
    // The system caps it silently where it thinks it too much.
    let _ = sockopt::set_socket_send_buffer_size(&fd, UNIX_BUFFER_SIZE);
}

const UNIX_BUFFER_SIZE: usize = 2 << 20;
