//! Passes from a source to a destination.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use extent::{DirtyBitmap, DirtySnapshot};
use nbd_io::NbdUri;

use crate::buffers::room_for;
use crate::checksums::{BLOCK, Checksums};
use crate::crew::{Crew, WorkLimits};
use crate::endpoint::{Endpoint, FLAG_ZERO};
use crate::error::{CopyError, ErrorKind, Side};
use crate::medium::pays_by_pipe;
use crate::nbd;
use crate::options::CopierOptions;
use crate::pass::Pass;
use crate::passes::{Passes, Turn};
use crate::planner::Cut;
use crate::progress::{Counters, PassReport, Progress};
use crate::relay::{RelayPlan, make_relay};
use crate::survey::{MapCursor, Survey};
use crate::verification::{ReadBackPlan, Verification, verify};

/// Lasting lanes to both sides, and passes over them, one at a time.
///
/// Done means acknowledged: a pass returns `Ok` when every write of it, and the flush after them, is.
/// When it returns, nothing of it is in flight, also when it failed.
pub struct Copier {
    source: Arc<dyn Endpoint>,
    destination: Arc<dyn Endpoint>,
    options: CopierOptions,
    cut: Cut,
    plan: Arc<RelayPlan>,
    passes: Passes,
    /// The last pass was a bulk, and what it wrote is in the checksums.
    verifiable: AtomicBool,
}

/// What a dirty pass copies.
pub enum DirtyMap<'a> {
    /// The marks of a bitmap of this process. They are taken away before anything is read, and are set
    /// back if the pass fails for whatever reason.
    Bitmap(&'a DirtyBitmap),
    /// A bitmap of a server, as a meta context of an export of the source's size. Whoever froze it there
    /// merges it back if the pass fails.
    Server(ServerMap),
}

/// The map of a server's dirty bitmap, connected to and begun to be read: a pass that is given it has the first
/// of it at hand.
pub struct ServerMap {
    cursor: MapCursor,
    size: u64,
}

impl Copier {
    /// Opens the lanes and checks that the endpoints fit.
    ///
    /// Errors: `DESTINATION_READ_ONLY`, `SIZE_DESTINATION_SMALLER`, `INVALID_OPTIONS`, what opening gives.
    pub fn open(
        source: Arc<dyn Endpoint>,
        destination: Arc<dyn Endpoint>,
        options: CopierOptions,
    ) -> Result<Self, CopyError> {
        options.check()?;
        let (from, to) = (source.limits(), destination.limits());
        if to.read_only {
            return Err(CopyError::new(ErrorKind::DestinationReadOnly).of(Side::Destination));
        }
        if to.size < from.size {
            return Err(CopyError::new(ErrorKind::DestinationSmaller).of(Side::Destination));
        }
        let mut cut = Cut::new(from.size, [from, to], options.request_size);
        if options.verify {
            cut = cut.in_blocks_of(BLOCK);
        }
        let covered = if options.zero_tail { to.size } else { from.size };
        let plan = Arc::new(RelayPlan {
            source_size: from.size,
            destination_size: to.size,
            request_size: cut.request_size,
            piped: !options.verify && pays_by_pipe(from.medium, to.medium),
            can_zero: to.can_zero,
            can_fast_zero: AtomicBool::new(to.can_fast_zero),
            counters: Counters::default(),
            written: options.verify.then(|| Checksums::new(covered)),
            sabotage: options.sabotage,
        });
        let limits = WorkLimits {
            requests: options.requests,
            // To find a difference, a piece is held twice.
            window_bytes: options
                .window_bytes
                .max(room_for(cut.request_size.into()) * if options.verify { 2 } else { 1 }),
            limiter: Arc::clone(&options.limiter),
        };
        let lanes = options.lanes([&from, &to]);
        let crew = Crew::start([&*source, &*destination], lanes, &limits)?;
        let (passes, verifiable) = (Passes::new(crew), AtomicBool::new(false));
        Ok(Self { source, destination, options, cut, plan, passes, verifiable })
    }

    /// Copies the whole device, so that afterwards it reads on the destination as it did on the source.
    ///
    /// By both sides' block status where they have one: ranges that are zero on both sides are skipped.
    pub fn bulk(&self) -> Result<PassReport, CopyError> {
        let turn = self.passes.turn();
        let cut = self.bulk_cut();
        if let Some(written) = &self.plan.written {
            written.reset();
        }
        let report = self.run(&turn, cut, cut.size, || {
            let asked = self.options.use_extents;
            Ok(Survey::Allocation {
                source: MapCursor::allocation(&*self.source, Side::Source, asked)?,
                destination: if self.options.destination_is_zero {
                    MapCursor::constant(FLAG_ZERO, Side::Destination)
                } else {
                    MapCursor::allocation(&*self.destination, Side::Destination, asked)?
                },
                source_end: self.plan.source_size,
            })
        })?;
        self.verifiable.store(self.plan.written.is_some(), Ordering::Release);
        Ok(report)
    }

