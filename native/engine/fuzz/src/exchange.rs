//! Giving bytes to a state machine as a socket would.

/// Copies as much as fits; returns how much.
pub(crate) fn fill(into: &mut [u8], from: &[u8]) -> usize {
    let count = into.len().min(from.len());
    into[..count].copy_from_slice(&from[..count]);
    count
}

/// No buffer is made larger at once than this by what a peer announces.
pub(crate) const LARGEST_BUFFER: usize = 64 << 10;
