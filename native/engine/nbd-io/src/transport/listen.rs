//! Being reached by clients.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use nbd_proto::uri::Transport;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, getsockname, ipproto, listen,
    socket_with, sockopt,
};

use super::connect::{set_unix_buffers, unix_address};
use super::{Interest, Socket, Waker, wait_any};

/// A socket that clients connect to. A unix socket's file goes with it.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
    address: Transport,
    /// Removed on drop.
    _file: Option<SocketFile>,
}

/// What [`Listener::accept`] came back with.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// A client.
    Client(Socket),
    /// No one yet: look whether to go on, and call again.
    Nobody,
    /// The system is out of descriptors or memory: the client waits; try again a little later.
    Exhausted,
}

impl Listener {
    /// Listens; port 0 takes any free one.
    ///
    /// A socket file that nobody listens on any more is replaced. Anything else at its path is left alone
    /// and is an error.
    pub(crate) fn bind(address: &Transport) -> io::Result<Self> {
        match address {
            Transport::Tcp { host, port } => Self::bind_host(host, *port),
            Transport::Unix { path } => Self::bind_unix(path),
        }
    }

    /// Listens on a socket that somebody else has bound, through a descriptor of its own.
    pub(crate) fn adopt(socket: BorrowedFd<'_>) -> io::Result<Self> {
        let is_stream = sockopt::socket_type(socket)? == SocketType::STREAM;
        if !is_stream || !sockopt::socket_acceptconn(socket)? {
            return Err(invalid("not a stream socket that listens"));
        }
        let address = bound_address(socket)?;
        let fd = socket.try_clone_to_owned()?;
        // One that comes and goes before it is accepted must not hold the others up.
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Self { fd, address, _file: None })
    }

    /// Where it listens, with the port that it got.
    pub(crate) fn address(&self) -> &Transport {
        &self.address
    }

    /// The next client; waits for one, or until the waker is set.
    pub(crate) fn accept(&self, waker: &Waker) -> io::Result<Accepted> {
        match accept_with(&self.fd, SocketFlags::CLOEXEC) {
            Ok(fd) => {
                if matches!(self.address, Transport::Unix { .. }) {
                    set_unix_buffers(&fd);
                }
                Ok(Accepted::Client(Socket::new(fd)))
            }
            Err(Errno::AGAIN) => {
                let woken = (waker.as_fd(), Interest::READ);
                wait_any([(self.fd.as_fd(), Interest::READ), woken], None)?;
                Ok(Accepted::Nobody)
            }
            // The client is gone again, or its network failed.
            Err(
                Errno::INTR
                | Errno::CONNABORTED
                | Errno::PROTO
                | Errno::NETDOWN
                | Errno::NETUNREACH
                | Errno::HOSTUNREACH
                | Errno::HOSTDOWN
                | Errno::PERM,
            ) => Ok(Accepted::Nobody),
            Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => Ok(Accepted::Exhausted),
            Err(error) => Err(error.into()),
        }
    }

    fn bind_host(host: &str, port: u16) -> io::Result<Self> {
        let mut last_error = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in (host, port).to_socket_addrs()? {
            match bind_tcp(address) {
                Ok((fd, port)) => {
                    let address = Transport::Tcp { host: host.to_owned(), port };
                    return Ok(Self { fd, address, _file: None });
                }
                Err(error) => last_error = error,
            }
        }
        Err(last_error)
    }

    fn bind_unix(path: &Path) -> io::Result<Self> {
        let address = unix_address(path)?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        match bind(&fd, &address) {
            Err(Errno::ADDRINUSE) => {
                remove_stale(path, &address)?;
                bind(&fd, &address)?;
            }
            result => result?,
        }
        let file = SocketFile::new(path)?;
        listen(&fd, BACKLOG)?;
        Ok(Self { fd, address: Transport::Unix { path: path.to_owned() }, _file: Some(file) })
    }
}

fn bound_address(socket: BorrowedFd<'_>) -> io::Result<Transport> {
    let address = getsockname(socket)?;
    if let Ok(address) = SocketAddr::try_from(address.clone()) {
        return Ok(Transport::Tcp { host: address.ip().to_string(), port: address.port() });
    }
    let unix = SocketAddrUnix::try_from(address).map_err(|_| invalid("neither a TCP nor a unix socket"))?;
    let path = unix.path_bytes().ok_or_else(|| invalid("a unix socket without a path"))?;
    Ok(Transport::Unix { path: OsStr::from_bytes(path).into() })
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}

fn bind_tcp(address: SocketAddr) -> io::Result<(OwnedFd, u16)> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let fd = socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    // A server that is started anew need not wait until its old connections are forgotten.
    sockopt::set_socket_reuseaddr(&fd, true)?;
    bind(&fd, &address)?;
    listen(&fd, BACKLOG)?;
    let bound = SocketAddr::try_from(getsockname(&fd)?)?;
    Ok((fd, bound.port()))
}

/// Removes the socket file of a server that is gone.
fn remove_stale(path: &Path, address: &SocketAddrUnix) -> io::Result<()> {
    let in_use = || io::Error::from(Errno::ADDRINUSE);
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(in_use());
    }
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let probe = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match rustix::net::connect(&probe, address) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        // A full backlog (AGAIN) is a server, too.
        _ => Err(in_use()),
    }
}

/// A unix socket's name in the file system.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)? })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another server may have taken the path meanwhile: its file is not ours to remove.
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Clients that may wait to be accepted.
const BACKLOG: i32 = 128;
