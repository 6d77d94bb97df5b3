//! How requests and replies are framed.

use crate::wire::{
    CHUNK_HEADER_LENGTH, EXTENDED_CHUNK_HEADER_LENGTH, EXTENDED_REQUEST_HEADER_LENGTH, REQUEST_HEADER_LENGTH,
    SIMPLE_REPLY_LENGTH,
};

/// The forms that messages have in transmission, each richer than the one before.
///
/// Source: proto.md, "Transmission"; for [`Extended`](Self::Extended) in the branch `extension-ext-header`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framing {
    /// Compact headers with 32-bit lengths; one reply to a request, a read's data behind it.
    Simple,
    /// Compact headers; reads and block status are answered in chunks.
    Structured,
    /// Headers of 32 bytes with 64-bit lengths; everything is answered in chunks.
    #[default]
    Extended,
}

impl Framing {
    /// Whether replies come in chunks: without, there are no holes in reads, and no block status.
    #[must_use]
    pub fn has_chunks(self) -> bool {
        self >= Self::Structured
    }

    /// Bytes of a request's header.
    #[must_use]
    pub fn request_header_length(self) -> usize {
        match self {
            Self::Simple | Self::Structured => REQUEST_HEADER_LENGTH,
            Self::Extended => EXTENDED_REQUEST_HEADER_LENGTH,
        }
    }

    /// Bytes of a reply that come before a read's data, at the least.
    pub(crate) fn shortest_data_header(self) -> usize {
        match self {
            Self::Simple => SIMPLE_REPLY_LENGTH,
            Self::Structured => CHUNK_HEADER_LENGTH + size_of::<u64>(),
            Self::Extended => EXTENDED_CHUNK_HEADER_LENGTH + size_of::<u64>(),
        }
    }

    /// The longest range in bytes that a request without payload can be about.
    #[must_use]
    pub fn longest_effect(self) -> u64 {
        match self {
            Self::Simple | Self::Structured => u64::from(u32::MAX),
            Self::Extended => u64::MAX,
        }
    }
}
