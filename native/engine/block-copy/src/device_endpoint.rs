//! A device of this process as an endpoint: operations are done when they are submitted.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

use block_device::{Device, Pipe, ZeroMode};
use extent::Run;
use nbd_io::Interest;

use crate::buffers::is_zero;
use crate::endpoint::{
    BASE_ALLOCATION, Completed, Endpoint, FLAG_HOLE, FLAG_ZERO, Lane, Limits, Operation, RunMap, RunStatus,
};
use crate::error::CopyError;
use crate::medium::Medium;

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
            medium: Medium::File,
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
        let (mut buffer, mut pipe) = (None, None);
        let result = match operation {
            Operation::Read { offset, buffer: mut room } => {
                let result = device.read_at(&mut room, offset);
                buffer = Some(room);
                result
            }
            Operation::ReadPiped { run, pipe: mut room } => {
                let result = read_piped(&**device, run, &mut room).map(|read| buffer = read);
                pipe = Some(room);
                result
            }
            Operation::Write { offset, buffer: data } => {
                let result = device.write_at(&data, offset);
                buffer = Some(data);
                result
            }
            Operation::WritePiped { offset, pipe: mut data } => {
                let result = write_piped(&**device, offset, &mut data);
                pipe = Some(data);
                result
            }
            Operation::Zero { run, may_unmap, fast } => device.zero(run, ZeroMode { may_unmap, fast }),
            Operation::Flush => device.flush(),
        };
        self.completed.push_back(Completed { token, buffer, pipe, result: result.map_err(CopyError::from) });
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

/// Reads into the pipe, or returns what was read into memory: what may be all zeros, or cannot be lent.
fn read_piped(device: &dyn Device, run: Run, pipe: &mut Pipe) -> io::Result<Option<Vec<u8>>> {
    let length = usize::try_from(run.length).unwrap_or(usize::MAX);
    let mut first = [0; LOOKED_AT];
    let first = first.get_mut(..length.min(LOOKED_AT)).unwrap_or_default();
    device.read_at(first, run.offset)?;
    if !is_zero(first) && device.read_to_pipe(pipe, run)? {
        return Ok(None);
    }
    let mut buffer = vec![0; length];
    device.read_at(&mut buffer, run.offset)?;
    Ok(Some(buffer))
}

fn write_piped(device: &dyn Device, offset: u64, pipe: &mut Pipe) -> io::Result<()> {
    if device.write_from_pipe(pipe, offset)? {
        return Ok(());
    }
    let mut buffer = vec![0; pipe.held()];
    pipe.read_exact(&mut buffer)?;
    device.write_at(&buffer, offset)
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

/// Few pieces of data begin with so many zeros and are not zero.
const LOOKED_AT: usize = 64;

/// Finding an extent costs two system calls; a batch keeps the first piece from waiting for many.
const EXTENTS_A_BATCH: usize = 256;
