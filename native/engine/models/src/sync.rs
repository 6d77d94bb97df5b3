//! What threads share, as loom has it.

pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(crate) use loom::sync::{Mutex, MutexGuard};
use std::sync::LockResult;

/// loom's, with the method that it lacks.
pub(crate) struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub(crate) fn new() -> Self {
        Self(loom::sync::Condvar::new())
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }

    pub(crate) fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while condition(&mut guard) {
            guard = self.0.wait(guard)?;
        }
        Ok(guard)
    }
}

/// Like the event descriptor of `nbd_io::Waker`: it stays set until it is cleared.
pub(crate) struct Waker {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Waker {
    pub(crate) fn new() -> Self {
        Self { set: Mutex::new(false), changed: Condvar::new() }
    }

    pub(crate) fn wake(&self) {
        *self.set.lock().unwrap() = true;
        self.changed.notify_all();
    }

    /// What a worker does in poll(2), and the clearing after it.
    pub(crate) fn wait(&self) {
        let mut set = self.changed.wait_while(self.set.lock().unwrap(), |set| !*set).unwrap();
        *set = false;
    }
}
