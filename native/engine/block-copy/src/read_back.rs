//! Reading pieces of the destination for their checksums.

use std::collections::HashMap;
use std::sync::Arc;

use crate::buffers::{BufferPool, room_for};
use crate::checksums::Checksums;
use crate::crew::{MakeTask, Task};
use crate::endpoint::{Completed, Operation};
use crate::error::{CopyError, ErrorKind, Side};
use crate::lane_pair::LanePair;
use crate::piece::Piece;
use crate::relay::RelayPlan;
use crate::window::Claim;

/// For a pass whose pieces are read on the destination and added to `sums`.
pub(crate) fn make_read_back(plan: &Arc<RelayPlan>, sums: &Arc<Checksums>) -> MakeTask {
    let (plan, sums) = (Arc::clone(plan), Arc::clone(sums));
    Arc::new(move |_| {
        let (plan, sums) = (Arc::clone(&plan), Arc::clone(&sums));
        Box::new(ReadBack {
            plan,
            sums,
            reads: HashMap::new(),
            next_token: 0,
            buffers: BufferPool::default(),
        })
    })
}

/// One worker's reads.
struct ReadBack {
    plan: Arc<RelayPlan>,
    sums: Arc<Checksums>,
    reads: HashMap<u64, (Piece, Claim)>,
    next_token: u64,
    buffers: BufferPool,
}

impl Task for ReadBack {
    fn cost(&self, piece: Piece) -> u64 {
        room_for(piece.run.length)
    }

    fn rated(&self, piece: Piece) -> u64 {
        piece.run.length
    }

    fn begin(&mut self, piece: Piece, claim: Claim, lanes: &mut LanePair) -> Result<(), CopyError> {
        let token = self.next_token;
        self.next_token += 1;
        let buffer = self.buffers.take(usize::try_from(piece.run.length).unwrap_or(usize::MAX));
        let read = Operation::Read { offset: piece.run.offset, buffer };
        lanes.submit(Side::Destination, token, read).map_err(|error| error.over(piece.run))?;
        self.reads.insert(token, (piece, claim));
        Ok(())
    }

    fn handle(&mut self, side: Side, done: Completed, _lanes: &mut LanePair) -> Result<(), CopyError> {
        let broken = || CopyError::new(ErrorKind::Protocol).of(side);
        let (piece, _claim) = self.reads.remove(&done.token).ok_or_else(broken)?;
        let run = piece.run;
        done.result.map_err(|error| error.of(side).over(run))?;
        let buffer = done.buffer.filter(|buffer| buffer.len() as u64 == run.length);
        let buffer = buffer.ok_or_else(|| broken().over(run))?;
        self.sums.add(run.offset, &buffer);
        self.plan.counters.add_moved(run.length);
        self.buffers.give_back(Some(buffer));
        Ok(())
    }

    fn poll_postponed(&mut self) -> Option<Piece> {
        None
    }

    fn abandon(&mut self, side: Side) {
        if side == Side::Destination {
            self.reads.clear();
        }
    }

    fn is_idle(&self) -> bool {
        self.reads.is_empty()
    }
}
