//! What can be wrong with a bitmap's parameters or its serialised form.

use std::error::Error;
use std::fmt;

use crate::limits::{MAX_GRANULARITY, MAX_GRANULES, MIN_GRANULARITY};

/// Why a bitmap was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BitmapError {
    /// The granularity is no power of two between 512 bytes and 64 MiB.
    Granularity(u32),
    /// The device has too many granules: take a coarser granularity.
    TooManyGranules(u64),
    /// The bitmaps are of devices of different sizes.
    SizeMismatch {
        /// Bytes of the bitmap merged into.
        expected: u64,
        /// Bytes of the other one.
        actual: u64,
    },
    /// The bytes are not a serialised bitmap, or not all of one.
    Malformed,
}

impl fmt::Display for BitmapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granularity(value) => write!(
                f,
                "the granularity {value} is not a power of two from {MIN_GRANULARITY} to {MAX_GRANULARITY}"
            ),
            Self::TooManyGranules(count) => {
                write!(f, "{count} granules are more than {MAX_GRANULES}; choose a coarser granularity")
            }
            Self::SizeMismatch { expected, actual } => {
                write!(f, "the bitmap is of a device of {actual} bytes, not of {expected}")
            }
            Self::Malformed => f.write_str("the bytes are not a serialised dirty bitmap"),
        }
    }
}

impl Error for BitmapError {}
