//! A device of this process as an endpoint: operations are done when they are submitted.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

use block_device::{Device, ZeroMode};
use extent::Run;
use nbd_io::Interest;

use crate::endpoint::{
    BASE_ALLOCATION, Completed, Endpoint, FLAG_HOLE, FLAG_ZERO, Lane, Limits, Operation, RunMap, RunStatus,
};
use crate::error::CopyError;

/// A [`Device`] as source or destination.
pub struct DeviceEndpoint {
    device: Arc<dyn Device>,
}

impl DeviceEndpoint {
    /// The endpoint of `device`.
    #[must_use]
    pub fn new(device: Arc<dyn Device>) -> Self {
        Self { device }
    }
}

impl Endpoint for DeviceEndpoint {
    fn limits(&self) -> Limits {
        Limits {
            size: self.device.size(),
            read_only: self.device.is_read_only(),
            minimum_block: 1,
            maximum_payload: u32::MAX,
            can_zero: true,
            can_fast_zero: true,
            can_flush: true,
            lanes: usize::MAX,
        }
    }

    fn open_lane(&self) -> Result<Box<dyn Lane>, CopyError> {
        Ok(Box::new(DeviceLane { device: Arc::clone(&self.device), completed: VecDeque::new() }))
    }

    fn open_map(&self, context: &str, range: Run) -> Result<Option<Box<dyn RunMap>>, CopyError> {
        Ok((context == BASE_ALLOCATION)
            .then(|| Box::new(DeviceMap { device: Arc::clone(&self.device), left: range }) as _))
    }
}

struct DeviceLane {
    device: Arc<dyn Device>,
    completed: VecDeque<Completed>,
}

impl Lane for DeviceLane {
    fn submit(&mut self, token: u64, operation: Operation) -> Result<(), CopyError> {
        let device = &self.device;
        let (buffer, result) = match operation {
            Operation::Read { offset, mut buffer } => {
                let result = device.read_at(&mut buffer, offset);
                (Some(buffer), result)
            }
            Operation::Write { offset, buffer } => {
                let result = device.write_at(&buffer, offset);
                (Some(buffer), result)
            }
            Operation::Zero { run, may_unmap, fast } => {
                (None, device.zero(run, ZeroMode { may_unmap, fast }))
            }
            Operation::Flush => (None, device.flush()),
        };
        self.completed.push_back(Completed { token, buffer, result: result.map_err(CopyError::from) });
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

struct DeviceMap {
    device: Arc<dyn Device>,
    left: Run,
}

impl RunMap for DeviceMap {
    fn next_batch(&mut self) -> Result<Vec<RunStatus>, CopyError> {
        let extents = self
            .device
            .extents(self.left, EXTENTS_A_BATCH)
            .map_err(|error| CopyError::from(error).over(self.left))?;
        let statuses: Vec<_> = extents
            .into_iter()
            .map(|extent| {
                let hole = if extent.hole { FLAG_HOLE } else { 0 };
                let zero = if extent.zero { FLAG_ZERO } else { 0 };
                RunStatus { run: extent.run, flags: hole | zero }
            })
            .collect();
        if let Some(last) = statuses.last() {
            self.left = Run::new(last.run.end(), self.left.end().saturating_sub(last.run.end()));
        }
        Ok(statuses)
    }
}

/// Finding an extent costs two system calls; a batch keeps the first piece from waiting for many.
const EXTENTS_A_BATCH: usize = 256;
