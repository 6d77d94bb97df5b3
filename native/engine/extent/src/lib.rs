//! Ranges of a block device and what is known about them. Pure: no I/O, no dependency.

mod dirty_bitmap;
mod dirty_snapshot;
mod error;
mod geometry;
mod limits;
mod marked_runs;
mod run;
mod serial;
mod sync;

pub use dirty_bitmap::DirtyBitmap;
pub use dirty_snapshot::DirtySnapshot;
pub use error::BitmapError;
pub use limits::{MAX_GRANULARITY, MAX_GRANULES, MIN_GRANULARITY};
pub use run::{Extent, Run};

#[cfg(test)]
mod tests;
