//! Marks taken out of a dirty bitmap: plain, owned, not shared.

use crate::error::BitmapError;
use crate::geometry::{Geometry, WORD_BITS, index};
use crate::run::Run;

/// A set of dirty granules at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirtySnapshot {
    geometry: Geometry,
    words: Vec<u64>,
}

impl DirtySnapshot {
    /// A clean one. Parameters and errors as of [`DirtyBitmap::new`](crate::DirtyBitmap::new).
    pub fn new(size: u64, granularity: u32) -> Result<Self, BitmapError> {
        let geometry = Geometry::new(size, granularity)?;
        Ok(Self { geometry, words: vec![0; geometry.words()] })
    }

    /// Bits beyond the geometry must be clear.
    pub(crate) fn from_words(geometry: Geometry, words: Vec<u64>) -> Self {
        Self { geometry, words }
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Bytes of the device.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.geometry.size
    }

    /// Bytes a bit stands for.
    #[must_use]
    pub fn granularity(&self) -> u32 {
        self.geometry.granularity
    }

    /// Marks every granule that `run` touches; what lies beyond the device is left out.
    pub fn mark(&mut self, run: Run) {
        for (word, mask) in self.geometry.masks(run) {
            if let Some(word) = self.words.get_mut(word) {
                *word |= mask;
            }
        }
    }

    /// Marked bytes: whole granules, the last one as far as the device goes.
    #[must_use]
    pub fn count(&self) -> u64 {
        let granules = self.words.iter().map(|word| u64::from(word.count_ones())).sum();
        let last = self
            .geometry
            .last()
            .is_some_and(|(word, bit)| self.words.get(word).is_some_and(|word| word & bit != 0));
        self.geometry.bytes(granules, last)
    }

    /// Whether nothing is marked.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The marked runs in order, neighbours joined, the last one clipped to the device's size.
    pub fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.runs_from(0)
    }

    /// [`runs`](Self::runs) from `offset` on; a run that `offset` cuts begins there.
    pub fn runs_from(&self, offset: u64) -> impl Iterator<Item = Run> + '_ {
        let mut next = offset / u64::from(self.geometry.granularity);
        std::iter::from_fn(move || {
            let first = self.find(next, 0)?;
            let end = self.find(first, u64::MAX).unwrap_or_else(|| self.geometry.granules());
            next = end;
            let run = self.geometry.run(first, end);
            let start = run.offset.max(offset);
            Some(Run::new(start, run.end().saturating_sub(start)))
        })
        // Only of an offset at or past the size, inside the last granule.
        .filter(|run| run.length > 0)
    }

    /// The first granule from `from` on that is marked, or with `flip` of all ones, that is not.
    fn find(&self, from: u64, flip: u64) -> Option<u64> {
        let mut word = from / WORD_BITS;
        let mut mask = u64::MAX << (from % WORD_BITS);
        loop {
            let bits = (self.words.get(index(word))? ^ flip) & mask;
            if bits != 0 {
                return Some(word * WORD_BITS + u64::from(bits.trailing_zeros()));
            }
            (word, mask) = (word + 1, u64::MAX);
        }
    }
}
