//! A lane for operations of any range, to an endpoint that takes whole blocks and short payloads only.

use std::collections::{HashMap, VecDeque};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

use extent::Run;
use nbd_io::{Interest, Waker};

use crate::endpoint::{Completed, Lane, Limits, Operation};
use crate::error::{CopyError, ErrorKind};

/// Hands on what fits. What is longer than a payload goes in parts; a block that is to be changed in part is read
/// first, changed, and written (read-modify-write).
///
/// Two operations that change parts of one block must not be in flight together.
pub(crate) struct FittedLane {
    lane: Box<dyn Lane>,
    fit: Fit,
    jobs: HashMap<u64, Job>,
    parts: HashMap<u64, (u64, Part)>,
    next_part: u64,
    completed: VecDeque<Completed>,
}

/// An operation that is done in parts.
struct Job {
    /// The caller's, where the operation has one.
    buffer: Option<Vec<u8>>,
    /// Parts in flight.
    pending: usize,
    failure: Option<CopyError>,
}

/// What is done with a part when it has completed.
enum Part {
    /// It was read for the caller: from byte `skip` on it belongs at `at` of the buffer.
    Read { skip: usize, at: usize },
    /// It is a block that was read to be changed from byte `skip` on.
    Edge { offset: u64, skip: usize, data: Vec<u8> },
    /// Nothing.
    Change,
}

impl FittedLane {
    /// In front of a lane to an endpoint with these limits.
    pub(crate) fn new(lane: Box<dyn Lane>, limits: &Limits) -> Self {
        let fit = Fit::new(limits);
        let (jobs, parts) = (HashMap::new(), HashMap::new());
        Self { lane, fit, jobs, parts, next_part: FIRST_PART, completed: VecDeque::new() }
    }

    /// Begins an operation that does not fit.
    fn begin(&mut self, token: u64, operation: Operation) -> Result<(), CopyError> {
        let mut job = Job { buffer: None, pending: 0, failure: None };
        match operation {
            // For reads and changes of blocks the data has to be in memory.
            Operation::ReadPiped { run, .. } => {
                return self
                    .begin(token, Operation::Read { offset: run.offset, buffer: vec![0; bytes(run)] });
            }
            Operation::WritePiped { offset, mut pipe } => {
                let mut buffer = vec![0; pipe.held()];
                pipe.read_exact(&mut buffer)?;
                return self.begin(token, Operation::Write { offset, buffer });
            }
            Operation::Read { offset, buffer } => {
                for (run, part) in self.fit.reads(Run::new(offset, buffer.len() as u64)) {
                    let read = Operation::Read { offset: run.offset, buffer: vec![0; bytes(run)] };
                    self.submit_part(token, &mut job, part, read);
                }
                job.buffer = Some(buffer);
            }
            Operation::Write { offset, buffer } => {
                let run = Run::new(offset, buffer.len() as u64);
                self.change_edges(token, &mut job, run, |at, length| slice(&buffer, at, length).to_vec());
                for piece in self.fit.pieces(self.fit.whole_blocks(run)) {
                    let data = slice(&buffer, piece.offset - offset, piece.length).to_vec();
                    let write = Operation::Write { offset: piece.offset, buffer: data };
                    self.submit_part(token, &mut job, Part::Change, write);
                }
                job.buffer = Some(buffer);
            }
            Operation::Zero { run, may_unmap, fast } => {
                self.change_edges(token, &mut job, run, |_, length| vec![0; to_usize(length)]);
                let run = self.fit.whole_blocks(run);
                if run.length > 0 {
                    let zero = Operation::Zero { run, may_unmap, fast };
                    self.submit_part(token, &mut job, Part::Change, zero);
                }
            }
            Operation::Flush => self.submit_part(token, &mut job, Part::Change, Operation::Flush),
        }
        match job.failure {
            Some(failure) if job.pending == 0 => Err(failure),
            _ => {
                self.jobs.insert(token, job);
                Ok(())
            }
        }
    }

    /// Reads the blocks that `run` covers in part. `data` gives bytes of what they are changed to, from an offset
    /// in `run` on.
    fn change_edges(&mut self, token: u64, job: &mut Job, run: Run, data: impl Fn(u64, u64) -> Vec<u8>) {
        for (block, covered) in self.fit.edges(run) {
            let part = Part::Edge {
                offset: block.offset,
                skip: to_usize(covered.offset - block.offset),
                data: data(covered.offset - run.offset, covered.length),
            };
            let read = Operation::Read { offset: block.offset, buffer: vec![0; bytes(block)] };
            self.submit_part(token, job, part, read);
        }
    }

    fn submit_part(&mut self, token: u64, job: &mut Job, part: Part, operation: Operation) {
        if job.failure.is_some() {
            return;
        }
        let number = self.next_part;
        self.next_part += 1;
        match self.lane.submit(number, operation) {
            Ok(()) => {
                job.pending += 1;
                self.parts.insert(number, (token, part));
            }
            Err(error) => job.failure = Some(error),
        }
    }

