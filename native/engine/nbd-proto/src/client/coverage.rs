//! Which parts of a read have come.

use std::ops::Range;

use crate::error::ProtocolError;

/// The ranges of a buffer that are filled: sorted, disjoint, neighbours joined.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    ranges: Vec<Range<usize>>,
}

impl Coverage {
    /// Adds a non-empty range. Fails where it overlaps another, or there would be too many pieces.
    pub(super) fn claim(&mut self, range: Range<usize>) -> Result<(), ProtocolError> {
        let next = self.ranges.partition_point(|earlier| earlier.end <= range.start);
        if self.ranges.get(next).is_some_and(|later| later.start < range.end) {
            return Err(ProtocolError::ReadRange);
        }
        let joins_later = self.ranges.get(next).is_some_and(|later| later.start == range.end);
        let end = if joins_later { self.ranges.remove(next).end } else { range.end };
        let is_full = self.ranges.len() >= MAX_FRAGMENTS;
        let earlier = next.checked_sub(1).and_then(|previous| self.ranges.get_mut(previous));
        match earlier.filter(|earlier| earlier.end == range.start) {
            Some(earlier) => earlier.end = end,
            None if is_full => return Err(ProtocolError::ReadFragments),
            None => self.ranges.insert(next, range.start..end),
        }
        Ok(())
    }

    /// Whether all of `0..length` has come.
    pub(super) fn is_complete(&self, length: usize) -> bool {
        matches!(self.ranges.as_slice(), [all] if *all == (0..length))
    }
}

/// Servers send a read's pieces in order, as one growing range; a peer that leaves thousands of gaps is
/// after our memory.
const MAX_FRAGMENTS: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn joins_neighbours_and_refuses_overlap() {
        let mut coverage = Coverage::default();
        for range in [4..8, 0..2, 8..10, 2..4] {
            coverage.claim(range).unwrap();
        }
        assert!(coverage.is_complete(10));
        for range in [0..1, 9..11, 0..20, 9..10] {
            assert_eq!(coverage.claim(range), Err(ProtocolError::ReadRange));
        }
    }

    #[test]
    fn too_many_gaps_are_refused() {
        let mut coverage = Coverage::default();
        for index in 0..MAX_FRAGMENTS {
            coverage.claim(2 * index..2 * index + 1).unwrap();
        }
        assert_eq!(coverage.claim(1 << 20..(1 << 20) + 1), Err(ProtocolError::ReadFragments));
        coverage.claim(1..2).unwrap();
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_array(claims in proptest::collection::vec((0_usize..60, 1_usize..12), 0..40)) {
            let mut coverage = Coverage::default();
            let mut shadow = [false; 64];
            for (start, length) in claims {
                let range = start..(start + length).min(64);
                let free = shadow[range.clone()].iter().all(|taken| !taken);
                prop_assert_eq!(coverage.claim(range.clone()).is_ok(), free);
                if free {
                    shadow[range].fill(true);
                }
                prop_assert_eq!(coverage.is_complete(64), shadow.iter().all(|taken| *taken));
            }
        }
    }
}
