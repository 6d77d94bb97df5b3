//! How bytes map to granules, and granules to bits of words.

use crate::error::BitmapError;
use crate::limits::{MAX_GRANULARITY, MAX_GRANULES, MIN_GRANULARITY};
use crate::run::Run;

/// Bits of a word.
pub(crate) const WORD_BITS: u64 = 64;

/// A device's size cut into granules; the last one may be a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub(crate) size: u64,
    pub(crate) granularity: u32,
}

impl Geometry {
    pub(crate) fn new(size: u64, granularity: u32) -> Result<Self, BitmapError> {
        if !granularity.is_power_of_two() || !(MIN_GRANULARITY..=MAX_GRANULARITY).contains(&granularity) {
            return Err(BitmapError::Granularity(granularity));
        }
        let geometry = Self { size, granularity };
        match geometry.granules() {
            count if count > MAX_GRANULES => Err(BitmapError::TooManyGranules(count)),
            _ => Ok(geometry),
        }
    }

    pub(crate) fn granules(self) -> u64 {
        self.size.div_ceil(u64::from(self.granularity))
    }

    pub(crate) fn words(self) -> usize {
        index(self.granules().div_ceil(WORD_BITS))
    }

    /// The word-sized pieces of the granules that `run` touches: word index and mask.
    pub(crate) fn masks(self, run: Run) -> impl Iterator<Item = (usize, u64)> {
        let granularity = u64::from(self.granularity);
        let end = run.end().min(self.size);
        let mut next = run.offset / granularity;
        // An empty run touches nothing, also in the middle of a granule.
        let end = if run.offset < end { end.div_ceil(granularity) } else { next };
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let bit = next % WORD_BITS;
                let count = (WORD_BITS - bit).min(end - next);
                let word = index(next / WORD_BITS);
                next += count;
                (word, (u64::MAX >> (WORD_BITS - count)) << bit)
            })
        })
    }

    /// The bytes of the granules `first .. end`, clipped to the size.
    pub(crate) fn run(self, first: u64, end: u64) -> Run {
        let granularity = u64::from(self.granularity);
        let offset = first.saturating_mul(granularity);
        let end = end.saturating_mul(granularity).min(self.size);
        Run::new(offset, end.saturating_sub(offset))
    }

    /// The bytes of `granules` marked granules; `last` tells whether the device's last one is among them.
    pub(crate) fn bytes(self, granules: u64, last: bool) -> u64 {
        let granularity = u64::from(self.granularity);
        let missing = if last { (granularity - self.size % granularity) % granularity } else { 0 };
        // Saturating: counted while others rotate, the two facts need not be of one moment.
        granules.saturating_mul(granularity).saturating_sub(missing)
    }

    /// Where the bit of the device's last granule is, if it has any.
    pub(crate) fn last(self) -> Option<(usize, u64)> {
        let last = self.granules().checked_sub(1)?;
        Some((index(last / WORD_BITS), 1 << (last % WORD_BITS)))
    }
}

/// A word's index. Beyond the address space it is one that no vector has.
pub(crate) fn index(word: u64) -> usize {
    usize::try_from(word).unwrap_or(usize::MAX)
}
