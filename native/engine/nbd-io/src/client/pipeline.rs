//! A connection that many callers share: a thread drives it, callers hand requests over and are called back.

use std::collections::HashMap;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use nbd_proto::client::Command;
use nbd_proto::export::Export;

use super::connection::{Completion, Connection};
use crate::error::{ErrorKind, NbdError};
use crate::transport::{Interest, Waker, wait_any};

/// Requests of many callers, pipelined on one connection.
pub struct Pipeline {
    export: Export,
    inbox: Arc<Inbox>,
    driver: Option<JoinHandle<()>>,
}

/// Called once, on the pipeline's thread; must not block.
type Callback = Box<dyn FnOnce(Result<Completion, NbdError>) + Send>;

struct Inbox {
    state: Mutex<State>,
    waker: Waker,
}

#[derive(Default)]
struct State {
    requests: Vec<(Command, Callback)>,
    is_closing: bool,
    /// The driver has ended: nothing is taken any more.
    is_over: bool,
}

impl Pipeline {
    /// Hands the connection to a thread of its own.
    pub fn start(connection: Connection) -> Result<Self, NbdError> {
        let failed = |error| NbdError::transport("start", error);
        let waker = Waker::new().map_err(|error| failed(error.into()))?;
        let inbox = Inbox { state: Mutex::default(), waker };
        let inbox = Arc::new(inbox);
        let export = connection.export().clone();
        let shared = Arc::clone(&inbox);
        let driver = thread::Builder::new()
            .name("nbd-pipeline".to_owned())
            .spawn(move || {
                Driver { connection, inbox: shared, callbacks: HashMap::new(), next_token: 0 }.run();
            })
            .map_err(failed)?;
        Ok(Self { export, inbox, driver: Some(driver) })
    }

    /// The export, as negotiated.
    #[must_use]
    pub fn export(&self) -> &Export {
        &self.export
    }

    /// Hands a request over; `done` is called with its outcome, whatever becomes of the connection.
    pub fn request(
        &self,
        command: Command,
        done: impl FnOnce(Result<Completion, NbdError>) + Send + 'static,
    ) {
        let mut state = self.inbox.state();
        if state.is_closing || state.is_over {
            drop(state);
            done(Err(NbdError::new(ErrorKind::Disconnected, command.name())));
            return;
        }
        state.requests.push((command, Box::new(done)));
        drop(state);
        self.inbox.waker.wake();
    }

    /// Takes nothing more, and ends the connection when what was handed over is done. Dropping waits for that.
    pub fn close(&self) {
        self.inbox.close();
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.inbox.close();
        if let Some(driver) = self.driver.take() {
            // It panicked or it did not: there is nothing to be done about it here.
            let _ = driver.join();
        }
    }
}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.state().is_closing = true;
        self.waker.wake();
    }
}

struct Driver {
    connection: Connection,
    inbox: Arc<Inbox>,
    callbacks: HashMap<u64, Callback>,
    next_token: u64,
}

impl Driver {
    fn run(mut self) {
        let ended = loop {
            let is_closing = self.take_requests();
            let driven = self.connection.drive(Instant::now());
            // What was answered before the connection died is answered.
            while let Some(completion) = self.connection.poll_completion() {
                if let Some(done) = self.callbacks.remove(&completion.token) {
                    done(Ok(completion));
                }
            }
            if let Err(error) = driven {
                break Some(error);
            }
            if is_closing && self.callbacks.is_empty() {
                break None;
            }
            let socket = (self.connection.as_fd(), self.connection.interest());
            let inbox = (self.inbox.waker.as_fd(), Interest::READ);
            if let Err(error) = wait_any([socket, inbox], self.connection.deadline()) {
                break Some(NbdError::transport("wait", error));
            }
            self.inbox.waker.clear();
        };
        let kind = ended.as_ref().map_or(ErrorKind::Disconnected, NbdError::kind);
        let mut first = ended;
        let refused = {
            let mut state = self.inbox.state();
            state.is_over = true;
            std::mem::take(&mut state.requests)
        };
        let left = self.callbacks.into_values().chain(refused.into_iter().map(|(_, done)| done));
        for done in left {
            // The first one hears the whole story, the others its kind.
            done(Err(first.take().unwrap_or_else(|| NbdError::new(kind, "request"))));
        }
        self.connection.disconnect();
    }

    /// Submits what was handed over; whether the pipeline is to end.
    fn take_requests(&mut self) -> bool {
        let (requests, is_closing) = {
            let mut state = self.inbox.state();
            (std::mem::take(&mut state.requests), state.is_closing)
        };
        for (command, done) in requests {
            let token = self.next_token;
            self.next_token += 1;
            match self.connection.submit(token, command) {
                Ok(()) => drop(self.callbacks.insert(token, done)),
                Err(error) => done(Err(error)),
            }
        }
        is_closing
    }
}
