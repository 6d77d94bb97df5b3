//! Copies block devices: the whole, then what was written since, round by round.
//!
//! [`Endpoint`]s are what is copied from and to; a [`Copier`] holds lanes to both and runs passes. The
//! caller's thread plans a pass by the maps of both sides and feeds a bounded queue of pieces that do not
//! overlap; a worker thread a lane pair moves them through its window. Memory is bounded by the windows,
//! not by the devices.

mod buffers;
mod checksums;
mod comparison;
mod copier;
mod crew;
mod device_endpoint;
mod endpoint;
mod error;
mod fitted_lane;
mod health;
mod lane_pair;
mod medium;
mod nbd;
mod null_endpoint;
mod options;
mod pass;
mod passes;
mod piece;
mod planner;
mod progress;
mod rate_limiter;
mod read_back;
mod read_extents;
mod relay;
mod survey;
mod sync;
mod verification;
mod window;

pub use comparison::{Comparer, Comparison, compare};
pub use copier::{Copier, DirtyMap, ServerMap};
pub use device_endpoint::DeviceEndpoint;
pub use endpoint::{
    BASE_ALLOCATION, Completed, Endpoint, FLAG_DIRTY, FLAG_HOLE, FLAG_ZERO, Lane, Limits, Operation, RunMap,
    RunStatus,
};
pub use error::{CopyError, ErrorKind, Side};
pub use medium::Medium;
pub use nbd::NbdEndpoint;
pub use null_endpoint::NullEndpoint;
pub use options::{CopierOptions, Sabotage};
pub use progress::{PassReport, Progress};
pub use rate_limiter::RateLimiter;
pub use read_extents::read_extents;
pub use verification::Verification;

#[cfg(test)]
mod tests;
