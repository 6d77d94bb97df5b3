//! A contiguous range of bytes, and what is known of its contents.

/// A contiguous range of bytes: `offset .. offset + length`. Both in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Run {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

impl Run {
    /// The range of `length` bytes from `offset` on.
    #[must_use]
    pub const fn new(offset: u64, length: u64) -> Self {
        Self { offset, length }
    }

    /// The first byte after the range; saturates at `u64::MAX`.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }

    /// The part that both ranges share, if any.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let start = self.offset.max(other.offset);
        let end = self.end().min(other.end());
        (start < end).then(|| Self::new(start, end - start))
    }
}

/// A run of a device and what its block status says (NBD `base:allocation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    /// Where it lies.
    pub run: Run,
    /// Not allocated. Says nothing about the contents.
    pub hole: bool,
    /// Reads as zeros.
    pub zero: bool,
}
