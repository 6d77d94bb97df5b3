//! What the system can do about the space behind a file: find it, give it back, make it zero.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use extent::{Extent, Run};
use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::{Errno, retry_on_intr};

/// A file's space: what its system can do with it, which is found out once, and where there is data.
#[derive(Debug, Default)]
pub(crate) struct Space {
    cannot_punch: AtomicBool,
    cannot_zero_range: AtomicBool,
    known_data: KnownData,
}

impl Space {
    /// Makes `run` a hole; `Ok(false)` where this file's system cannot, contents untouched.
    pub(crate) fn punch(&self, file: &File, run: Run) -> io::Result<bool> {
        self.allocate(file, run, FallocateFlags::PUNCH_HOLE, &self.cannot_punch)
    }

    /// Makes `run` zeros that stay allocated; `Ok(false)` where this file's system cannot, contents untouched.
    pub(crate) fn zero_range(&self, file: &File, run: Run) -> io::Result<bool> {
        self.allocate(file, run, FallocateFlags::ZERO_RANGE, &self.cannot_zero_range)
    }

    /// The extents of `run`, by the file's holes. Moves the file's position, which nothing else uses.
    pub(crate) fn extents(&self, file: &File, run: Run, limit: usize) -> io::Result<Vec<Extent>> {
        let mut extents: Vec<Extent> = Vec::new();
        let mut offset = run.offset;
        while offset < run.end() {
            let data = next_data(file, offset, run.end())?;
            let hole = data > offset;
            let end = if hole {
                data
            } else {
                self.known_data.end(offset, || next_hole(file, offset, run.end()))?.min(run.end())
            };
            let is_full = extents.len() >= limit.max(1);
            match extents.last_mut() {
                // More data than was known of.
                Some(last) if last.hole == hole => last.run.length = end - last.run.offset,
                _ if is_full => break,
                _ => extents.push(Extent { run: Run::new(offset, end - offset), hole, zero: hole }),
            }
            offset = end;
        }
        Ok(extents)
    }

    fn allocate(&self, file: &File, run: Run, mode: FallocateFlags, cannot: &AtomicBool) -> io::Result<bool> {
        if cannot.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let mode = mode | FallocateFlags::KEEP_SIZE;
        let result = retry_on_intr(|| fallocate(file, mode, run.offset, run.length));
        self.known_data.forget();
        match result {
            Ok(()) => Ok(true),
            // Not of this file system, or not of this block device.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::NODEV) => {
                cannot.store(true, Ordering::Relaxed);
                Ok(false)
            }
            // Not of this range. PERM: sealed or append-only, for which a write has the better message.
            Err(Errno::INVAL | Errno::PERM) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Where a file is known to have data.
///
/// The end of data can be long to find (tmpfs looks at every page), and readers ask again and again. That data is
/// a hole by now does no harm to them; a hole that was made through this device is seen.
#[derive(Debug, Default)]
struct KnownData(Mutex<Known>);

#[derive(Clone, Copy, Debug)]
struct Known {
    data: Run,
    /// Changes with every new hole.
    generation: u64,
}

impl Default for Known {
    fn default() -> Self {
        Self { data: Run::new(0, 0), generation: 0 }
    }
}

impl KnownData {
    /// To be called after the file was given a hole.
    fn forget(&self) {
        let mut known = self.lock();
        *known = Known { generation: known.generation.wrapping_add(1), ..Known::default() };
    }

    /// Where the data at `offset` ends, from memory or by `find`.
    fn end(&self, offset: u64, find: impl FnOnce() -> io::Result<u64>) -> io::Result<u64> {
        let Known { data, generation } = *self.lock();
        if (data.offset..data.end()).contains(&offset) {
            return Ok(data.end());
        }
        let end = find()?;
        let mut known = self.lock();
        // Otherwise there is a new hole, which `find` has seen or not.
        if known.generation == generation {
            known.data = Run::new(offset, end - offset);
        }
        Ok(end)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Whole at any time: a thread that panicked elsewhere has not harmed it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where data begins from `offset` on, at most `end`; `offset` itself where holes are not known.
fn next_data(file: &File, offset: u64, end: u64) -> io::Result<u64> {
    match seek(file, SeekFrom::Data(offset)) {
        // Never back: a file system that answers nonsense is taken to know nothing.
        Ok(data) => Ok(data.clamp(offset, end)),
        Err(Errno::NXIO) => end_of_holes(file, end),
        Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS | Errno::NOTTY) => Ok(offset),
        Err(error) => Err(error.into()),
    }
}

/// Where the data at `offset` ends: past it; `end` where that is not known.
fn next_hole(file: &File, offset: u64, end: u64) -> io::Result<u64> {
    match seek(file, SeekFrom::Hole(offset)) {
        Ok(hole) if hole > offset => Ok(hole),
        // A hole was punched here in between, or holes are not known: data is always a right answer.
        Ok(_) | Err(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS | Errno::NOTTY) => Ok(end),
        Err(Errno::NXIO) => end_of_holes(file, end),
        Err(error) => Err(error.into()),
    }
}

/// No data up to the file's end, unless the end came nearer: what was cut off is no zeros but an error.
fn end_of_holes(file: &File, end: u64) -> io::Result<u64> {
    if file.metadata()?.len() < end { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(end) }
}
