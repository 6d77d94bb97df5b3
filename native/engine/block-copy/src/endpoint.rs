//! What the copier sees of a source or a destination.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

use block_device::Pipe;
use extent::Run;
use nbd_io::{Interest, Waker};

use crate::error::CopyError;
use crate::medium::Medium;

/// The meta context that tells holes and zeros. Source: NBD protocol, "base:allocation metadata context".
pub const BASE_ALLOCATION: &str = "base:allocation";
/// Flag of [`BASE_ALLOCATION`]: not allocated; says nothing about the contents.
pub const FLAG_HOLE: u64 = 1;
/// Flag of [`BASE_ALLOCATION`]: reads as zeros.
pub const FLAG_ZERO: u64 = 2;
/// Flag of `qemu:dirty-bitmap:NAME`: written since the bitmap was cleared.
pub const FLAG_DIRTY: u64 = 1;

/// A block device somewhere: an NBD export, a device of this process, nothing at all.
pub trait Endpoint: Send + Sync {
    /// What it can do. Constant while the endpoint exists.
    fn limits(&self) -> Limits;

    /// A new lane to it; at most [`Limits::lanes`] at a time.
    fn open_lane(&self) -> Result<Box<dyn Lane>, CopyError>;

    /// The status of `range` by the meta context of that name; `None` where that is not offered.
    ///
    /// `range` is not empty and lies within the device. While lanes are open, a map may need them to be driven,
    /// as they are while a pass runs.
    fn open_map(&self, context: &str, range: Run) -> Result<Option<Box<dyn RunMap>>, CopyError>;
}

/// What an endpoint can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not a state")]
pub struct Limits {
    /// Bytes.
    pub size: u64,
    /// Writes are refused.
    pub read_only: bool,
    /// Offsets and lengths are multiples of this power of two, but for the device's unaligned end.
    pub minimum_block: u32,
    /// The most bytes that one read or write may carry.
    pub maximum_payload: u32,
    /// Zeroing without payload.
    pub can_zero: bool,
    /// Zeroing that fails rather than be slow.
    pub can_fast_zero: bool,
    /// Flushing means something.
    pub can_flush: bool,
    /// What carries payloads.
    pub medium: Medium,
    /// Lanes that may be open at a time without loss of coherence.
    pub lanes: usize,
}

/// One pipelined sequence of operations; they may complete in any order.
pub trait Lane: Send {
    /// Takes an operation on. `Err`: refused, nothing was sent, and it will not complete.
    fn submit(&mut self, token: u64, operation: Operation) -> Result<(), CopyError>;

    /// Does what can be done without blocking. `Err`: the lane is dead, and so is all it had in flight.
    fn drive(&mut self, now: Instant) -> Result<(), CopyError>;

    /// The next operation that is done.
    fn poll_completion(&mut self) -> Option<Completed>;

    /// What to wait for before the next [`drive`](Self::drive); `None` where nothing is waited for.
    fn poll_fd(&self) -> Option<(BorrowedFd<'_>, Interest)>;

    /// Names what wakes the one who drives the lane, for whoever else uses its connection.
    fn attach(&mut self, _driver: &Arc<Waker>) {}

    /// When [`drive`](Self::drive) has to be called at the latest.
    fn deadline(&self) -> Option<Instant>;

    /// Takes leave of the peer, in bounded time.
    fn close(self: Box<Self>) {}
}

/// What a lane can be asked to do.
#[derive(Debug)]
pub enum Operation {
    /// Fills the whole buffer.
    Read {
        /// First byte.
        offset: u64,
        /// Where to; its length is what is read.
        buffer: Vec<u8>,
    },
    /// Writes the whole buffer.
    Write {
        /// First byte.
        offset: u64,
        /// What to write.
        buffer: Vec<u8>,
    },
    /// Reads into the pipe, which is empty. What may be all zeros comes in a buffer instead, and so does what
    /// does not fit.
    ReadPiped {
        /// What to read.
        run: Run,
        /// Where to.
        pipe: Pipe,
    },
    /// Writes all that the pipe holds.
    WritePiped {
        /// First byte.
        offset: u64,
        /// What to write.
        pipe: Pipe,
    },
    /// Makes the range read as zeros.
    Zero {
        /// Where.
        run: Run,
        /// It may become a hole.
        may_unmap: bool,
        /// Fail as unsupported rather than be slow.
        fast: bool,
    },
    /// Brings all that was acknowledged, on any lane, to stable storage.
    Flush,
}

/// An operation that is done.
#[derive(Debug)]
pub struct Completed {
    /// As given to [`Lane::submit`].
    pub token: u64,
    /// The operation's buffer, back; or what a piped read has read into memory.
    pub buffer: Option<Vec<u8>>,
    /// The operation's pipe, if it is of further use; with what was read, unless there is a buffer.
    pub pipe: Option<Pipe>,
    /// `Err`: this operation failed; the lane goes on.
    pub result: Result<(), CopyError>,
}

/// A walk over the status of a device's range, from its start to its end.
pub trait RunMap: Send {
    /// The next consecutive pieces, none empty, at least one; no more than memory holds with ease.
    ///
    /// Not to be called again once all of the range is told.
    fn next_batch(&mut self) -> Result<Vec<RunStatus>, CopyError>;
}

/// A run and its flags by the context of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunStatus {
    /// Where.
    pub run: Run,
    /// As the context defines them.
    pub flags: u64,
}
