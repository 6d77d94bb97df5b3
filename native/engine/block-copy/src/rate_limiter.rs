//! Bytes a second, over all copies that share the limit.

use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, Waker};

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
        let mut state = self.state();
        state.waiting.retain(|waker| waker.strong_count() > 0);
        state.waiting.push(Arc::downgrade(waker));
    }

    /// Takes `bytes`, or tells how long not to ask again.
    pub(crate) fn admit(&self, bytes: u64, now: Instant) -> Result<(), Duration> {
        if !self.limited.load(Ordering::Acquire) {
            return Ok(());
        }
        self.state().bucket.as_mut().map_or(Ok(()), |bucket| bucket.take(bytes, now))
    }

    fn state(&self) -> MutexGuard<'_, State> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::endpoints::is_set;

    const RATE: u64 = 1_000_000;

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn one_take_may_overdraw_and_the_next_waits_until_it_is_paid_for() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RATE, start);
        assert_eq!(bucket.take(500_000, start), Ok(()));
        let wait = bucket.take(1, start).unwrap_err();
        assert!(wait >= Duration::from_millis(500) && wait < Duration::from_millis(501), "{wait:?}");
        assert!(bucket.take(1, after(start, 499)).is_err());
        assert_eq!(bucket.take(1, after(start, 500)), Ok(()));
    }

    #[test]
    fn what_is_waited_for_suffices() {
        let start = Instant::now();
        for rate in [1, 3, 999, RATE, u64::MAX] {
            let mut bucket = TokenBucket::new(rate, start);
            bucket.take(262_144, start).unwrap();
            if let Err(wait) = bucket.take(1, start) {
                assert_eq!(bucket.take(1, start + wait), Ok(()), "{rate} bytes a second");
            }
        }
    }

    #[test]
    fn a_long_pause_saves_no_more_than_the_burst() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RATE, start);
        let now = after(start, 60_000);
        let mut taken = 0;
        while bucket.take(10_000, now).is_ok() {
            taken += 10_000;
        }
        assert!(taken <= RATE / 20 + 10_000, "{taken}");
    }

    #[test]
    fn over_time_the_rate_is_kept() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RATE, start);
        let taken: u64 = (0..10_000)
            .map(|millis| if bucket.take(3_000, after(start, millis)).is_ok() { 3_000 } else { 0 })
            .sum();
        assert!((9_900_000..=10_100_000).contains(&taken), "{taken}");
    }

    #[test]
    fn a_new_rate_wakes_whoever_waits_for_the_old_one() {
        let limiter = RateLimiter::new(Some(0));
        let waker = Arc::new(Waker::new().unwrap());
        limiter.watch(&waker);
        assert!(!is_set(&waker));
        limiter.set_rate(Some(RATE));
        assert!(is_set(&waker));
    }

    #[test]
    fn at_rate_zero_nothing_moves_and_without_a_rate_all_does() {
        let now = Instant::now();
        let limiter = RateLimiter::new(Some(0));
        assert_eq!(limiter.admit(1, now), Err(Duration::MAX));
        limiter.set_rate(None);
        assert_eq!(limiter.admit(u64::MAX, now), Ok(()));
    }
}
