//! What a copy can be told.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use nbd_io::client::ConnectOptions;

use crate::endpoint::Limits;
use crate::error::{CopyError, ErrorKind};
use crate::rate_limiter::RateLimiter;

/// How to copy. The defaults are right for most pairs of endpoints.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent choices, not a state")]
pub struct CopierOptions {
    /// Lanes to each side, as far as both allow several. 1 to 64. Default: by what carries the data and how many
    /// cores there are, 1 to 4 ([`Medium`](crate::Medium)).
    pub connections: Option<usize>,
    /// Requests in flight a lane. 1 to 1024. Default 16: as many as QEMU serves at once on a connection.
    pub requests: usize,
    /// Bytes of payload in flight a lane; at least `request_size`. Default 4 MiB: as fast as more between two
    /// servers of one machine, for less memory. The small requests of a dirty pass are bounded by `requests`.
    pub window_bytes: u64,
    /// Bytes of a read or write, at most; less where an endpoint takes less. 4 KiB to 32 MiB.
    /// Default 512 KiB.
    pub request_size: u32,
    /// Ask both sides what is zero. Default true.
    pub use_extents: bool,
    /// The destination reads as zeros: the bulk need not zero anything. Default false.
    pub destination_is_zero: bool,
    /// The bulk zeroes what a larger destination has beyond the source's end. Default false.
    pub zero_tail: bool,
    /// The bulk takes checksums of what it writes, for [`verify`](crate::Copier::verify). Default false.
    pub verify: bool,
    /// Each pass ends with a flush on the destination. Default true.
    pub flush: bool,
    /// Timeouts of the connections that read a server's dirty map. Its contexts are ignored.
    pub connect: ConnectOptions,
    /// Bytes a second; may be shared with other copiers. Default: no limit.
    pub limiter: Arc<RateLimiter>,
    /// Faults for acceptance tests, to see that they are found.
    #[doc(hidden)]
    pub sabotage: Sabotage,
}

impl Default for CopierOptions {
    fn default() -> Self {
        Self {
            connections: None,
            requests: 16,
            window_bytes: 4 << 20,
            request_size: 512 << 10,
            use_extents: true,
            destination_is_zero: false,
            zero_tail: false,
            verify: false,
            flush: true,
            connect: ConnectOptions::default(),
            limiter: Arc::default(),
            sabotage: Sabotage::default(),
        }
    }
}

impl CopierOptions {
    pub(crate) fn check(&self) -> Result<(), CopyError> {
        let valid = self.connections.is_none_or(|count| (1..=64).contains(&count))
            && (1..=1024).contains(&self.requests)
            && (4 << 10..=32 << 20).contains(&self.request_size)
            && self.window_bytes >= u64::from(self.request_size);
        if valid { Ok(()) } else { Err(CopyError::new(ErrorKind::Options)) }
    }

    /// Lanes to open between endpoints with these limits, at least one.
    pub(crate) fn lanes(&self, limits: [&Limits; 2]) -> usize {
        let cores = || available_parallelism().map_or(1, NonZero::get);
        let usual = || limits.iter().map(|limits| limits.medium.usual_lanes(cores())).max().unwrap_or(1);
        let asked = self.connections.unwrap_or_else(usual);
        limits.iter().fold(asked, |lanes, limits| lanes.min(limits.lanes)).max(1)
    }
}

/// Wrong on purpose. No user's option reaches this.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Sabotage {
    /// Zeros are reported as written and are not.
    pub skip_zeroes: bool,
}
