//! What the dirty bitmap costs beside others: `bitmaps IMPLEMENTATION WORKLOAD` prints nanoseconds as JSON.
//!
//! Implementations: `extent` (ours), `roaring` (that crate's, behind a mutex, for marks come from many threads), `plain`
//! (a vector of atomic words and nothing else). Workloads: `random-dense`, `random-sparse`, `sequential-dense`,
//! `sequential-sparse`. `mark` is one mark, `markShared` one of two threads' at once; the others are whole operations on
//! 16 Mi granules.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::hint::black_box;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use extent::{DirtyBitmap, DirtySnapshot, Run};
use roaring::RoaringBitmap;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (implementation, workload) = (arguments.next(), arguments.next());
    let Some(marks) = workload.as_deref().and_then(marks_of) else { return ExitCode::from(2) };
    match implementation.as_deref() {
        Some("extent") => measure::<DirtyBitmap>(&marks),
        Some("roaring") => measure::<Mutex<RoaringBitmap>>(&marks),
        Some("plain") => measure::<Plain>(&marks),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}

/// A bitmap that many threads mark while one takes the marks away.
trait Bitmap: Sync {
    /// Marks that were taken.
    type Taken;

    fn clean() -> Self;
    fn mark(&self, granules: Range<u32>);
    fn rotate(&self) -> Self::Taken;
    fn merge(&self, taken: &Self::Taken);
    /// The runs of marked granules, counted: how many, and how many granules.
    fn iterate(taken: &Self::Taken) -> (u64, u64);
}

fn measure<B: Bitmap>(marks: &[Range<u32>]) {
    let bitmap = B::clean();
    // The first touch of its memory is not what is measured.
    bitmap.mark(0..GRANULES);
    black_box(bitmap.rotate());
    let (marked, ()) = timed(|| marks.iter().for_each(|run| bitmap.mark(run.clone())));
    let (rotated, taken) = timed(|| bitmap.rotate());
    let (rotated_clean, _) = timed(|| bitmap.rotate());
    let (iterated, found) = timed(|| B::iterate(&taken));
    let (merged, ()) = timed(|| bitmap.merge(&taken));
    // What is put back is what was there.
    let again = bitmap.rotate();
    let same = B::iterate(&again) == found;
    let (left, right) = marks.split_at(marks.len() / 2);
    let (marked_shared, ()) = timed(|| {
        thread::scope(|scope| {
            scope.spawn(|| left.iter().for_each(|run| bitmap.mark(run.clone())));
            for run in right {
                bitmap.mark(run.clone());
            }
        });
    });
    let same = same && B::iterate(&bitmap.rotate()) == found;
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds and marks are far below 2^52")]
    let each = |nanoseconds: u64| nanoseconds as f64 / marks.len() as f64;
    let (runs, granules) = found;
    println!(
        "{{\"mark\":{:.3},\"markShared\":{:.3},\"rotate\":{rotated},\"rotateClean\":{rotated_clean},\
         \"iterate\":{iterated},\"merge\":{merged},\"runs\":{runs},\"granules\":{granules},\"same\":{same}}}",
        each(marked),
        each(marked_shared),
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let began = Instant::now();
    let result = black_box(work());
    (u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX), result)
}

fn marks_of(workload: &str) -> Option<Vec<Range<u32>>> {
    let mut state = 1_u64;
    let mut random = move || {
        // A step of splitmix64: the same marks each time.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(GRANULES)).unwrap_or(0)
    };
    let one = |granule: u32| granule..granule + 1;
    Some(match workload {
        "random-dense" => (0..GRANULES / 4).map(|_| one(random())).collect(),
        "random-sparse" => (0..GRANULES / 256).map(|_| one(random())).collect(),
        // Writes of 16 granules, one after the other.
        "sequential-dense" => (0..GRANULES / 16).map(|run| run * 16..run * 16 + 16).collect(),
        "sequential-sparse" => (0..GRANULES / 256).map(|run| one(run * 256)).collect(),
        _ => return None,
    })
}

impl Bitmap for DirtyBitmap {
    type Taken = DirtySnapshot;

    fn clean() -> Self {
        let size = u64::from(GRANULES) * u64::from(GRANULARITY);
        #[expect(clippy::expect_used, reason = "the constants below fit")]
        Self::new(size, GRANULARITY).expect("a bitmap of 16 Mi granules")
    }

    fn mark(&self, granules: Range<u32>) {
        let granularity = u64::from(GRANULARITY);
        let length = u64::from(granules.end - granules.start) * granularity;
        self.mark(Run::new(u64::from(granules.start) * granularity, length));
    }

    fn rotate(&self) -> DirtySnapshot {
        self.rotate()
    }

    fn merge(&self, taken: &DirtySnapshot) {
        #[expect(clippy::expect_used, reason = "both are of the same size")]
        self.merge(taken).expect("bitmaps of one size");
    }

    fn iterate(taken: &DirtySnapshot) -> (u64, u64) {
        let granularity = u64::from(GRANULARITY);
        taken.runs().fold((0, 0), |(runs, granules), run| (runs + 1, granules + run.length / granularity))
    }
}

impl Bitmap for Mutex<RoaringBitmap> {
    type Taken = RoaringBitmap;

    fn clean() -> Self {
        Self::new(RoaringBitmap::new())
    }

    fn mark(&self, granules: Range<u32>) {
        let mut marked = self.lock().unwrap_or_else(PoisonError::into_inner);
        if granules.len() == 1 {
            marked.insert(granules.start);
        } else {
            marked.insert_range(granules);
        }
    }

    fn rotate(&self) -> RoaringBitmap {
        std::mem::take(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn merge(&self, taken: &RoaringBitmap) {
        *self.lock().unwrap_or_else(PoisonError::into_inner) |= taken;
    }

    fn iterate(taken: &RoaringBitmap) -> (u64, u64) {
        let mut granules = taken.iter();
        let (mut runs, mut count, mut end) = (0, 0, None);
        while let Some(range) = granules.next_range() {
            // A range ends where a container does, also in the middle of a run.
            runs += u64::from(end != Some(*range.start()));
            count += u64::from(range.end() - range.start()) + 1;
            end = range.end().checked_add(1);
        }
        (runs, count)
    }
}

/// A vector of words, and no summary.
struct Plain(Vec<AtomicU64>);

impl Bitmap for Plain {
    type Taken = Vec<u64>;

    fn clean() -> Self {
        Self(std::iter::repeat_with(AtomicU64::default).take(GRANULES as usize / 64).collect())
    }

    fn mark(&self, granules: Range<u32>) {
        for granule in granules {
            if let Some(word) = self.0.get(granule as usize / 64) {
                word.fetch_or(1 << (granule % 64), Ordering::Release);
            }
        }
    }

    fn rotate(&self) -> Vec<u64> {
        self.0.iter().map(|word| word.swap(0, Ordering::AcqRel)).collect()
    }

    fn merge(&self, taken: &Vec<u64>) {
        for (word, more) in self.0.iter().zip(taken) {
            word.fetch_or(*more, Ordering::Release);
        }
    }

    fn iterate(taken: &Vec<u64>) -> (u64, u64) {
        let (mut runs, mut count, mut before) = (0, 0, 0);
        for &word in taken {
            // A run begins at each bit whose lower neighbour is clear.
            runs += u64::from((word & !(word << 1 | before)).count_ones());
            count += u64::from(word.count_ones());
            before = word >> 63;
        }
        (runs, count)
    }
}

const GRANULES: u32 = 16 << 20;
const GRANULARITY: u32 = 65536;
