//! Sockets that listen, to be handed to another process.

use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixListener;

use napi::{Error, Result};
use napi_derive::napi;

/// A descriptor that listens on a unix socket, closed in programs that are started unless it is passed to them.
/// The caller's to close; its file, the caller's to remove.
#[napi]
pub fn listen_unix(path: String) -> Result<i32> {
    let listener = UnixListener::bind(&path)
        .map_err(|error| Error::from_reason(format!("cannot listen on \"{path}\": {error}")))?;
    Ok(listener.into_raw_fd())
}
