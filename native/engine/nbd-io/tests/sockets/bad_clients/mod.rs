//! Clients that hang, vanish, babble or ask for too much: the server drops or refuses them, and serves the others.
//!
//! What each may cost in memory is `bounded_memory`'s.

mod babbling;
mod lengths;
mod many_options;
mod names;
mod silent;
mod slow_reader;
mod vanishing;

use std::time::Duration;

use nbd_io::server::{ExportConfig, Server, ServerOptions};

use crate::setup::TempDir;

/// A server that is short with those who stop in the middle of a message.
fn impatient_server(dir: &TempDir, exports: Vec<ExportConfig>) -> Server {
    let options = ServerOptions { stall_timeout: SHORT, ..ServerOptions::new(dir.unix()) };
    Server::start(&options, exports).unwrap()
}

/// A server that is short with those who do not come to the point.
fn hasty_server(dir: &TempDir, exports: Vec<ExportConfig>) -> Server {
    let options = ServerOptions { handshake_timeout: SHORT, ..ServerOptions::new(dir.unix()) };
    Server::start(&options, exports).unwrap()
}

/// Short, so that a test of it is short; long enough to say a few words.
const SHORT: Duration = Duration::from_millis(200);
