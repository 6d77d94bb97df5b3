//! The runs of marked granules, wherever their bits are kept.

use crate::geometry::{Geometry, WORD_BITS, index};
use crate::run::Run;

/// The marked runs in `range` in order, neighbours joined, cut where the range or the device ends.
///
/// Each word is looked at when the iteration comes to it: of bits that change, each run is what some moment had.
pub(crate) fn marked_runs(
    geometry: Geometry,
    range: Run,
    word_at: impl Fn(usize) -> Option<u64>,
) -> impl Iterator<Item = Run> {
    let granularity = u64::from(geometry.granularity);
    let mut next = range.offset / granularity;
    let end = range.end().min(geometry.size).div_ceil(granularity);
    std::iter::from_fn(move || {
        let first = find(&word_at, next, end, 0)?;
        // Beyond the first one, which may have been cleared since.
        let past = find(&word_at, first + 1, end, u64::MAX).unwrap_or(end);
        next = past;
        geometry.run(first, past).intersection(range)
    })
}

/// The first granule from `from` on, before `end`, that is marked, or with `flip` of all ones, that is not.
fn find(word_at: impl Fn(usize) -> Option<u64>, from: u64, end: u64, flip: u64) -> Option<u64> {
    let mut word = from / WORD_BITS;
    let mut mask = u64::MAX << (from % WORD_BITS);
    while word * WORD_BITS < end {
        let bits = (word_at(index(word))? ^ flip) & mask;
        if bits != 0 {
            let found = word * WORD_BITS + u64::from(bits.trailing_zeros());
            return Some(found).filter(|found| *found < end);
        }
        (word, mask) = (word + 1, u64::MAX);
    }
    None
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn marks_that_go_while_they_are_looked_for_end_the_run_and_nothing_else() {
        let geometry = Geometry::new(128 * 512, 512).unwrap();
        let looks = Cell::new(0);
        let fading = |word| {
            looks.set(looks.get() + 1);
            Some(if word == 0 && looks.get() > 1 { 0 } else { u64::MAX })
        };
        let runs: Vec<Run> = marked_runs(geometry, Run::new(0, u64::MAX), fading).collect();
        assert_eq!(runs, [Run::new(0, 512), Run::new(64 * 512, 64 * 512)]);
    }
}
