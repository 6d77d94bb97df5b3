//! How far a pass has come, readable from any thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A moment of the pass that runs, or the end of the last one. All in bytes of the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Acknowledged or skipped. Never more than `bytes_total`.
    pub bytes_done: u64,
    /// What the pass covers. Grows while a server's dirty map is being read.
    pub bytes_total: u64,
    /// Of `bytes_done`: read and written.
    pub bytes_moved: u64,
    /// Of `bytes_done`: made zero on the destination.
    pub bytes_zeroed: u64,
    /// Of `bytes_done`: known to be zero on both sides.
    pub bytes_skipped: u64,
}

/// What a completed pass did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassReport {
    /// What the pass covered: the whole source, or what was dirty.
    pub bytes_total: u64,
    /// Read and written.
    pub bytes_moved: u64,
    /// Made zero on the destination.
    pub bytes_zeroed: u64,
    /// Known to be zero on both sides.
    pub bytes_skipped: u64,
    /// From the call to the acknowledged flush.
    pub elapsed: Duration,
    /// Of `elapsed`: the flush alone.
    pub flush: Duration,
}

#[derive(Default)]
pub(crate) struct Counters {
    total: AtomicU64,
    moved: AtomicU64,
    zeroed: AtomicU64,
    skipped: AtomicU64,
}

impl Counters {
    pub(crate) fn reset(&self, total: u64) {
        for counter in [&self.moved, &self.zeroed, &self.skipped] {
            counter.store(0, Ordering::Release);
        }
        self.total.store(total, Ordering::Release);
    }

    /// The pass turns out to cover `bytes` at least: its map is still being read, or is finer than a block.
    pub(crate) fn raise_total(&self, bytes: u64) {
        self.total.fetch_max(bytes, Ordering::AcqRel);
    }

    pub(crate) fn add_moved(&self, bytes: u64) {
        self.moved.fetch_add(bytes, Ordering::AcqRel);
    }

    pub(crate) fn add_zeroed(&self, bytes: u64) {
        self.zeroed.fetch_add(bytes, Ordering::AcqRel);
    }

    pub(crate) fn add_skipped(&self, bytes: u64) {
        self.skipped.fetch_add(bytes, Ordering::AcqRel);
    }

    pub(crate) fn progress(&self) -> Progress {
        let bytes_moved = self.moved.load(Ordering::Acquire);
        let bytes_zeroed = self.zeroed.load(Ordering::Acquire);
        let bytes_skipped = self.skipped.load(Ordering::Acquire);
        // Last: what was done was counted as planned before.
        let bytes_total = self.total.load(Ordering::Acquire);
        let bytes_done = bytes_moved + bytes_zeroed + bytes_skipped;
        Progress { bytes_done, bytes_total, bytes_moved, bytes_zeroed, bytes_skipped }
    }

    pub(crate) fn report(&self, elapsed: Duration, flush: Duration) -> PassReport {
        let Progress { bytes_total, bytes_moved, bytes_zeroed, bytes_skipped, .. } = self.progress();
        PassReport { bytes_total, bytes_moved, bytes_zeroed, bytes_skipped, elapsed, flush }
    }
}
