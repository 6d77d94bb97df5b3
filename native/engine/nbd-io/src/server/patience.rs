//! How long a client in transmission is waited for.

use std::time::{Duration, Instant};

use super::ServerOptions;
use crate::transport::deadline_in;

/// A server's time-outs for a client that has negotiated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    stall: Duration,
    idle: Option<Duration>,
}

impl Patience {
    pub(super) fn new(options: &ServerOptions) -> Self {
        Self { stall: options.stall_timeout, idle: options.idle_timeout }
    }

    /// Until when the next request may begin to come.
    pub(super) fn next_request(self) -> Option<Instant> {
        self.idle.map(deadline_in)
    }

    /// Until when a piece of a message that has begun has to be through.
    pub(super) fn piece(self) -> Instant {
        deadline_in(self.stall)
    }
}
