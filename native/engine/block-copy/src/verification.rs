//! Whether the destination reads as what was written to it.

use std::sync::Arc;

use extent::Run;

use crate::checksums::Checksums;
use crate::comparison::{Finding, make_reader};
use crate::endpoint::{Endpoint, FLAG_ZERO};
use crate::error::{CopyError, Side};
use crate::pass::Pass;
use crate::passes::Turn;
use crate::piece::Piece;
use crate::planner::Cut;
use crate::read_back::make_read_back;
use crate::relay::RelayPlan;
use crate::survey::{MapCursor, Survey};

/// What the destination reads as, held against what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The same.
    Verified,
    /// Something else.
    Different {
        /// Where, roughly: the first range whose checksum differs.
        region: Run,
        /// The first byte in it that differs from the source now. `None`: both sides agree by now. The source has
        /// changed since it was copied, or the destination does not read the same each time.
        offset: Option<u64>,
    },
}

/// What is to be read back.
pub(crate) struct ReadBackPlan<'a> {
    pub(crate) destination: &'a dyn Endpoint,
    pub(crate) use_extents: bool,
    /// Where the source ends; what is beyond is zeros.
    pub(crate) source_size: u64,
    /// As the pass that wrote.
    pub(crate) cut: Cut,
    pub(crate) written: &'a Checksums,
    pub(crate) relay: &'a Arc<RelayPlan>,
}

/// Reads the destination once, and a region of both sides where it is not what was written.
pub(crate) fn verify(turn: &Turn<'_>, plan: &ReadBackPlan<'_>) -> Result<Verification, CopyError> {
    let read = Arc::new(Checksums::new(plan.cut.size));
    plan.relay.counters.reset(plan.cut.size);
    turn.run(&make_read_back(plan.relay, &read), |pass| feed_all(pass, plan))?;
    let Some(region) = plan.written.first_difference(&read) else { return Ok(Verification::Verified) };
    let finding = Arc::<Finding>::default();
    turn.run(&make_reader(&finding), |pass| {
        feed_region(pass, plan, region);
        Ok(())
    })?;
    Ok(Verification::Different { region, offset: finding.first_difference() })
}

/// All of the destination but what it says is zero.
fn feed_all(pass: &Pass, plan: &ReadBackPlan<'_>) -> Result<(), CopyError> {
    let survey = Survey::Allocation {
        // The source has no say here.
        source: MapCursor::constant(FLAG_ZERO, Side::Source),
        destination: MapCursor::allocation(plan.destination, Side::Destination, plan.use_extents)?,
        source_end: plan.cut.size,
    };
    let limit = u64::from(plan.cut.request_size);
    plan.cut.plan(
        survey,
        || limit,
        |piece| {
            if !piece.is_settled() {
                return pass.push(piece);
            }
            plan.relay.counters.add_skipped(piece.run.length);
            !pass.has_failed()
        },
    )
}

/// Pieces of the region, which are not taken for zeros on any word.
fn feed_region(pass: &Pass, plan: &ReadBackPlan<'_>, region: Run) {
    let mut offset = region.offset;
    let mut wanted = true;
    while wanted && offset < region.end() {
        let source_zero = offset >= plan.source_size;
        let end = if source_zero { region.end() } else { region.end().min(plan.source_size) };
        let run = Run::new(offset, u64::from(plan.cut.request_size).min(end - offset));
        wanted = pass.push(Piece { run, source_zero, destination_zero: false });
        offset = run.end();
    }
}
