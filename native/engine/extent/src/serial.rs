//! A snapshot as bytes, so that an interrupted copy can be taken up by another process.
//!
//! Little-endian: magic (8 bytes), granularity (4), zero (4), size (8), then the words, lowest granule in
//! the lowest bit of the first one.

use crate::dirty_snapshot::DirtySnapshot;
use crate::error::BitmapError;
use crate::geometry::Geometry;

const MAGIC: [u8; 8] = *b"BFDIRTY1";
const HEADER_BYTES: usize = 24;
const WORD_BYTES: usize = 8;

impl DirtySnapshot {
    /// The serialised form, 24 bytes and a bit a granule.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.words().len() * WORD_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(self.granularity().to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(self.size().to_le_bytes());
        bytes.extend(self.words().iter().flat_map(|word| word.to_le_bytes()));
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote. Allocates no more than the input's length.
    ///
    /// Fails with [`BitmapError::Malformed`] on anything else: another magic, too few or too many bytes,
    /// marks beyond the device. A bitmap that may be wrong must not be used.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BitmapError> {
        let (magic, rest) = bytes.split_first_chunk().ok_or(BitmapError::Malformed)?;
        let (granularity, rest) = rest.split_first_chunk().ok_or(BitmapError::Malformed)?;
        let (reserved, rest) = rest.split_first_chunk().ok_or(BitmapError::Malformed)?;
        let (size, rest) = rest.split_first_chunk().ok_or(BitmapError::Malformed)?;
        if *magic != MAGIC || *reserved != [0; 4] {
            return Err(BitmapError::Malformed);
        }
        let geometry = Geometry::new(u64::from_le_bytes(*size), u32::from_le_bytes(*granularity))?;
        let (words, rest) = rest.as_chunks::<WORD_BYTES>();
        if words.len() != geometry.words() || !rest.is_empty() {
            return Err(BitmapError::Malformed);
        }
        let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let beyond = geometry.last().map_or(0, |(_, bit)| !(bit | (bit - 1)));
        if words.last().is_some_and(|word| word & beyond != 0) {
            return Err(BitmapError::Malformed);
        }
        Ok(Self::from_words(geometry, words))
    }
}