    /// Reads back what the last pass, a bulk, made of the destination. The source is not read for that, and may
    /// have changed: only where the destination is not what was written is it, to tell the first difference.
    ///
    /// Errors besides the endpoints': `INVALID_OPTIONS` without [`CopierOptions::verify`], or after another pass.
    pub fn verify(&self) -> Result<Verification, CopyError> {
        let turn = self.passes.turn();
        let written = self.plan.written.as_ref().filter(|_| self.verifiable.load(Ordering::Acquire));
        let written = written.ok_or_else(|| CopyError::new(ErrorKind::Options))?;
        let plan = ReadBackPlan {
            destination: &*self.destination,
            use_extents: self.options.use_extents,
            source_size: self.plan.source_size,
            cut: self.bulk_cut(),
            written,
            relay: &self.plan,
        };
        verify(&turn, &plan)
    }

    /// Connects to an export for its map `context`, `qemu:dirty-bitmap:NAME`, and asks for the first of it. A pass may
    /// run meanwhile.
    ///
    /// Errors besides the server's: `MAP_SIZE`; `CONTEXT_MISSING`.
    pub fn open_map(&self, uri: &NbdUri, context: &str) -> Result<ServerMap, CopyError> {
        let size = self.cut.size;
        let opened = nbd::dirty_map(uri, context, &self.options.connect, size);
        let mut cursor = MapCursor::new(opened.map_err(|error| error.of(Side::Source))?, 0, Side::Source);
        if size > 0 {
            cursor.read_ahead()?;
        }
        Ok(ServerMap { cursor, size })
    }

    /// Copies what `map` says was written, zeros included.
    ///
    /// Errors besides the endpoints': `MAP_SIZE`, of which nothing was copied.
    pub fn dirty(&self, map: DirtyMap<'_>) -> Result<PassReport, CopyError> {
        let turn = self.passes.turn();
        match map {
            DirtyMap::Bitmap(bitmap) => {
                if bitmap.size() != self.cut.size {
                    return Err(CopyError::new(ErrorKind::MapSize));
                }
                // Before the first read: a write that comes later marks its range again.
                let taken = TakenMarks { bitmap, marks: bitmap.rotate(), copied: false };
                let report =
                    self.run(&turn, self.cut, taken.marks.count(), || Ok(Survey::of_snapshot(&taken.marks)))?;
                taken.forget();
                Ok(report)
            }
            DirtyMap::Server(map) => {
                if map.size != self.cut.size {
                    return Err(CopyError::new(ErrorKind::MapSize));
                }
                self.run(&turn, self.cut, 0, || Ok(Survey::DirtyMap(map.cursor)))
            }
        }
    }

    /// How far the pass is that runs now or ran last.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.plan.counters.progress()
    }

    /// Ends the pass that runs, and all that follow, with `CANCELLED`.
    ///
    /// Returns at once; the pass returns when what it has in flight is done.
    pub fn cancel(&self) {
        self.passes.cancel();
    }

    /// Closes the lanes and ends their threads, as dropping does.
    pub fn close(self) {}

    /// Where a bulk ends.
    fn bulk_cut(&self) -> Cut {
        let size = if self.options.zero_tail { self.plan.destination_size } else { self.cut.size };
        Cut { size, ..self.cut }
    }

    /// One pass, of which `total` bytes are to be done as far as is known.
    fn run<'a>(
        &self,
        turn: &Turn<'_>,
        cut: Cut,
        total: u64,
        survey: impl FnOnce() -> Result<Survey<'a>, CopyError>,
    ) -> Result<PassReport, CopyError> {
        let started = Instant::now();
        self.verifiable.store(false, Ordering::Release);
        self.plan.counters.reset(total);
        turn.run(&make_relay(&self.plan), |pass| self.feed(pass, cut, survey()?))?;
        let copied = started.elapsed();
        if self.options.flush && self.destination.limits().can_flush {
            turn.flush()?;
        }
        let elapsed = started.elapsed();
        Ok(self.plan.counters.report(elapsed, elapsed.saturating_sub(copied)))
    }

    fn feed(&self, pass: &Pass, cut: Cut, survey: Survey<'_>) -> Result<(), CopyError> {
        let counters = &self.plan.counters;
        // In a dirty pass it is clean ranges that are settled: they are none of its business.
        let counts_settled = matches!(survey, Survey::Allocation { .. });
        let mut planned = 0;
        cut.plan(
            survey,
            || self.plan.zero_limit(),
            |piece| {
                if piece.is_settled() && !counts_settled {
                    return !pass.has_failed();
                }
                planned += piece.run.length;
                counters.raise_total(planned);
                if piece.is_settled() {
                    counters.add_skipped(piece.run.length);
                    !pass.has_failed()
                } else {
                    pass.push(piece)
                }
            },
        )
    }
}

/// Marks that were taken away to be copied: set back unless they were.
struct TakenMarks<'a> {
    bitmap: &'a DirtyBitmap,
    marks: DirtySnapshot,
    copied: bool,
}

impl TakenMarks<'_> {
    fn forget(mut self) {
        self.copied = true;
    }
}

impl Drop for TakenMarks<'_> {
    fn drop(&mut self) {
        if !self.copied {
            // Sizes are equal: they are the bitmap's own marks.
            let _ = self.bitmap.merge(&self.marks);
        }
    }
}
