//! The n-th call fails, on either side: the error says which, nothing is left in flight, marks are kept.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use extent::{DirtyBitmap, Run};

use super::endpoints::{Call, Hooked, Shuffled, contents, endpoint, memory, noisy};
use crate::{Copier, CopierOptions, DirtyMap, Endpoint, ErrorKind, Side};

const SIZE: u64 = 1 << 20;

fn options() -> CopierOptions {
    CopierOptions { request_size: 16 << 10, window_bytes: 128 << 10, ..CopierOptions::default() }
}

/// Fails the `nth` call of a kind, and is well again afterwards.
fn failing(
    device: &Arc<block_device::MemoryDevice>,
    kind: Call,
    nth: usize,
    error: io::ErrorKind,
) -> Arc<dyn Endpoint> {
    let calls = AtomicUsize::new(0);
    Hooked::endpoint(device, move |call, _| {
        let fails = call == kind && calls.fetch_add(1, Ordering::Relaxed) == nth;
        if fails { Err(error.into()) } else { Ok(()) }
    })
}

#[test]
fn a_failed_call_fails_the_pass_sets_the_marks_back_and_the_next_pass_makes_it_good() {
    let cases = [
        (Side::Source, Call::Read, 63, io::ErrorKind::UnexpectedEof, "IO_EOF"),
        (Side::Source, Call::Read, 0, io::ErrorKind::Other, "IO_EIO"),
        (Side::Destination, Call::Write, 40, io::ErrorKind::StorageFull, "IO_ENOSPC"),
        (Side::Destination, Call::Write, 0, io::ErrorKind::PermissionDenied, "IO_EACCES"),
        (Side::Destination, Call::Zero, 0, io::ErrorKind::Other, "IO_EIO"),
        (Side::Destination, Call::Flush, 0, io::ErrorKind::StorageFull, "IO_ENOSPC"),
    ];
    for (side, call, nth, error, code) in cases {
        let (source, destination) = (noisy(SIZE, 1), noisy(SIZE, 2));
        // One piece of zeros, to be detected.
        let zeros = vec![0; 16 << 10];
        block_device::Device::write_at(&*source, &zeros, 512 << 10).unwrap();
        let (from, to) = match side {
            Side::Source => (failing(&source, call, nth, error), endpoint(&destination)),
            Side::Destination => (endpoint(&source), failing(&destination, call, nth, error)),
        };
        let copier = Copier::open(from, to, options()).unwrap();
        let bitmap = DirtyBitmap::new(SIZE, 4096).unwrap();
        bitmap.mark(Run::new(0, SIZE));

        let failure = copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap_err();
        assert_eq!((failure.code(), failure.side()), (code, Some(side)), "{call:?} {nth}");
        if call == Call::Flush {
            assert_eq!(failure.offset(), None);
        } else {
            assert_eq!(failure.offset().unwrap() % (16 << 10), 0);
            assert_eq!(failure.length(), Some(16 << 10));
        }
        assert_eq!(bitmap.count(), SIZE, "{call:?} {nth}");

        copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap();
        assert_eq!(bitmap.count(), 0);
        assert_eq!(contents(&*destination), contents(&*source));
    }
}

#[test]
fn a_map_that_fails_fails_the_pass() {
    for side in [Side::Source, Side::Destination] {
        let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
        let broken = |device| failing(device, Call::Extents, 0, io::ErrorKind::Other);
        let (from, to) = match side {
            Side::Source => (broken(&source), endpoint(&destination)),
            Side::Destination => (endpoint(&source), broken(&destination)),
        };
        let failure = Copier::open(from, to, options()).unwrap().bulk().unwrap_err();
        assert_eq!((failure.code(), failure.side()), ("IO_EIO", Some(side)));
    }
}

#[test]
fn a_dead_lane_fails_the_pass_once_the_others_have_drained_and_stays_dead() {
    for side in [Side::Source, Side::Destination] {
        for dies_after in [0, 1, 7] {
            let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
            let (mut from, mut to) = (Shuffled::new(&source), Shuffled::new(&destination));
            match side {
                Side::Source => from.dies_after = Some(dies_after),
                Side::Destination => to.dies_after = Some(dies_after),
            }
            let (from_seen, to_seen) = (Arc::clone(&from.seen), Arc::clone(&to.seen));
            let copier = Copier::open(Arc::new(from), Arc::new(to), options()).unwrap();
            let bitmap = DirtyBitmap::new(SIZE, 4096).unwrap();
            // More pieces than three lanes can do and live.
            bitmap.mark(Run::new(0, SIZE));
            let dirty = bitmap.count();
            for _ in 0..2 {
                let failure = copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap_err();
                assert_eq!(failure.kind(), ErrorKind::Io(io::ErrorKind::ConnectionReset));
                assert_eq!(failure.side(), Some(side));
                assert_eq!(bitmap.count(), dirty);
            }
            let lively = if side == Side::Source { to_seen } else { from_seen };
            assert_eq!(lively.lock().unwrap().in_flight, []);
        }
    }
}

#[test]
fn a_bitmap_of_another_device_is_refused_and_keeps_its_marks() {
    let copier = Copier::open(endpoint(&memory(SIZE)), endpoint(&memory(SIZE)), options()).unwrap();
    let bitmap = DirtyBitmap::new(SIZE + 1, 4096).unwrap();
    bitmap.mark(Run::new(0, 1));
    assert_eq!(copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap_err().code(), "MAP_SIZE");
    assert_eq!(bitmap.count(), 4096);
}

#[test]
fn a_worker_that_panics_fails_the_pass_instead_of_hanging_it() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let from = Hooked::endpoint(&source, |call, run| {
        assert!(call != Call::Read || run.offset != 512 << 10, "on purpose");
        Ok(())
    });
    let copier = Copier::open(from, endpoint(&destination), options()).unwrap();
    assert_eq!(copier.bulk().unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(copier.bulk().unwrap_err().kind(), ErrorKind::Internal);
}
