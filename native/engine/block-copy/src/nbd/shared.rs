//! A connection that a lane drives and that answers for a map besides.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use block_device::Pipe;
use nbd_io::client::{Command, Completion, Connection, PipedCommand};
use nbd_io::{ErrorKind as NbdErrorKind, Interest, Waker};

use crate::error::{CopyError, ErrorKind};

/// The lane submits, drives and takes completions. The map only asks, and wakes the lane's driver.
pub(super) struct SharedConnection {
    state: Mutex<State>,
    /// An answer for the map has come, or none will come any more.
    answered: Condvar,
}

struct State {
    /// Until it is closed.
    connection: Option<Connection>,
    driver: Option<Arc<Waker>>,
    /// Answers to the map's questions.
    answers: Vec<Completion>,
    /// The tokens of the map's last batch begin here; older ones were given up.
    batch: u64,
    next_question: u64,
    dead: Option<ErrorKind>,
}

/// Tokens of the map's questions; the lane's are small numbers.
const QUESTION: u64 = 1 << 63;

impl SharedConnection {
    pub(super) fn new(connection: Connection) -> Self {
        let state = State {
            connection: Some(connection),
            driver: None,
            answers: Vec::new(),
            batch: QUESTION,
            next_question: QUESTION,
            dead: None,
        };
        Self { state: Mutex::new(state), answered: Condvar::new() }
    }

    pub(super) fn attach(&self, driver: &Arc<Waker>) {
        self.state().driver = Some(Arc::clone(driver));
    }

    /// The socket, to be waited for without the lock.
    pub(super) fn socket(&self) -> Result<OwnedFd, CopyError> {
        Ok(self.state().connection()?.as_fd().try_clone_to_owned()?)
    }

    pub(super) fn submit(&self, token: u64, command: Command) -> Result<(), CopyError> {
        Ok(self.state().connection()?.submit(token, command)?)
    }

    pub(super) fn submit_piped(
        &self,
        token: u64,
        command: PipedCommand,
        pipe: Pipe,
    ) -> Result<(), CopyError> {
        Ok(self.state().connection()?.submit_piped(token, command, pipe)?)
    }

    /// Drives the connection; the lane's completions go to `completed`.
    pub(super) fn drive(&self, now: Instant, completed: &mut VecDeque<Completion>) -> Result<(), CopyError> {
        let mut state = self.state();
        let driven = state.connection()?.drive(now);
        while let Some(completion) = state.connection()?.poll_completion() {
            if completion.token < QUESTION {
                completed.push_back(completion);
            } else if completion.token >= state.batch {
                state.answers.push(completion);
                self.answered.notify_all();
            }
        }
        driven.map_err(|error| {
            state.dead = Some(ErrorKind::Nbd(error.kind()));
            self.answered.notify_all();
            error.into()
        })
    }

    pub(super) fn interest(&self) -> Interest {
        let state = self.state();
        state.connection.as_ref().map_or_else(Interest::default, Connection::interest)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.state().connection.as_ref().and_then(Connection::deadline)
    }

    /// Ends the connection, and the wait of whoever asked.
    pub(super) fn close(&self) {
        if let Some(connection) = self.abandon() {
            connection.disconnect();
        }
    }

    /// Ends it without taking leave of the server.
    pub(super) fn abandon(&self) -> Option<Connection> {
        let mut state = self.state();
        state.dead.get_or_insert(ErrorKind::Nbd(NbdErrorKind::Disconnected));
        self.answered.notify_all();
        state.connection.take()
    }

    /// Asks each question and waits until all are answered, in order. The lane has to be driven meanwhile; where
    /// it is not, this ends by the deadline too.
    pub(super) fn ask(&self, questions: Vec<Command>) -> Result<Vec<Completion>, CopyError> {
        let count = questions.len();
        let mut state = self.state();
        state.answers.clear();
        state.batch = state.next_question;
        for question in questions {
            let token = state.next_question;
            state.next_question += 1;
            state.connection()?.submit(token, question)?;
        }
        if let Some(driver) = &state.driver {
            driver.wake();
        }
        let deadline = state.connection()?.deadline();
        let patience = deadline.map_or(GRACE, |deadline| {
            deadline.saturating_duration_since(Instant::now()).saturating_add(GRACE)
        });
        let waiting = |state: &mut State| state.answers.len() < count && state.dead.is_none();
        let (mut state, timeout) = self
            .answered
            .wait_timeout_while(state, patience, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(kind) = state.dead {
            return Err(CopyError::new(kind));
        }
        if timeout.timed_out() {
            return Err(CopyError::new(ErrorKind::Nbd(NbdErrorKind::Timeout)));
        }
        let mut answers = std::mem::take(&mut state.answers);
        answers.sort_unstable_by_key(|answer| answer.token);
        Ok(answers)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn connection(&mut self) -> Result<&mut Connection, CopyError> {
        let gone = self.dead.unwrap_or(ErrorKind::Nbd(NbdErrorKind::Disconnected));
        self.connection.as_mut().ok_or_else(|| CopyError::new(gone))
    }
}

/// Whoever drives the lane notices an overdue answer first, and ends the lane with it.
const GRACE: Duration = Duration::from_secs(1);
