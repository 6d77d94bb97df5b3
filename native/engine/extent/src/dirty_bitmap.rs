//! The dirty bitmap that writers mark while a copier takes the marks away.

use crate::dirty_snapshot::DirtySnapshot;
use crate::error::BitmapError;
use crate::geometry::{Geometry, WORD_BITS, index};
use crate::marked_runs::marked_runs;
use crate::run::Run;
use crate::sync::{AtomicU64, Ordering};

/// Which granules of a device were written, recorded from many threads without a lock.
///
/// Two levels: a bit a granule (leaves), and a bit a leaf word (summary) so that taking the marks of a
/// mostly clean device costs a 4096th of its granules. No mark is ever lost, and the argument is:
///
/// - [`mark`](Self::mark) sets leaf bits, then the summary bit, both with release.
/// - [`rotate`](Self::rotate) swaps a summary word for zero, then the leaf words it named, with acquire.
///
/// Read-modify-writes of a summary word are totally ordered and continue each other's release sequence.
/// If the mark's summary bit came before the swap, the swap synchronises with it, so the swap of the leaf
/// follows the leaf bit and takes it (unless an earlier rotation has it already). If it came after, it
/// stays in the summary, and the next rotation looks at that leaf word again, be it empty by then or not.
/// That holds only as long as the summary bit is set unconditionally: a marker that saw it set and left
/// it alone would be ordered with no swap at all. The same release and acquire order the marked write
/// before the copier's read.
#[derive(Debug)]
pub struct DirtyBitmap {
    geometry: Geometry,
    leaves: Vec<AtomicU64>,
    summary: Vec<AtomicU64>,
}

impl DirtyBitmap {
    /// A clean bitmap of a device of `size` bytes.
    ///
    /// `granularity`: bytes a bit, a power of two from 512 to 64 MiB.
    pub fn new(size: u64, granularity: u32) -> Result<Self, BitmapError> {
        let geometry = Geometry::new(size, granularity)?;
        let words = geometry.words();
        Ok(Self { geometry, leaves: clean(words), summary: clean(words.div_ceil(index(WORD_BITS))) })
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
    ///
    /// To be called after the write it records has returned, and before the writer is told so.
    pub fn mark(&self, run: Run) {
        for (word, mask) in self.geometry.masks(run) {
            if let Some(leaf) = self.leaves.get(word) {
                leaf.fetch_or(mask, Ordering::Release);
            }
            if let Some((summary, bit)) = self.summary_of(word) {
                summary.fetch_or(bit, Ordering::Release);
            }
        }
    }

    /// Takes all marks away and returns them. A concurrent mark is in this result or in the next one.
    #[must_use = "marks that are dropped are writes that are never copied"]
    pub fn rotate(&self) -> DirtySnapshot {
        self.collect(|word| word.swap(0, Ordering::AcqRel))
    }

    /// Copies the marks and leaves them.
    #[must_use]
    pub fn snapshot(&self) -> DirtySnapshot {
        self.collect(|word| word.load(Ordering::Acquire))
    }

    /// The marked runs in `range`, in order, neighbours joined, cut where the range ends. The marks stay.
    ///
    /// Others may mark and rotate meanwhile: each run is what some moment had, all of them together need not be.
    pub fn runs_in(&self, range: Run) -> impl Iterator<Item = Run> + '_ {
        marked_runs(self.geometry, range, |word| {
            self.leaves.get(word).map(|leaf| leaf.load(Ordering::Acquire))
        })
    }

    /// Adds the marks of `other`, whose granularity may differ: whole granules of this bitmap are marked.
    ///
    /// Fails with [`BitmapError::SizeMismatch`], and marks nothing, if it is of a device of another size.
    pub fn merge(&self, other: &DirtySnapshot) -> Result<(), BitmapError> {
        if other.size() != self.size() {
            return Err(BitmapError::SizeMismatch { expected: self.size(), actual: other.size() });
        }
        other.runs().for_each(|run| self.mark(run));
        Ok(())
    }

    /// Marked bytes: whole granules, the last one as far as the device goes.
    #[must_use]
    pub fn count(&self) -> u64 {
        let granules =
            self.leaves.iter().map(|leaf| u64::from(leaf.load(Ordering::Relaxed).count_ones())).sum();
        let last = self.geometry.last().is_some_and(|(word, bit)| {
            self.leaves.get(word).is_some_and(|leaf| leaf.load(Ordering::Relaxed) & bit != 0)
        });
        self.geometry.bytes(granules, last)
    }

    fn summary_of(&self, word: usize) -> Option<(&AtomicU64, u64)> {
        let summary = self.summary.get(word / index(WORD_BITS))?;
        Some((summary, 1 << (word % index(WORD_BITS))))
    }

    /// Reads the words that the summary names, summary first, each through `read`.
    fn collect(&self, read: impl Fn(&AtomicU64) -> u64) -> DirtySnapshot {
        let mut words = vec![0; self.leaves.len()];
        let chunk = index(WORD_BITS);
        for (summary, (leaves, out)) in
            self.summary.iter().zip(self.leaves.chunks(chunk).zip(words.chunks_mut(chunk)))
        {
            let mut named = read(summary);
            while named != 0 {
                let at = index(u64::from(named.trailing_zeros()));
                named &= named - 1;
                if let (Some(leaf), Some(word)) = (leaves.get(at), out.get_mut(at)) {
                    *word = read(leaf);
                }
            }
        }
        DirtySnapshot::from_words(self.geometry, words)
    }
}

fn clean(words: usize) -> Vec<AtomicU64> {
    std::iter::repeat_with(AtomicU64::default).take(words).collect()
}