    /// Goes on with the job that a part is of.
    fn handle(&mut self, done: Completed) {
        let Some((token, part)) = self.parts.remove(&done.token) else { return };
        let Some(mut job) = self.jobs.remove(&token) else { return };
        job.pending -= 1;
        match (done.result, part, done.buffer) {
            (Err(error), _, _) => drop(job.failure.get_or_insert(error)),
            (Ok(()), Part::Read { skip, at }, Some(read)) => {
                let read = read.get(skip..).unwrap_or_default();
                let room = job.buffer.as_mut().and_then(|buffer| buffer.get_mut(at..)).unwrap_or_default();
                room.iter_mut().zip(read).for_each(|(into, byte)| *into = *byte);
            }
            (Ok(()), Part::Edge { offset, skip, data }, Some(mut block)) => {
                let room = block.get_mut(skip..).unwrap_or_default();
                room.iter_mut().zip(data).for_each(|(into, byte)| *into = byte);
                self.submit_part(token, &mut job, Part::Change, Operation::Write { offset, buffer: block });
            }
            (Ok(()), Part::Change, _) => {}
            (Ok(()), _, None) => drop(job.failure.get_or_insert(CopyError::new(ErrorKind::Protocol))),
        }
        if job.pending > 0 {
            self.jobs.insert(token, job);
            return;
        }
        let result = job.failure.map_or(Ok(()), Err);
        self.completed.push_back(Completed { token, buffer: job.buffer, pipe: None, result });
    }
}

impl Lane for FittedLane {
    fn submit(&mut self, token: u64, operation: Operation) -> Result<(), CopyError> {
        if self.fit.takes(&operation) {
            self.lane.submit(token, operation)
        } else {
            self.begin(token, operation)
        }
    }

    fn drive(&mut self, now: Instant) -> Result<(), CopyError> {
        self.lane.drive(now)
    }

    fn poll_completion(&mut self) -> Option<Completed> {
        while let Some(done) = self.lane.poll_completion() {
            if done.token < FIRST_PART {
                return Some(done);
            }
            self.handle(done);
        }
        self.completed.pop_front()
    }

    fn poll_fd(&self) -> Option<(BorrowedFd<'_>, Interest)> {
        self.lane.poll_fd()
    }

    fn attach(&mut self, driver: &Arc<Waker>) {
        self.lane.attach(driver);
    }

    fn deadline(&self) -> Option<Instant> {
        self.lane.deadline()
    }

    fn close(self: Box<Self>) {
        self.lane.close();
    }
}

/// The ranges that an endpoint takes.
#[derive(Clone, Copy)]
struct Fit {
    block: u64,
    /// Of whole blocks.
    payload: u64,
    size: u64,
}

impl Fit {
    fn new(limits: &Limits) -> Self {
        let block = u64::from(limits.minimum_block.max(1));
        let payload = u64::from(limits.maximum_payload);
        Self { block, payload: (payload - payload % block).max(block), size: limits.size }
    }

    fn takes(self, operation: &Operation) -> bool {
        match operation {
            Operation::Read { offset, buffer } | Operation::Write { offset, buffer } => {
                self.takes_payload(Run::new(*offset, buffer.len() as u64))
            }
            Operation::ReadPiped { run, .. } => self.takes_payload(*run),
            Operation::WritePiped { offset, pipe } => {
                self.takes_payload(Run::new(*offset, pipe.held() as u64))
            }
            Operation::Zero { run, .. } => self.is_whole(*run),
            Operation::Flush => true,
        }
    }

    fn takes_payload(self, run: Run) -> bool {
        run.length <= self.payload && self.is_whole(run)
    }

    /// Whether the range is of whole blocks; the last one ends with the device.
    fn is_whole(self, run: Run) -> bool {
        run.offset.is_multiple_of(self.block) && self.ceiling(run.end()) == run.end()
    }

    fn floor(self, offset: u64) -> u64 {
        offset - offset % self.block
    }

    fn ceiling(self, offset: u64) -> u64 {
        offset.checked_next_multiple_of(self.block).map_or(offset, |end| end.min(self.size)).max(offset)
    }

    /// The whole blocks in the range.
    fn whole_blocks(self, run: Run) -> Run {
        let start = self.ceiling(run.offset);
        let end = if self.is_end(run.end()) { run.end() } else { self.floor(run.end()) };
        Run::new(start, end.saturating_sub(start))
    }

    /// The blocks that the range covers in part, and what it covers of each.
    fn edges(self, run: Run) -> impl Iterator<Item = (Run, Run)> {
        let block_at = move |offset| {
            let start = self.floor(offset);
            Run::new(start, self.ceiling(start + 1) - start)
        };
        let first = block_at(run.offset);
        let last = block_at(run.end().saturating_sub(1));
        let last = Some(last).filter(|last| last.offset != first.offset);
        let blocks = [Some(first), last].into_iter().flatten();
        blocks.filter_map(move |block| {
            let covered = block.intersection(run)?;
            (covered != block).then_some((block, covered))
        })
    }

    /// The range in pieces of at most a payload.
    fn pieces(self, run: Run) -> impl Iterator<Item = Run> {
        let mut offset = run.offset;
        std::iter::from_fn(move || {
            let length = self.payload.min(run.end() - offset);
            let piece = Run::new(offset, length);
            offset += length;
            (length > 0).then_some(piece)
        })
    }

    /// What is to be read for the range, and where in its buffer that belongs.
    fn reads(self, run: Run) -> impl Iterator<Item = (Run, Part)> {
        let start = self.floor(run.offset);
        let widened = Run::new(start, self.ceiling(run.end()) - start);
        self.pieces(widened).map(move |piece| {
            let skip = to_usize(run.offset.saturating_sub(piece.offset));
            (piece, Part::Read { skip, at: to_usize(piece.offset.saturating_sub(run.offset)) })
        })
    }

    fn is_end(self, offset: u64) -> bool {
        offset == self.size
    }
}

fn slice(buffer: &[u8], at: u64, length: u64) -> &[u8] {
    buffer.get(to_usize(at)..).and_then(|rest| rest.get(..to_usize(length))).unwrap_or_default()
}

fn bytes(run: Run) -> usize {
    to_usize(run.length)
}

/// A length within a buffer.
fn to_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// Tokens of parts begin here; those of callers are smaller, those of other users of a connection greater.
const FIRST_PART: u64 = 1 << 62;
