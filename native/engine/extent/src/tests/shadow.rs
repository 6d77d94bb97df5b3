//! Every operation against a shadow: one bool a granule.

use proptest::prelude::*;

use crate::{BitmapError, DirtyBitmap, DirtySnapshot, MAX_GRANULARITY, MAX_GRANULES, Run};

const GRANULARITY: u32 = 512;

/// Granules at the edges of words, of summary words, and one beside.
const EDGES: [u64; 12] = [0, 1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8193];

/// One bool a granule.
struct Shadow {
    size: u64,
    granularity: u64,
    dirty: Vec<bool>,
}

impl Shadow {
    fn new(size: u64, granularity: u32) -> Self {
        let granularity = u64::from(granularity);
        let granules = usize::try_from(size.div_ceil(granularity)).unwrap();
        Self { size, granularity, dirty: vec![false; granules] }
    }

    fn bytes_of(&self, granule: usize) -> Run {
        let offset = granule as u64 * self.granularity;
        Run::new(offset, self.granularity.min(self.size - offset))
    }

    fn mark(&mut self, run: Run) {
        for granule in 0..self.dirty.len() {
            self.dirty[granule] |= run.length > 0 && self.bytes_of(granule).intersection(run).is_some();
        }
    }

    fn runs(&self, from: u64) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for granule in (0..self.dirty.len()).filter(|&granule| self.dirty[granule]) {
            let bytes = self.bytes_of(granule);
            let Some(bytes) = bytes.intersection(Run::new(from, u64::MAX - from)) else { continue };
            match runs.last_mut() {
                Some(last) if last.end() == bytes.offset => last.length += bytes.length,
                _ => runs.push(bytes),
            }
        }
        runs
    }

    fn count(&self) -> u64 {
        self.runs(0).iter().map(|run| run.length).sum()
    }
}

fn assert_same(snapshot: &DirtySnapshot, shadow: &Shadow) {
    assert_eq!(snapshot.runs().collect::<Vec<_>>(), shadow.runs(0));
    assert_eq!(snapshot.count(), shadow.count());
    assert_eq!(snapshot.is_clean(), shadow.count() == 0);
}

/// Sizes of whole granules at the edges, and one byte less and more.
fn sizes() -> impl Iterator<Item = u64> {
    EDGES
        .into_iter()
        .map(|granules| granules * u64::from(GRANULARITY))
        .flat_map(|size| [size.saturating_sub(1), size, size + 1])
}

#[test]
fn every_pair_of_edges_marks_what_the_shadow_marks() {
    for size in sizes() {
        for first in EDGES {
            for last in EDGES.into_iter().filter(|&last| last >= first) {
                let granularity = u64::from(GRANULARITY);
                for (start, end) in [(0, 0), (granularity - 1, 1), (0, granularity)] {
                    let (start, end) = (first * granularity + start, last * granularity + end);
                    let run = Run::new(start, end.saturating_sub(start));
                    let bitmap = DirtyBitmap::new(size, GRANULARITY).unwrap();
                    let mut shadow = Shadow::new(size, GRANULARITY);
                    bitmap.mark(run);
                    shadow.mark(run);
                    assert_eq!(bitmap.count(), shadow.count(), "size {size}, {run:?}");
                    assert_same(&bitmap.snapshot(), &shadow);
                }
            }
        }
    }
}

#[test]
fn rotate_takes_the_marks_away_and_merge_sets_them_back() {
    let bitmap = DirtyBitmap::new(10_000, GRANULARITY).unwrap();
    bitmap.mark(Run::new(600, 1));
    bitmap.mark(Run::new(9_999, 1));
    let taken = bitmap.rotate();
    assert_eq!(taken.runs().collect::<Vec<_>>(), [Run::new(512, 512), Run::new(9_728, 272)]);
    assert_eq!(bitmap.count(), 0);
    assert!(bitmap.rotate().is_clean());

    bitmap.mark(Run::new(0, 1));
    bitmap.merge(&taken).unwrap();
    assert_eq!(bitmap.count(), 512 + 512 + 272);
}

