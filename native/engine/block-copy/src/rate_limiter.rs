//! Bytes a second, over all copies that share the limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use nbd_io::Waker;

/// A limit of the data read a second. Zeros and skipped ranges cost nothing.
#[derive(Default)]
pub struct RateLimiter {
    /// Lets unlimited copies pass without the lock.
    limited: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bucket: Option<TokenBucket>,
    waiting: Vec<Weak<Waker>>,
}

impl RateLimiter {
    /// A limit of `rate` bytes a second; `None`: no limit; 0: nothing moves until the rate changes.
    #[must_use]
    pub fn new(rate: Option<u64>) -> Self {
        let limiter = Self::default();
        limiter.set_rate(rate);
        limiter
    }

    /// Changes the limit at once, also for the copies that wait.
    pub fn set_rate(&self, rate: Option<u64>) {
        let mut state = self.state();
        state.bucket = rate.map(|rate| TokenBucket::new(rate, Instant::now()));
        self.limited.store(rate.is_some(), Ordering::Release);
        state.waiting.retain(|waker| waker.upgrade().inspect(|waker| waker.wake()).is_some());
    }

    /// Registers a worker to be woken when the rate changes.
    pub(crate) fn watch(&self, waker: &Arc<Waker>) {
        self.state().waiting.push(Arc::downgrade(waker));
    }

    /// Takes `bytes`, or tells how long not to ask again.
    pub(crate) fn admit(&self, bytes: u64, now: Instant) -> Result<(), Duration> {
        if !self.limited.load(Ordering::Acquire) {
            return Ok(());
        }
        self.state().bucket.as_mut().map_or(Ok(()), |bucket| bucket.take(bytes, now))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tokens that flow in at a rate, up to a small burst, and may be overdrawn by one take.
///
/// Overdrawing lets a request be larger than the burst without a rate so low that it never fits.
#[derive(Debug)]
struct TokenBucket {
    rate: u64,
    /// Bytes that may be taken; below zero, bytes to wait for.
    tokens: i128,
    filled: Instant,
}

impl TokenBucket {
    fn new(rate: u64, now: Instant) -> Self {
        Self { rate, tokens: 0, filled: now }
    }

    fn take(&mut self, bytes: u64, now: Instant) -> Result<(), Duration> {
        if self.rate == 0 {
            return Err(Duration::MAX);
        }
        let rate = i128::from(self.rate);
        let elapsed = now.saturating_duration_since(self.filled).as_nanos();
        let inflow = rate.saturating_mul(i128::try_from(elapsed).unwrap_or(i128::MAX)) / NANOS_A_SECOND;
        // What is less than a byte's time is left for the next call.
        if inflow > 0 {
            self.tokens = self.tokens.saturating_add(inflow).min(rate / BURSTS_A_SECOND);
            self.filled = now;
        }
        if self.tokens < 0 {
            let nanos = self.tokens.saturating_neg().saturating_mul(NANOS_A_SECOND) / rate + 1;
            return Err(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)));
        }
        self.tokens -= i128::from(bytes);
        Ok(())
    }
}

/// The burst is this part of a second's bytes: enough for a late wake-up, not to be seen on a graph.
const BURSTS_A_SECOND: i128 = 20;

const NANOS_A_SECOND: i128 = 1_000_000_000;
