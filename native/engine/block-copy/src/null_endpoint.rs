//! The destination that forgets everything: measures a source, or a network.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use block_device::Pipe;
use extent::Run;
use nbd_io::Interest;

use crate::endpoint::{Completed, Endpoint, Lane, Limits, Operation, RunMap};
use crate::error::CopyError;
use crate::medium::Medium;

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
            medium: Medium::Nothing,
            lanes: usize::MAX,
        }
    }

    fn open_lane(&self) -> Result<Box<dyn Lane>, CopyError> {
        Ok(Box::new(NullLane {
            sink: File::options().write(true).open("/dev/null")?,
            completed: VecDeque::new(),
        }))
    }

    fn open_map(&self, _context: &str, _range: Run) -> Result<Option<Box<dyn RunMap>>, CopyError> {
        Ok(None)
    }
}

struct NullLane {
    /// What pipes are emptied into.
    sink: File,
    completed: VecDeque<Completed>,
}

impl Lane for NullLane {
    fn submit(&mut self, token: u64, operation: Operation) -> Result<(), CopyError> {
        let mut done = Completed { token, buffer: None, pipe: None, result: Ok(()) };
        match operation {
            Operation::Read { mut buffer, .. } => {
                buffer.fill(0);
                done.buffer = Some(buffer);
            }
            Operation::ReadPiped { run, pipe } => {
                done.buffer = Some(vec![0; usize::try_from(run.length).unwrap_or(usize::MAX)]);
                done.pipe = Some(pipe);
            }
            Operation::Write { buffer, .. } => done.buffer = Some(buffer),
            Operation::WritePiped { mut pipe, .. } => {
                done.result = empty(&mut pipe, &self.sink).map_err(CopyError::from);
                done.pipe = Some(pipe);
            }
            Operation::Zero { .. } | Operation::Flush => {}
        }
        self.completed.push_back(done);
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

fn empty(pipe: &mut Pipe, sink: &File) -> io::Result<()> {
    while pipe.held() > 0 {
        let held = pipe.held();
        if pipe.drain(sink, None, held, false)? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}
