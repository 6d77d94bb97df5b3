//! A limit that several copies share.

use std::sync::Arc;

use block_copy::RateLimiter;
use napi_derive::napi;

use crate::number::from_js;

/// Bytes per second over all copies that were given it.
#[napi]
pub struct BindingRateLimiter {
    pub(crate) limiter: Arc<RateLimiter>,
}

#[napi]
impl BindingRateLimiter {
    /// Without a rate: no limit.
    #[napi(constructor)]
    #[must_use]
    pub fn new(bytes_per_second: Option<i64>) -> Self {
        Self { limiter: Arc::new(RateLimiter::new(bytes_per_second.map(from_js))) }
    }

    /// Changes the limit at once.
    #[napi]
    pub fn set_rate(&self, bytes_per_second: Option<i64>) {
        self.limiter.set_rate(bytes_per_second.map(from_js));
    }
}
