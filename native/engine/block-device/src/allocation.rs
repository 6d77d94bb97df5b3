//! What the system can do about the space behind a file: find it, give it back, make it zero.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use extent::{Extent, Run};
use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::{Errno, retry_on_intr};

/// What the system does with a file's space, and what it was found unable to do: that is asked once.
#[derive(Debug, Default)]
pub(crate) struct Space {
    cannot_punch: AtomicBool,
    cannot_zero_range: AtomicBool,
}

impl Space {
    /// Makes `run` a hole; `Ok(false)` where this file's system cannot, contents untouched.
    pub(crate) fn punch(&self, file: &File, run: Run) -> io::Result<bool> {
        allocate(file, run, FallocateFlags::PUNCH_HOLE, &self.cannot_punch)
    }

    /// Makes `run` zeros that stay allocated; `Ok(false)` where this file's system cannot, contents untouched.
    pub(crate) fn zero_range(&self, file: &File, run: Run) -> io::Result<bool> {
        allocate(file, run, FallocateFlags::ZERO_RANGE, &self.cannot_zero_range)
    }
}

fn allocate(file: &File, run: Run, mode: FallocateFlags, cannot: &AtomicBool) -> io::Result<bool> {
    if cannot.load(Ordering::Relaxed) {
        return Ok(false);
    }
    match retry_on_intr(|| fallocate(file, mode | FallocateFlags::KEEP_SIZE, run.offset, run.length)) {
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

/// The extents of `run`, by the file's holes. Moves the file's position, which nothing else uses.
pub(crate) fn extents(file: &File, run: Run, limit: usize) -> io::Result<Vec<Extent>> {
    let mut extents = Vec::new();
    let mut offset = run.offset;
    while offset < run.end() && extents.len() < limit.max(1) {
        let data = next_data(file, offset, run.end())?;
        let (end, hole) =
            if data > offset { (data, true) } else { (next_hole(file, offset, run.end())?, false) };
        extents.push(Extent { run: Run::new(offset, end - offset), hole, zero: hole });
        offset = end;
    }
    Ok(extents)
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

/// Where the data at `offset` ends: past it, at most `end`.
fn next_hole(file: &File, offset: u64, end: u64) -> io::Result<u64> {
    match seek(file, SeekFrom::Hole(offset)) {
        Ok(hole) if hole > offset => Ok(hole.min(end)),
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
