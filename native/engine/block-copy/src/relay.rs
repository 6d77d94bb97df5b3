//! Moving one piece: read from the source, then write, zero or skip on the destination.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use block_device::Pipe;
use extent::Run;

use crate::buffers::{BufferPool, is_zero, room_for};
use crate::checksums::Checksums;
use crate::crew::{MakeTask, Task};
use crate::endpoint::{Completed, Operation};
use crate::error::{CopyError, ErrorKind, Side};
use crate::lane_pair::LanePair;
use crate::options::Sabotage;
use crate::pass::Pass;
use crate::piece::Piece;
use crate::progress::Counters;
use crate::window::Claim;

/// What all workers of a copier know.
pub(crate) struct RelayPlan {
    /// Where the source ends; what is beyond is zeros.
    pub(crate) source_size: u64,
    /// Where the destination ends; at least there.
    pub(crate) destination_size: u64,
    /// The most bytes of a read or write.
    pub(crate) request_size: u32,
    /// Large payloads go through pipes, where there are any.
    pub(crate) piped: bool,
    pub(crate) can_zero: bool,
    /// Until the destination says that it is not, or is not always, fast.
    pub(crate) can_fast_zero: AtomicBool,
    pub(crate) counters: Counters,
    /// Of what is written, where that is to be verified.
    pub(crate) written: Option<Checksums>,
    pub(crate) sabotage: Sabotage,
}

impl RelayPlan {
    /// The most bytes of one zero request.
    pub(crate) fn zero_limit(&self) -> u64 {
        if !self.can_zero {
            u64::from(self.request_size)
        } else if self.can_fast_zero.load(Ordering::Acquire) {
            FAST_ZERO_LIMIT
        } else {
            PLAIN_ZERO_LIMIT
        }
    }

    /// The part of `run` that the source has.
    fn read_run(&self, run: Run) -> Run {
        Run::new(run.offset, run.end().min(self.source_size).saturating_sub(run.offset))
    }
}

/// One worker's transfers of one pass.
struct Relay {
    plan: Arc<RelayPlan>,
    pass: Arc<Pass>,
    transfers: HashMap<u64, Transfer>,
    next_token: u64,
    postponed: Vec<Piece>,
    buffers: BufferPool,
}

struct Transfer {
    piece: Piece,
    stage: Stage,
    claim: Claim,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Reading,
    /// Into a pipe, or into memory that the lane takes.
    ReadingPiped,
    Writing,
    /// By a request without payload; `fast`: it may be refused.
    Zeroing {
        fast: bool,
    },
    /// By writing zeros.
    WritingZeros,
}

impl Stage {
    fn side(self) -> Side {
        if matches!(self, Self::Reading | Self::ReadingPiped) { Side::Source } else { Side::Destination }
    }
}

/// For a pass whose pieces are copied.
pub(crate) fn make_relay(plan: &Arc<RelayPlan>) -> MakeTask {
    let plan = Arc::clone(plan);
    Arc::new(move |pass| Box::new(Relay::new(Arc::clone(&plan), Arc::clone(pass))))
}

impl Relay {
    fn new(plan: Arc<RelayPlan>, pass: Arc<Pass>) -> Self {
        let buffers = BufferPool::default();
        Self { plan, pass, transfers: HashMap::new(), next_token: 0, postponed: Vec::new(), buffers }
    }

    fn submit(
        &mut self,
        transfer: Transfer,
        operation: Operation,
        lanes: &mut LanePair,
    ) -> Result<(), CopyError> {
        let token = self.next_token;
        self.next_token += 1;
        lanes
            .submit(transfer.stage.side(), token, operation)
            .map_err(|error| error.over(transfer.piece.run))?;
        self.transfers.insert(token, transfer);
        Ok(())
    }

    fn read(&mut self, piece: Piece, claim: Claim, lanes: &mut LanePair) -> Result<(), CopyError> {
        let run = self.plan.read_run(piece.run);
        let by_pipe = self.plan.piped && run == piece.run && run.length >= PIPED_MINIMUM;
        if let Some(pipe) = by_pipe.then(|| self.buffers.take_pipe(bytes(run))).flatten() {
            let transfer = Transfer { piece, stage: Stage::ReadingPiped, claim };
            return self.submit(transfer, Operation::ReadPiped { run, pipe }, lanes);
        }
        // With room for what is written beyond the source's end.
        let mut buffer = self.buffers.take(bytes(piece.run));
        buffer.truncate(bytes(run));
        let transfer = Transfer { piece, stage: Stage::Reading, claim };
        self.submit(transfer, Operation::Read { offset: run.offset, buffer }, lanes)
    }

    fn write(
        &mut self,
        piece: Piece,
        claim: Claim,
        mut buffer: Vec<u8>,
        lanes: &mut LanePair,
    ) -> Result<(), CopyError> {
        buffer.resize(bytes(piece.run), 0);
        if let Some(written) = &self.plan.written {
            written.add(piece.run.offset, &buffer);
        }
        let transfer = Transfer { piece, stage: Stage::Writing, claim };
        self.submit(transfer, Operation::Write { offset: piece.run.offset, buffer }, lanes)
    }

