//! The connections that a server has.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::net::Shutdown;

use crate::transport::Socket;

/// Which connections there are, and whether the server is closing.
#[derive(Default)]
pub(super) struct Registry {
    connections: Mutex<Connections>,
    one_less: Condvar,
    is_closing: AtomicBool,
}

#[derive(Default)]
struct Connections {
    sockets: HashMap<u64, Arc<Socket>>,
    next_id: u64,
}

/// A place in the registry; given back on drop.
pub(super) struct Registration {
    registry: Arc<Registry>,
    id: u64,
}

impl Registry {
    /// Enters a connection, if there are fewer than `maximum` and the server is not closing.
    pub(super) fn enter(self: &Arc<Self>, socket: &Arc<Socket>, maximum: usize) -> Option<Registration> {
        let mut connections = self.lock();
        if connections.sockets.len() >= maximum || self.is_closing() {
            return None;
        }
        let id = connections.next_id;
        connections.next_id += 1;
        connections.sockets.insert(id, Arc::clone(socket));
        Some(Registration { registry: Arc::clone(self), id })
    }

    pub(super) fn len(&self) -> usize {
        self.lock().sockets.len()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    /// Lets no one in any more and reads no more: requests that have come are answered with `ESHUTDOWN`.
    pub(super) fn begin_closing(&self) {
        let connections = self.lock();
        self.is_closing.store(true, Ordering::Release);
        connections.shutdown(Shutdown::Read);
    }

    /// Waits until all have left. A client that does not take its replies within `grace` is cut off.
    pub(super) fn finish_closing(&self, grace: Duration) {
        let mut connections = self.lock();
        let deadline = Instant::now() + grace;
        while !connections.sockets.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                connections.shutdown(Shutdown::Both);
                return;
            }
            let waited = self.one_less.wait_timeout(connections, left);
            (connections, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        // The map is whole at any time: a thread that panicked elsewhere has not harmed it.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    fn shutdown(&self, how: Shutdown) {
        self.sockets.values().for_each(|socket| socket.shutdown(how));
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.lock().sockets.remove(&self.id);
        self.registry.one_less.notify_all();
    }
}
