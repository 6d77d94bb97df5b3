//! Reading big-endian fields out of a message, and where a message is collected.

use std::ops::Range;

use crate::error::ProtocolError;

/// The part of a message that has not been read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ProtocolError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ProtocolError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ProtocolError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], ProtocolError> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or(ProtocolError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// A 32-bit length and as many bytes.
    pub(crate) fn counted(&mut self) -> Result<&'a [u8], ProtocolError> {
        let length = self.u32()?;
        self.bytes(usize::try_from(length).map_err(|_| ProtocolError::Truncated)?)
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ProtocolError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(ProtocolError::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }
}

/// Collects a message whose length is known, in pieces of any size.
///
/// Memory grows with what has come, not with what the peer has announced.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    bytes: Vec<u8>,
    filled: usize,
    length: usize,
}

/// So much of a message is made room for at a time.
const GROWTH: usize = 64 << 10;

impl Assembly {
    /// Begins a message of `length` bytes.
    pub(crate) fn begin(&mut self, length: usize) {
        self.bytes.clear();
        self.filled = 0;
        self.length = length;
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.filled == self.length
    }

    /// Where the next bytes of the message go; empty when it is complete.
    pub(crate) fn spare(&mut self) -> &mut [u8] {
        if self.filled == self.bytes.len() {
            self.bytes.resize(self.length.min(self.filled + GROWTH), 0);
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }

    /// Says that `count` bytes of [`spare`](Self::spare) were filled.
    pub(crate) fn advance(&mut self, count: usize) {
        self.filled = self.bytes.len().min(self.filled + count);
    }

    /// Takes what belongs to the message from the front of `input`; returns how much that was.
    pub(crate) fn take_from(&mut self, input: &[u8]) -> usize {
        let mut taken = 0;
        while let (spare @ [_, ..], rest @ [_, ..]) = (self.spare(), input.get(taken..).unwrap_or_default()) {
            let count = copy_prefix(spare, rest);
            self.advance(count);
            taken += count;
        }
        taken
    }

    /// The message, once complete.
    pub(crate) fn message(&self) -> &[u8] {
        &self.bytes
    }
}

/// Copies as much of `from` as fits into `into`; returns how much.
pub(crate) fn copy_prefix(into: &mut [u8], from: &[u8]) -> usize {
    let count = into.len().min(from.len());
    if let (Some((into, _)), Some((from, _))) =
        (into.split_at_mut_checked(count), from.split_at_checked(count))
    {
        into.copy_from_slice(from);
    }
    count
}

/// The sub-slice, or an empty one where the range is out of bounds.
pub(crate) fn slice_mut(bytes: &mut [u8], range: Range<usize>) -> &mut [u8] {
    bytes.get_mut(range).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fields_in_order_and_never_past_the_end() {
        let mut fields = Fields::new(&[1, 2, 0, 0, 0, 2, 7, 8, 9]);
        assert_eq!(fields.u16(), Ok(0x0102));
        assert_eq!(fields.counted(), Ok(&[7, 8][..]));
        assert_eq!(fields.u16(), Err(ProtocolError::Truncated));
        assert_eq!(fields.rest(), &[9]);
        assert!(fields.is_empty());
    }

    #[test]
    fn a_counted_string_longer_than_the_message_is_refused() {
        assert_eq!(Fields::new(&[0xff, 0xff, 0xff, 0xff, 1]).counted(), Err(ProtocolError::Truncated));
    }

    #[test]
    fn an_announced_length_costs_no_memory_until_bytes_come() {
        let mut assembly = Assembly::default();
        assembly.begin(8 << 20);
        assert_eq!(assembly.spare().len(), GROWTH);
        assembly.begin(3);
        assert_eq!(assembly.take_from(&[1, 2]), 2);
        assert!(!assembly.is_complete());
        assert_eq!(assembly.take_from(&[3, 4, 5]), 1);
        assert!(assembly.is_complete());
        assert_eq!(assembly.message(), &[1, 2, 3]);
    }
}
