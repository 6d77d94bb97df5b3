//! Whether two devices read the same, and where they first do not.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use extent::Run;

use crate::buffers::{BufferPool, is_zero, room_for};
use crate::crew::{Crew, MakeTask, Task, WorkLimits};
use crate::endpoint::{Completed, Endpoint, Operation};
use crate::error::{CopyError, ErrorKind, Side};
use crate::lane_pair::LanePair;
use crate::options::CopierOptions;
use crate::pass::Pass;
use crate::passes::Passes;
use crate::piece::Piece;
use crate::planner::Cut;
use crate::progress::{Counters, Progress};
use crate::survey::{MapCursor, Survey};
use crate::window::Claim;

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The first byte that differs. Devices of different sizes differ at the end of the smaller one.
    pub first_difference: Option<u64>,
    /// Bytes of either that were compared, those known to be zero on both sides included.
    pub bytes_compared: u64,
}

/// Compares two endpoints; see [`Comparer`] for one that can be watched and cancelled.
pub fn compare(
    a: Arc<dyn Endpoint>,
    b: Arc<dyn Endpoint>,
    options: &CopierOptions,
) -> Result<Comparison, CopyError> {
    Comparer::open(a, b, options)?.run()
}

/// A comparison of two endpoints, the first of which errors call the source.
pub struct Comparer {
    a: Arc<dyn Endpoint>,
    b: Arc<dyn Endpoint>,
    use_extents: bool,
    cut: Cut,
    finding: Arc<Finding>,
    passes: Passes,
}

/// What all workers have found.
#[derive(Default)]
pub(crate) struct Finding {
    counters: Counters,
    differs: Lowest,
}

impl Finding {
    /// The lowest offset at which the two sides differ.
    pub(crate) fn first_difference(&self) -> Option<u64> {
        self.differs.offset()
    }
}

/// For a pass whose pieces are read on both sides; one ends it that differs.
pub(crate) fn make_reader(finding: &Arc<Finding>) -> MakeTask {
    let finding = Arc::clone(finding);
    Arc::new(move |pass| Box::new(Reader::new(Arc::clone(&finding), Arc::clone(pass))))
}

impl Comparer {
    /// Opens the lanes. Of the options those that are about writing mean nothing here.
    pub fn open(
        a: Arc<dyn Endpoint>,
        b: Arc<dyn Endpoint>,
        options: &CopierOptions,
    ) -> Result<Self, CopyError> {
        options.check()?;
        let limits = [a.limits(), b.limits()];
        let [left, right] = limits;
        let cut = Cut::new(left.size.min(right.size), limits, options.request_size);
        let work = WorkLimits {
            requests: options.requests,
            // Each piece is held twice.
            window_bytes: options.window_bytes.max(2 * room_for(cut.request_size.into())),
            limiter: Arc::clone(&options.limiter),
        };
        let lanes = options.lanes([&left, &right]);
        let crew = Crew::start([&*a, &*b], lanes, &work)?;
        Ok(Self {
            a,
            b,
            use_extents: options.use_extents,
            cut,
            finding: Arc::default(),
            passes: Passes::new(crew),
        })
    }

    /// Compares up to the first difference.
    pub fn run(&self) -> Result<Comparison, CopyError> {
        let turn = self.passes.turn();
        self.finding.differs.forget();
        self.finding.counters.reset(self.cut.size);
        turn.run(&make_reader(&self.finding), |pass| {
            let survey = Survey::Allocation {
                source: MapCursor::allocation(&*self.a, Side::Source, self.use_extents)?,
                destination: MapCursor::allocation(&*self.b, Side::Destination, self.use_extents)?,
                source_end: self.cut.size,
            };
            let limit = u64::from(self.cut.request_size);
            self.cut.plan(
                survey,
                || limit,
                |piece| {
                    if !piece.is_settled() {
                        return pass.push(piece);
                    }
                    self.finding.counters.add_skipped(piece.run.length);
                    !pass.is_closed()
                },
            )
        })?;
        let sizes_differ = self.a.limits().size != self.b.limits().size;
        let first_difference =
            self.finding.differs.offset().or_else(|| sizes_differ.then_some(self.cut.size));
        Ok(Comparison { first_difference, bytes_compared: self.progress().bytes_done })
    }

