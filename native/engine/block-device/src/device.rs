//! What every device can do.

use std::io;

use extent::{Extent, Run};

use crate::pipe::Pipe;

/// A random-access block device that many threads use at once.
///
/// Every call is complete or fails: no short reads or writes. A range beyond [`Device::size`] is
/// `io::ErrorKind::InvalidInput`. Overlapping concurrent writes are the caller's to prevent.
pub trait Device: Send + Sync {
    /// Bytes; constant while the device is open.
    fn size(&self) -> u64;

    /// Whether every call that changes contents fails with `io::ErrorKind::PermissionDenied`.
    fn is_read_only(&self) -> bool;

    /// Fills `buffer` from `offset` on.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `buffer` at `offset`.
    fn write_at(&self, buffer: &[u8], offset: u64) -> io::Result<()>;

    /// Puts all of `run` into the pipe, which is empty and has room for it; `Ok(false)` where that cannot be
    /// done without a copy, and the pipe is as it was. After a failure what it holds is of no use.
    fn read_to_pipe(&self, pipe: &mut Pipe, run: Run) -> io::Result<bool> {
        let _ = (pipe, run);
        Ok(false)
    }

    /// Writes all that the pipe holds at `offset`; `Ok(false)` where that cannot be done, and the pipe is as it was.
    fn write_from_pipe(&self, pipe: &mut Pipe, offset: u64) -> io::Result<bool> {
        let _ = (pipe, offset);
        Ok(false)
    }

    /// Makes `run` read as zeros.
    ///
    /// With `mode.fast`, fails at once with `io::ErrorKind::Unsupported`, contents untouched, where it
    /// would be no faster than writing zeros (NBD `FAST_ZERO`).
    fn zero(&self, run: Run, mode: ZeroMode) -> io::Result<()>;

    /// Gives the space of `run` back where that is possible; afterwards it may read as anything.
    fn trim(&self, run: Run) -> io::Result<()>;

    /// Returns when all writes that have returned are on stable storage.
    fn flush(&self) -> io::Result<()>;

    /// Says that `run` is going to be read: where that is slow, it may begin. Returns at once.
    fn prefetch(&self, run: Run) {
        let _ = run;
    }

    /// What is known about `run`: consecutive extents from its start on, at most `limit` of them and
    /// at least one, neighbours merged; together they cover `run` or a first part of it, never more.
    fn extents(&self, run: Run, limit: usize) -> io::Result<Vec<Extent>>;
}

/// How [`Device::zero`] may go about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZeroMode {
    /// The range may become a hole. Without it, it has to be (or stay) allocated.
    pub may_unmap: bool,
    /// Fail rather than be slow.
    pub fast: bool,
}