    /// Zeroes the piece, which is within the limit of one request.
    fn zero(&mut self, piece: Piece, mut claim: Claim, lanes: &mut LanePair) -> Result<(), CopyError> {
        let run = piece.run;
        if self.plan.sabotage.skip_zeroes {
            self.plan.counters.add_zeroed(piece.run.length);
            Ok(())
        } else if self.plan.can_zero {
            claim.release_bytes();
            let fast = run.length > PLAIN_ZERO_LIMIT;
            let transfer = Transfer { piece, stage: Stage::Zeroing { fast }, claim };
            self.submit(transfer, Operation::Zero { run, may_unmap: true, fast }, lanes)
        } else {
            let buffer = self.buffers.take_zeros(bytes(run));
            let transfer = Transfer { piece, stage: Stage::WritingZeros, claim };
            self.submit(transfer, Operation::Write { offset: run.offset, buffer }, lanes)
        }
    }

    fn handle_piped(
        &mut self,
        transfer: Transfer,
        buffer: Option<Vec<u8>>,
        pipe: Option<Pipe>,
        lanes: &mut LanePair,
    ) -> Result<(), CopyError> {
        let Transfer { piece, claim, .. } = transfer;
        match (buffer, pipe) {
            (None, Some(pipe)) if pipe.held() as u64 == piece.run.length => {
                if self.pass.has_failed() {
                    return Ok(());
                }
                let transfer = Transfer { piece, stage: Stage::Writing, claim };
                self.submit(transfer, Operation::WritePiped { offset: piece.run.offset, pipe }, lanes)
            }
            (buffer, pipe) => {
                self.buffers.give_back_pipe(pipe);
                if let Some(buffer) = &buffer {
                    self.buffers.adopt(buffer);
                }
                self.handle_read(Transfer { piece, stage: Stage::Reading, claim }, buffer, lanes)
            }
        }
    }

    fn handle_read(
        &mut self,
        transfer: Transfer,
        buffer: Option<Vec<u8>>,
        lanes: &mut LanePair,
    ) -> Result<(), CopyError> {
        let Transfer { piece, claim, .. } = transfer;
        let buffer = buffer
            .filter(|buffer| buffer.len() == bytes(self.plan.read_run(piece.run)))
            .ok_or_else(|| CopyError::new(ErrorKind::Protocol).of(Side::Source).over(piece.run))?;
        if self.pass.has_failed() {
            // What would be written now would be written in vain.
            self.buffers.give_back(Some(buffer));
            return Ok(());
        }
        if !is_zero(&buffer) {
            return self.write(piece, claim, buffer, lanes);
        }
        self.buffers.give_back(Some(buffer));
        if piece.destination_zero {
            self.plan.counters.add_skipped(piece.run.length);
            return Ok(());
        }
        self.zero(piece, claim, lanes)
    }
}

impl Task for Relay {
    fn cost(&self, piece: Piece) -> u64 {
        if !piece.source_zero {
            room_for(piece.run.length)
        } else if self.plan.can_zero {
            0
        } else {
            room_for(u64::from(self.plan.request_size).min(piece.run.length))
        }
    }

    fn rated(&self, piece: Piece) -> u64 {
        if piece.source_zero { 0 } else { piece.run.length }
    }

    fn begin(&mut self, piece: Piece, claim: Claim, lanes: &mut LanePair) -> Result<(), CopyError> {
        if !piece.source_zero {
            return self.read(piece, claim, lanes);
        }
        let (first, rest) = piece.split(self.plan.zero_limit());
        self.postponed.extend(rest);
        self.zero(first, claim, lanes)
    }

    fn handle(&mut self, side: Side, done: Completed, lanes: &mut LanePair) -> Result<(), CopyError> {
        let transfer = self
            .transfers
            .remove(&done.token)
            .filter(|transfer| transfer.stage.side() == side)
            .ok_or_else(|| CopyError::new(ErrorKind::Protocol).of(side))?;
        let run = transfer.piece.run;
        let refused = done.result.as_ref().is_err_and(|error| error.kind().is_unsupported());
        match transfer.stage {
            Stage::Zeroing { fast: true } if refused => {
                // Slow but sure from now on, in pieces that a slow server can do before their deadline.
                self.plan.can_fast_zero.store(false, Ordering::Release);
                self.postponed.push(transfer.piece);
                Ok(())
            }
            stage => {
                done.result.map_err(|error| error.of(side).over(run))?;
                match stage {
                    Stage::Reading => return self.handle_read(transfer, done.buffer, lanes),
                    Stage::ReadingPiped => return self.handle_piped(transfer, done.buffer, done.pipe, lanes),
                    Stage::Writing => self.plan.counters.add_moved(run.length),
                    Stage::Zeroing { .. } | Stage::WritingZeros => {
                        self.plan.counters.add_zeroed(run.length);
                    }
                }
                self.buffers.give_back(done.buffer);
                self.buffers.give_back_pipe(done.pipe);
                Ok(())
            }
        }
    }

    fn poll_postponed(&mut self) -> Option<Piece> {
        self.postponed.pop()
    }

    fn abandon(&mut self, side: Side) {
        self.transfers.retain(|_, transfer| transfer.stage.side() != side);
    }

    fn is_idle(&self) -> bool {
        self.transfers.is_empty()
    }
}

/// A length of at most a request's size.
fn bytes(run: Run) -> usize {
    usize::try_from(run.length).unwrap_or(usize::MAX)
}

/// Bytes of a payload that is worth a pipe.
const PIPED_MINIMUM: u64 = 64 << 10;
/// Bytes of a zero request that is refused if it is slow.
const FAST_ZERO_LIMIT: u64 = 1 << 30;
/// Bytes of a zero request that may be as slow as writing: all in flight stay well below the deadline.
const PLAIN_ZERO_LIMIT: u64 = 8 << 20;