    /// How far it is; `bytes_moved` is what was read and compared.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.finding.counters.progress()
    }

    /// Ends the comparison that runs, and all that follow, with `CANCELLED`.
    pub fn cancel(&self) {
        self.passes.cancel();
    }
}

/// The lowest offset noted.
struct Lowest(AtomicU64);

impl Default for Lowest {
    fn default() -> Self {
        Self(AtomicU64::new(NO_OFFSET))
    }
}

/// No device is so large.
const NO_OFFSET: u64 = u64::MAX;

impl Lowest {
    fn forget(&self) {
        self.0.store(NO_OFFSET, Ordering::Release);
    }

    fn note(&self, offset: u64) {
        self.0.fetch_min(offset, Ordering::AcqRel);
    }

    fn offset(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Acquire)).filter(|&offset| offset != NO_OFFSET)
    }
}

/// One worker's reads.
struct Reader {
    finding: Arc<Finding>,
    pass: Arc<Pass>,
    reads: HashMap<u64, Read>,
    next_token: u64,
    buffers: BufferPool,
}

struct Read {
    side: Side,
    pair: Rc<RefCell<Pair>>,
}

/// What a piece reads as, of both sides or of the one that is not known to be zero.
struct Pair {
    run: Run,
    /// Reads that have not completed.
    missing: usize,
    contents: Vec<Vec<u8>>,
    _claim: Claim,
}

impl Reader {
    fn new(finding: Arc<Finding>, pass: Arc<Pass>) -> Self {
        Self { finding, pass, reads: HashMap::new(), next_token: 0, buffers: BufferPool::default() }
    }

    fn compare(&mut self, pair: &mut Pair) {
        let difference = match pair.contents.as_slice() {
            [a, b] if a == b => None,
            [a, b] => a.iter().zip(b).position(|(a, b)| a != b),
            [one] if is_zero(one) => None,
            [one] => one.iter().position(|byte| *byte != 0),
            _ => None,
        };
        self.finding.counters.add_moved(pair.run.length);
        if let Some(at) = difference {
            self.finding.differs.note(pair.run.offset + at as u64);
            // Pieces are taken in order: all before this one are done or with a worker.
            self.pass.finish_early();
        }
        pair.contents.drain(..).for_each(|buffer| self.buffers.give_back(Some(buffer)));
    }
}

impl Task for Reader {
    fn cost(&self, piece: Piece) -> u64 {
        2 * room_for(piece.run.length)
    }

    fn rated(&self, piece: Piece) -> u64 {
        piece.run.length
    }

    fn begin(&mut self, piece: Piece, claim: Claim, lanes: &mut LanePair) -> Result<(), CopyError> {
        let sides = [(Side::Source, piece.source_zero), (Side::Destination, piece.destination_zero)];
        let read = sides.into_iter().filter(|(_, zero)| !zero);
        let pair = Pair { run: piece.run, missing: read.clone().count(), contents: vec![], _claim: claim };
        let pair = Rc::new(RefCell::new(pair));
        for (side, _) in read {
            let token = self.next_token;
            self.next_token += 1;
            let buffer = self.buffers.take(usize::try_from(piece.run.length).unwrap_or(usize::MAX));
            lanes
                .submit(side, token, Operation::Read { offset: piece.run.offset, buffer })
                .map_err(|error| error.over(piece.run))?;
            self.reads.insert(token, Read { side, pair: Rc::clone(&pair) });
        }
        Ok(())
    }

    fn handle(&mut self, side: Side, done: Completed, _lanes: &mut LanePair) -> Result<(), CopyError> {
        let broken = || CopyError::new(ErrorKind::Protocol).of(side);
        let read = self.reads.remove(&done.token).filter(|read| read.side == side).ok_or_else(broken)?;
        let mut pair = read.pair.borrow_mut();
        let run = pair.run;
        done.result.map_err(|error| error.of(side).over(run))?;
        let buffer = done.buffer.filter(|buffer| buffer.len() as u64 == run.length);
        pair.contents.push(buffer.ok_or_else(|| broken().over(run))?);
        pair.missing -= 1;
        if pair.missing == 0 {
            self.compare(&mut pair);
        }
        Ok(())
    }

    fn poll_postponed(&mut self) -> Option<Piece> {
        None
    }

    fn abandon(&mut self, side: Side) {
        self.reads.retain(|_, read| read.side != side);
    }

    fn is_idle(&self) -> bool {
        self.reads.is_empty()
    }
}
