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
        state.set_rate(rate, Instant::now());
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

impl State {
    fn set_rate(&mut self, rate: Option<u64>, now: Instant) {
        match (&mut self.bucket, rate) {
            // What was overdrawn is still to be paid for, or changes would be a way around the limit.
            (Some(bucket), Some(rate)) => bucket.set_rate(rate, now),
            (bucket, rate) => *bucket = rate.map(|rate| TokenBucket::new(rate, now)),
        }
    }
}

/// Tokens that flow in at a rate, up to a small burst, and may be overdrawn by one take.
///
/// Overdrawing lets a request be larger than the burst without a rate so low that it never fits.
#[derive(Debug)]
struct TokenBucket {
    rate: u64,
    /// Billionths of the bytes that may be taken; below zero, of those to wait for. So fine, nothing is lost
    /// however often it is asked.
    tokens: i128,
    filled: Instant,
}

impl TokenBucket {
    fn new(rate: u64, now: Instant) -> Self {
        Self { rate, tokens: 0, filled: now }
    }

    fn set_rate(&mut self, rate: u64, now: Instant) {
        self.fill(now);
        self.rate = rate;
    }

    fn take(&mut self, bytes: u64, now: Instant) -> Result<(), Duration> {
        if self.rate == 0 {
            return Err(Duration::MAX);
        }
        self.fill(now);
        if self.tokens < 0 {
            // Rounded up: who waits so long does not wait again.
            let nanos = self.tokens.saturating_neg() / i128::from(self.rate) + 1;
            return Err(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)));
        }
        self.tokens -= i128::from(bytes) * BILLION;
        Ok(())
    }

    /// Lets flow in what is due.
    fn fill(&mut self, now: Instant) {
        let rate = i128::from(self.rate);
        let elapsed = i128::try_from(now.saturating_duration_since(self.filled).as_nanos());
        let inflow = rate.saturating_mul(elapsed.unwrap_or(i128::MAX));
        self.tokens = self.tokens.saturating_add(inflow).min(rate * BILLION / BURSTS_A_SECOND);
        self.filled = self.filled.max(now);
    }
}

/// The burst is this part of a second's bytes: enough for a late wake-up, not to be seen on a graph.
const BURSTS_A_SECOND: i128 = 20;

const BILLION: i128 = 1_000_000_000;

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

    /// Workers that read pieces under a limit, on a clock of their own: each takes when it may, is as busy as its
    /// link is fast, and wakes up late.
    struct Simulation {
        state: State,
        start: Instant,
        /// When each worker asks again, in nanoseconds from the start.
        workers: Vec<u64>,
        piece: u64,
        lateness: u64,
    }

    impl Simulation {
        fn new(workers: usize, piece: u64, rate: Option<u64>) -> Self {
            let (mut state, start) = (State::default(), Instant::now());
            state.set_rate(rate, start);
            Self { state, start, workers: vec![0; workers], piece, lateness: 0x2545_f491_4f6c_dd1d }
        }

        fn set_rate(&mut self, rate: Option<u64>, at_ms: u64) {
            self.state.set_rate(rate, after(self.start, at_ms));
            self.workers.iter_mut().for_each(|asks| *asks = at_ms * 1_000_000);
        }

        /// Runs up to that time and returns the bytes taken.
        fn run(&mut self, until_ms: u64) -> u64 {
            let mut taken = 0;
            loop {
                let (worker, asks) =
                    self.workers.iter().copied().enumerate().min_by_key(|(_, at)| *at).unwrap();
                if asks >= until_ms * 1_000_000 {
                    return taken;
                }
                let now = self.start + Duration::from_nanos(asks);
                let bucket = self.state.bucket.as_mut().unwrap();
                let pause = match bucket.take(self.piece, now) {
                    Ok(()) => {
                        taken += self.piece;
                        self.piece * 1_000_000_000 / LINK
                    }
                    Err(wait) => {
                        u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX).saturating_add(self.late())
                    }
                };
                self.workers[worker] = asks.saturating_add(pause.max(1000));
            }
        }

        /// Up to 4 ms.
        fn late(&mut self) -> u64 {
            self.lateness ^= self.lateness << 13;
            self.lateness ^= self.lateness >> 7;
            self.lateness ^= self.lateness << 17;
            self.lateness % 4_000_000
        }
    }

    /// What one worker's connection could do, bytes a second.
    const LINK: u64 = 4 << 30;

    fn assert_within_5_percent(taken: u64, expected: u64, what: &str) {
        let off = taken.abs_diff(expected);
        assert!(off * 20 <= expected, "{what}: {taken} instead of {expected}");
    }

    #[test]
    fn over_5_seconds_the_rate_is_kept_to_5_percent() {
        for workers in [1, 4, 64] {
            for piece in [64 << 10, 256 << 10, 1 << 20] {
                for rate in [5 << 20, 117 << 20, 1_000_000_007] {
                    let mut simulation = Simulation::new(workers, piece, Some(rate));
                    let taken = simulation.run(5_000);
                    let what = format!("{workers} workers, {piece} bytes a piece, {rate} bytes a second");
                    assert_within_5_percent(taken, 5 * rate, &what);
                }
            }
        }
    }

    #[test]
    fn a_rate_that_changes_is_kept_before_and_after() {
        let mut simulation = Simulation::new(4, 256 << 10, Some(100 << 20));
        assert_within_5_percent(simulation.run(5_000), 500 << 20, "before");
        simulation.set_rate(Some(10 << 20), 5_000);
        assert_within_5_percent(simulation.run(10_000), 50 << 20, "slower");
        simulation.set_rate(Some(1 << 30), 10_000);
        assert_within_5_percent(simulation.run(15_000), 5 << 30, "faster");
        simulation.set_rate(Some(0), 15_000);
        assert_eq!(simulation.run(20_000), 0);
        simulation.set_rate(Some(10 << 20), 20_000);
        assert_within_5_percent(simulation.run(25_000), 50 << 20, "after a pause");
    }

    #[test]
    fn changes_are_no_way_around_the_limit() {
        let mut simulation = Simulation::new(4, 1 << 20, Some(10 << 20));
        let mut taken = 0;
        for at in (10..=5_000).step_by(10) {
            simulation.set_rate(Some((10 << 20) + at % 2), at - 10);
            taken += simulation.run(at);
        }
        assert_within_5_percent(taken, 50 << 20, "changed every 10 ms");
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
