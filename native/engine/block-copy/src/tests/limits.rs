//! What is in flight stays within the window.

use std::sync::Arc;

use super::endpoints::{Shuffled, contents, endpoint, memory, noisy};
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
    let options =
        CopierOptions { window_bytes: 4096, request_size: 4096, connections: 1, ..CopierOptions::default() };
    Copier::open(endpoint(&memory(8 << 30)), Arc::new(to), options).unwrap().bulk().unwrap();
    assert_eq!(seen.lock().unwrap().zeroed.len(), 8);
}
