//! The destination that forgets everything: measures a source, or a network.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use extent::Run;
use nbd_io::Interest;

use crate::endpoint::{Completed, Endpoint, Lane, Limits, Operation, RunMap};
use crate::error::CopyError;

/// As large as anything; takes everything; reads as zeros.
pub struct NullEndpoint;

impl Endpoint for NullEndpoint {
    fn limits(&self) -> Limits {
        Limits {
            size: i64::MAX.unsigned_abs(),
            read_only: false,
            minimum_block: 1,
            maximum_payload: u32::MAX,
            can_zero: true,
            can_fast_zero: true,
            can_flush: false,
            lanes: usize::MAX,
        }
    }

    fn open_lane(&self) -> Result<Box<dyn Lane>, CopyError> {
        Ok(Box::new(NullLane::default()))
    }

    fn open_map(&self, _context: &str, _range: Run) -> Result<Option<Box<dyn RunMap>>, CopyError> {
        Ok(None)
    }
}

#[derive(Default)]
struct NullLane {
    completed: VecDeque<Completed>,
}

impl Lane for NullLane {
    fn submit(&mut self, token: u64, operation: Operation) -> Result<(), CopyError> {
        let buffer = match operation {
            Operation::Read { mut buffer, .. } => {
                buffer.fill(0);
                Some(buffer)
            }
            Operation::Write { buffer, .. } => Some(buffer),
            Operation::Zero { .. } | Operation::Flush => None,
        };
        self.completed.push_back(Completed { token, buffer, result: Ok(()) });
        Ok(())
    }

    fn drive(&mut self, _now: Instant) -> Result<(), CopyError> {
        Ok(())
    }

    fn poll_completion(&mut self) -> Option<Completed> {
        self.completed.pop_front()
    }

    fn poll_fd(&self) -> Option<(BorrowedFd<'_>, Interest)> {
        None
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }
}
