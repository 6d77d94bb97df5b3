//! One pass at a time, and its cancellation.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::crew::{Crew, MakeTask};
use crate::error::{CopyError, ErrorKind};
use crate::pass::{Pass, Planning};

/// Runs passes with a crew.
pub(crate) struct Passes {
    crew: Crew,
    /// Held by the pass that runs: two could touch the same range at the same time.
    turn: Mutex<()>,
    running: Mutex<Option<Arc<Pass>>>,
    cancelled: AtomicBool,
}

impl Passes {
    pub(crate) fn new(crew: Crew) -> Self {
        Self { crew, turn: Mutex::default(), running: Mutex::default(), cancelled: AtomicBool::new(false) }
    }

    /// Waits for its turn to run passes.
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn { passes: self, _turn: self.turn.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Ends the pass that runs, and all that follow.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        if let Some(pass) = &*self.running() {
            pass.fail(CopyError::new(ErrorKind::Cancelled));
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Arc<Pass>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to run a pass.
pub(crate) struct Turn<'a> {
    passes: &'a Passes,
    _turn: MutexGuard<'a, ()>,
}

impl Turn<'_> {
    /// Runs a pass whose pieces `feed` pushes. When it returns, nothing of it is in flight.
    pub(crate) fn run(
        &self,
        make_task: &MakeTask,
        feed: impl FnOnce(&Pass) -> Result<(), CopyError>,
    ) -> Result<(), CopyError> {
        let pass = self.passes.crew.begin(make_task)?;
        *self.passes.running() = Some(Arc::clone(&pass));
        let planning = Planning(&pass);
        // Now that it can be seen: a cancel before this is found here, a later one finds the pass.
        if self.passes.cancelled.load(Ordering::SeqCst) {
            pass.fail(CopyError::new(ErrorKind::Cancelled));
        } else if let Err(error) = feed(&pass) {
            pass.fail(error);
        }
        drop(planning);
        let result = pass.wait();
        *self.passes.running() = None;
        result
    }

    /// Flushes the destination.
    pub(crate) fn flush(&self) -> Result<(), CopyError> {
        self.passes.crew.flush()
    }
}
