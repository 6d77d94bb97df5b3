//! What is in flight stays within the window.

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::endpoints::{Call, Hooked, Shuffled, contents, endpoint, memory, noisy};
use crate::{Copier, CopierOptions};

const SIZE: u64 = 4 << 20;

#[test]
fn no_lane_holds_more_requests_or_bytes_than_the_window() {
    for (requests, window_bytes) in [(16, 64 << 10), (3, 16 << 20), (1, 16 << 10)] {
        let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
        let (from, to) = (Shuffled::new(&source), Shuffled::new(&destination));
        let seen = [Arc::clone(&from.seen), Arc::clone(&to.seen)];
        let options =
            CopierOptions { requests, window_bytes, request_size: 16 << 10, ..CopierOptions::default() };
        Copier::open(Arc::new(from), Arc::new(to), options).unwrap().bulk().unwrap();
        for seen in seen {
            let seen = seen.lock().unwrap();
            assert!(seen.most_bytes <= window_bytes, "{} bytes in flight", seen.most_bytes);
            assert!(seen.most_requests <= requests, "{} requests in flight", seen.most_requests);
        }
        assert_eq!(contents(&*destination), contents(&*source));
    }
}

#[test]
fn zeros_take_no_bytes_of_the_window() {
    let destination = memory(8 << 30);
    let to = Shuffled { has_map: false, ..Shuffled::new(&destination) };
    let seen = Arc::clone(&to.seen);
    let options = CopierOptions {
        window_bytes: 4096,
        request_size: 4096,
        connections: Some(1),
        ..CopierOptions::default()
    };
    Copier::open(endpoint(&memory(8 << 30)), Arc::new(to), options).unwrap().bulk().unwrap();
    assert_eq!(seen.lock().unwrap().zeroed.len(), 8);
}

/// What one lane has no room for goes to another at once, not when there is room: on a long way that is a round
/// trip later.
#[test]
fn a_lane_that_is_full_keeps_nothing_from_the_others() {
    const PIECE: u32 = 4096;
    // Which lane comes first is up to the threads.
    for seed in 1..=20 {
        let source = noisy(2 * u64::from(PIECE), seed);
        let meeting = Arc::new((Mutex::new(0), Condvar::new()));
        let to = Hooked::endpoint(&memory(2 * u64::from(PIECE)), move |call, _| {
            if call != Call::Write {
                return Ok(());
            }
            let (arrived, changed) = &*meeting;
            let mut arrived = arrived.lock().unwrap();
            *arrived += 1;
            changed.notify_all();
            let (arrived, _) =
                changed.wait_timeout_while(arrived, Duration::from_secs(10), |arrived| *arrived < 2).unwrap();
            if *arrived < 2 { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
        });
        let options = CopierOptions {
            connections: Some(2),
            requests: 1,
            request_size: PIECE,
            ..CopierOptions::default()
        };
        Copier::open(endpoint(&source), to, options).unwrap().bulk().unwrap();
    }
}
