//! Replies as they go into a socket.

use std::io::{self, IoSlice};

use super::patience::Patience;
use crate::transport::Socket;

/// Where a connection's replies go.
#[derive(Clone, Copy)]
pub(super) struct Output<'a> {
    socket: &'a Socket,
    patience: Patience,
}

impl<'a> Output<'a> {
    pub(super) fn new(socket: &'a Socket, patience: Patience) -> Self {
        Self { socket, patience }
    }

    /// Sends a piece of a reply. A client that does not take it in time is `TimedOut`: hang up.
    pub(super) fn send(self, buffers: &mut [IoSlice<'_>]) -> io::Result<()> {
        self.socket.send_all(buffers, Some(self.patience.piece()))
    }
}
