//! Marks taken out of a dirty bitmap: plain, owned, not shared.

use crate::error::BitmapError;
use crate::geometry::Geometry;
use crate::marked_runs::marked_runs;
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
        let rest = Run::new(offset, u64::MAX - offset);
        marked_runs(self.geometry, rest, |word| self.words.get(word).copied())
    }
}
