//! A cancelled pass drains and says so.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use extent::{DirtyBitmap, Run};

use super::endpoints::{Call, Hooked, contents, endpoint, memory, noisy};
use crate::{Copier, CopierOptions, DirtyMap, RateLimiter};

const SIZE: u64 = 4 << 20;

fn options() -> CopierOptions {
    CopierOptions { request_size: 16 << 10, ..CopierOptions::default() }
}

/// A pass is cancelled while one of its writes is being done: it waits for that write, and no more.
#[test]
fn the_pass_ends_when_what_is_in_flight_is_done_and_keeps_its_marks() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let (reached, writing) = channel();
    let (proceed, held) = channel::<()>();
    let (reached, held) = (Mutex::new(Some(reached)), Mutex::new(held));
    let to = Hooked::endpoint(&destination, move |call, run| {
        if call == Call::Write
            && let Some(reached) = reached.lock().unwrap().take()
        {
            reached.send(run).unwrap();
            held.lock().unwrap().recv().unwrap();
        }
        Ok(())
    });
    let options = CopierOptions { connections: Some(1), ..options() };
    let copier = Arc::new(Copier::open(endpoint(&source), to, options).unwrap());
    let bitmap = Arc::new(DirtyBitmap::new(SIZE, 4096).unwrap());
    bitmap.mark(Run::new(0, SIZE));
    let pass = thread::spawn({
        let (copier, bitmap) = (Arc::clone(&copier), Arc::clone(&bitmap));
        move || copier.dirty(DirtyMap::Bitmap(&bitmap))
    });
    let written = writing.recv().unwrap();
    copier.cancel();
    assert!(!pass.is_finished());
    proceed.send(()).unwrap();
    let failure = pass.join().unwrap().unwrap_err();

    assert_eq!((failure.code(), failure.side()), ("CANCELLED", None));
    assert_eq!(bitmap.count(), SIZE);
    assert_eq!(copier.progress().bytes_moved, written.length);
    let first = usize::try_from(written.length).unwrap();
    assert_eq!(contents(&*destination)[..first], contents(&*source)[..first]);
    assert!(contents(&*destination)[first..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_pass_that_begins_after_the_cancellation_does_nothing() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let to = Hooked::endpoint(&destination, |call, _| panic!("{call:?} after the cancellation"));
    let copier = Copier::open(endpoint(&source), to, options()).unwrap();
    copier.cancel();
    assert_eq!(copier.bulk().unwrap_err().code(), "CANCELLED");
}

#[test]
fn a_pass_that_waits_for_its_rate_is_cancelled_at_once() {
    let limiter = Arc::new(RateLimiter::new(Some(0)));
    let options = CopierOptions { limiter, ..options() };
    let copier = Arc::new(Copier::open(endpoint(&noisy(SIZE, 1)), endpoint(&memory(SIZE)), options).unwrap());
    let pass = thread::spawn({
        let copier = Arc::clone(&copier);
        move || copier.bulk()
    });
    copier.cancel();
    assert_eq!(pass.join().unwrap().unwrap_err().code(), "CANCELLED");
}

#[test]
fn a_rate_that_is_lifted_lets_the_waiting_pass_go_on() {
    let limiter = Arc::new(RateLimiter::new(Some(0)));
    let options = CopierOptions { limiter: Arc::clone(&limiter), ..options() };
    let copier = Copier::open(endpoint(&noisy(SIZE, 1)), endpoint(&memory(SIZE)), options).unwrap();
    let report = thread::scope(|scope| {
        let pass = scope.spawn(|| copier.bulk());
        // Whether it waits already or not.
        limiter.set_rate(None);
        pass.join().unwrap().unwrap()
    });
    assert_eq!(report.bytes_moved, SIZE);
}