#[test]
fn a_run_that_ends_past_everything_is_clipped() {
    let bitmap = DirtyBitmap::new(1_000, GRANULARITY).unwrap();
    bitmap.mark(Run::new(999, u64::MAX));
    bitmap.mark(Run::new(u64::MAX, u64::MAX));
    bitmap.mark(Run::new(1_000, 1));
    bitmap.mark(Run::new(0, 0));
    assert_eq!(bitmap.rotate().runs().collect::<Vec<_>>(), [Run::new(512, 488)]);
}

#[test]
fn parameters_that_make_no_bitmap_are_refused() {
    for granularity in [0, 1, 256, 513, MAX_GRANULARITY + 1, MAX_GRANULARITY * 2] {
        assert_eq!(DirtyBitmap::new(1, granularity).unwrap_err(), BitmapError::Granularity(granularity));
    }
    let granules = MAX_GRANULES + 1;
    assert_eq!(DirtySnapshot::new(granules * 512, 512).unwrap_err(), BitmapError::TooManyGranules(granules));
    assert!(DirtyBitmap::new(u64::MAX, 512).is_err());
}

#[test]
fn merging_a_bitmap_of_another_device_changes_nothing() {
    let bitmap = DirtyBitmap::new(4_096, GRANULARITY).unwrap();
    let mut other = DirtySnapshot::new(4_097, GRANULARITY).unwrap();
    other.mark(Run::new(0, 4_097));
    assert_eq!(
        bitmap.merge(&other).unwrap_err(),
        BitmapError::SizeMismatch { expected: 4_096, actual: 4_097 }
    );
    assert_eq!(bitmap.count(), 0);
}

proptest! {
    #[test]
    fn any_marks_read_back_as_the_shadow_has_them(
        size in 0_u64..(3 << 20),
        shift in 9_u32..17,
        runs in prop::collection::vec((0_u64..(3 << 20), 0_u64..100_000), 0..40),
        from in 0_u64..(3 << 20),
        length in 0_u64..(1 << 20),
    ) {
        let granularity = 1 << shift;
        let bitmap = DirtyBitmap::new(size, granularity).unwrap();
        let mut plain = DirtySnapshot::new(size, granularity).unwrap();
        let mut shadow = Shadow::new(size, granularity);
        for (offset, length) in runs {
            let run = Run::new(offset, length);
            bitmap.mark(run);
            plain.mark(run);
            shadow.mark(run);
        }
        prop_assert_eq!(bitmap.count(), shadow.count());
        let range = Run::new(from, length);
        let within: Vec<Run> = shadow.runs(0).iter().filter_map(|run| run.intersection(range)).collect();
        prop_assert_eq!(bitmap.runs_in(range).collect::<Vec<_>>(), within);
        let taken = bitmap.rotate();
        assert_same(&taken, &shadow);
        prop_assert_eq!(&taken, &plain);
        prop_assert_eq!(taken.runs_from(from).collect::<Vec<_>>(), shadow.runs(from));
    }

    #[test]
    fn merging_covers_all_marks_in_whole_granules_of_either_granularity(
        size in 0_u64..(1 << 20),
        fine in 9_u32..13,
        coarse in 13_u32..17,
        runs in prop::collection::vec((0_u64..(1 << 20), 1_u64..20_000), 0..20),
        downwards in any::<bool>(),
    ) {
        let (from, to) = if downwards { (coarse, fine) } else { (fine, coarse) };
        let mut other = DirtySnapshot::new(size, 1 << from).unwrap();
        for &(offset, length) in &runs {
            other.mark(Run::new(offset, length));
        }
        let mut shadow = Shadow::new(size, 1 << to);
        other.runs().for_each(|run| shadow.mark(run));

        let bitmap = DirtyBitmap::new(size, 1 << to).unwrap();
        bitmap.merge(&other).unwrap();
        assert_same(&bitmap.snapshot(), &shadow);
    }
}
