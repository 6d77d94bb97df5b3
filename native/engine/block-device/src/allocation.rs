//! What the system can do about the space behind a file: find it, give it back, make it zero.

use std::fs::File;
use std::io;

use extent::{Extent, Run};
use rustix::fs::{FallocateFlags, SeekFrom, fallocate, seek};
use rustix::io::{Errno, retry_on_intr};

/// How a file's range is made to read as zeros without writing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deallocation {
    /// The range becomes a hole.
    Punch,
    /// The range stays allocated.
    ZeroRange,
}

/// Makes `run` read as zeros; `Ok(false)` where this file's system cannot, contents untouched.
pub(crate) fn deallocate(file: &File, run: Run, how: Deallocation) -> io::Result<bool> {
    let mode = match how {
        Deallocation::Punch => FallocateFlags::PUNCH_HOLE,
        Deallocation::ZeroRange => FallocateFlags::ZERO_RANGE,
    };
    let result = retry_on_intr(|| fallocate(file, mode | FallocateFlags::KEEP_SIZE, run.offset, run.length));
    match result {
        Ok(()) => Ok(true),
        // EINVAL: a block device, and the range is not aligned to its logical blocks. EPERM: sealed or
        // append-only, for which a write has the better message. ENODEV: no regular file for it.
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::NODEV | Errno::PERM) => Ok(false),
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
