//! `block-copy`'s rate limiter: a worker that waits hears of every change.

use std::sync::Arc;
use std::time::Instant;

use loom::thread;

use crate::explore;
use crate::rate_limiter::RateLimiter;
use crate::sync::Waker;

/// The rate changes while workers ask: none of them sleeps on.
pub fn a_change_reaches_whoever_waits() {
    explore(None, || {
        let limiter = Arc::new(RateLimiter::new(Some(0)));
        let workers = [(); 2].map(|()| {
            let limiter = Arc::clone(&limiter);
            let waker = Arc::new(Waker::new());
            limiter.watch(&waker);
            thread::spawn(move || {
                while limiter.admit(1, Instant::now()).is_err() {
                    waker.wait();
                }
            })
        });
        limiter.set_rate(None);
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

/// A worker that begins while the rate changes waits for the new rate, or not at all.
pub fn a_worker_that_comes_meanwhile_is_not_forgotten() {
    explore(None, || {
        let limiter = Arc::new(RateLimiter::new(None));
        let worker = {
            let limiter = Arc::clone(&limiter);
            thread::spawn(move || {
                let waker = Arc::new(Waker::new());
                limiter.watch(&waker);
                while limiter.admit(1, Instant::now()).is_err() {
                    waker.wait();
                }
            })
        };
        limiter.set_rate(Some(0));
        limiter.set_rate(None);
        worker.join().unwrap();
    });
}
