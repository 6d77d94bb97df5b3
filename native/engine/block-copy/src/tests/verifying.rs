//! Reading back: the destination against what was written to it, whatever becomes of the source.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use block_device::{Device, MemoryDevice};
use extent::{DirtyBitmap, Run};
use proptest::prelude::*;

use super::endpoints::{Call, Hooked, Shuffled, contents, endpoint, memory, noisy, write_noise};
use crate::{Copier, CopierOptions, DirtyMap, Endpoint, ErrorKind, Side, Verification};

const SIZE: u64 = (1 << 20) + 777;
const WHOLE: Run = Run { offset: 0, length: SIZE };

fn options() -> CopierOptions {
    CopierOptions {
        request_size: 16 << 10,
        window_bytes: 16 << 10,
        connections: Some(2),
        verify: true,
        ..CopierOptions::default()
    }
}

fn verified(source: Arc<dyn Endpoint>, destination: Arc<dyn Endpoint>) -> Verification {
    let copier = Copier::open(source, destination, options()).unwrap();
    copier.bulk().unwrap();
    copier.verify().unwrap()
}

fn flip(device: &MemoryDevice, at: u64) {
    let mut byte = [0];
    device.read_at(&mut byte, at).unwrap();
    device.write_at(&[byte[0] ^ 0x10], at).unwrap();
}

/// Loses a bit of the write that covers `at`, once the copy is flushed.
fn losing(device: &Arc<MemoryDevice>, at: u64) -> Arc<dyn Endpoint> {
    let below = Arc::clone(device);
    Hooked::endpoint(device, move |call, _| {
        if call == Call::Flush {
            flip(&below, at);
        }
        Ok(())
    })
}

#[test]
fn what_was_written_is_verified_and_the_source_is_read_once() {
    let (source, destination) = (noisy(SIZE, 1), noisy(SIZE, 2));
    source.write_at(&vec![0; 70_000], 100_000).unwrap();
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let from = Hooked::endpoint(&source, move |call, run| {
        let length = if call == Call::Read { run.length } else { 0 };
        counted.fetch_add(length, Ordering::Relaxed);
        Ok(())
    });
    assert_eq!(verified(from, endpoint(&destination)), Verification::Verified);
    assert!(read.load(Ordering::Relaxed) <= SIZE);
}

#[test]
fn one_byte_that_is_not_what_was_written_is_found_and_told_exactly() {
    for at in [0, 4095, 4096, 500_000, SIZE - 1] {
        let found = verified(endpoint(&noisy(SIZE, 1)), losing(&memory(SIZE), at));
        assert_eq!(found, Verification::Different { region: WHOLE, offset: Some(at) });
    }
}

#[test]
fn bytes_where_zeros_were_written_or_left_are_found() {
    for old in [memory(SIZE), noisy(SIZE, 2)] {
        let found = verified(endpoint(&memory(SIZE)), losing(&old, 70_001));
        assert_eq!(found, Verification::Different { region: WHOLE, offset: Some(70_001) });
    }
}

#[test]
fn zeros_that_were_not_written_are_found() {
    let mut options = options();
    options.sabotage.skip_zeroes = true;
    let copier = Copier::open(endpoint(&memory(SIZE)), endpoint(&noisy(SIZE, 2)), options).unwrap();
    copier.bulk().unwrap();
    let found = copier.verify().unwrap();
    assert!(matches!(found, Verification::Different { offset: Some(_), .. }), "{found:?}");
}

#[test]
fn only_the_region_that_differs_is_read_on_both_sides() {
    const REGION: u64 = 64 << 20;
    let size = 3 * REGION + 5;
    let (source, destination) = (memory(size), memory(size));
    for offset in [10, REGION + 4096, 3 * REGION] {
        write_noise(&*source, Run::new(offset, 5), 3);
    }
    let (verifies, read) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (verifying, counted) = (Arc::clone(&verifies), Arc::clone(&read));
    let from = Hooked::endpoint(&source, move |call, run| {
        if call == Call::Read && verifying.load(Ordering::Relaxed) {
            assert!(run.offset >= REGION && run.end() <= 2 * REGION, "{run:?}");
            counted.fetch_add(run.length, Ordering::Relaxed);
        }
        Ok(())
    });
    let at = 2 * REGION - 2;
    let copier = Copier::open(from, losing(&destination, at), options()).unwrap();
    copier.bulk().unwrap();
    verifies.store(true, Ordering::Relaxed);
    let region = Run::new(REGION, REGION);
    assert_eq!(copier.verify().unwrap(), Verification::Different { region, offset: Some(at) });
    assert_eq!(read.load(Ordering::Relaxed), REGION);
}

#[test]
fn a_source_that_changes_is_no_fault_of_the_destination() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let below = Arc::clone(&source);
    // What is written was read, and is another by now.
    let to = Hooked::endpoint(&destination, move |call, run| {
        if call == Call::Write {
            flip(&below, run.offset);
        }
        Ok(())
    });
    assert_eq!(verified(endpoint(&source), to), Verification::Verified);
    assert_ne!(contents(&*source), contents(&*destination));
}

#[test]
fn a_difference_that_the_source_has_caught_up_with_is_still_one() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let (below, other) = (Arc::clone(&source), Arc::clone(&destination));
    let to = Hooked::endpoint(&destination, move |call, _| {
        if call == Call::Flush {
            flip(&below, 5);
            flip(&other, 5);
        }
        Ok(())
    });
    let found = verified(endpoint(&source), to);
    assert_eq!(found, Verification::Different { region: WHOLE, offset: None });
}

#[test]
fn a_zeroed_tail_is_verified_and_one_that_is_left_alone_is_not() {
    for (zero_tail, offset) in [(true, Some(19_999)), (false, None)] {
        let destination = noisy(20_000, 2);
        let options = CopierOptions { zero_tail, ..options() };
        let copier =
            Copier::open(endpoint(&noisy(10_001, 1)), losing(&destination, 19_999), options).unwrap();
        copier.bulk().unwrap();
        let expected = offset.map_or(Verification::Verified, |offset| Verification::Different {
            region: Run::new(0, 20_000),
            offset: Some(offset),
        });
        assert_eq!(copier.verify().unwrap(), expected);
    }
}

#[test]
fn a_read_that_fails_is_no_verification() {
    let destination = memory(SIZE);
    let to = Hooked::endpoint(&destination, |call, run| {
        let fails = call == Call::Read && run.offset == 512 << 10;
        if fails { Err(std::io::ErrorKind::Other.into()) } else { Ok(()) }
    });
    let copier = Copier::open(endpoint(&noisy(SIZE, 1)), to, options()).unwrap();
    copier.bulk().unwrap();
    let failure = copier.verify().unwrap_err();
    assert_eq!((failure.code(), failure.side()), ("IO_EIO", Some(Side::Destination)));
    assert_eq!(failure.offset(), Some(512 << 10));
}

#[test]
fn only_a_bulk_that_was_to_be_verified_can_be() {
    let refused = |copier: &Copier| copier.verify().unwrap_err().kind();
    let open = |options| Copier::open(endpoint(&noisy(SIZE, 1)), endpoint(&memory(SIZE)), options).unwrap();
    let plain = open(CopierOptions::default());
    plain.bulk().unwrap();
    assert_eq!(refused(&plain), ErrorKind::Options);
    let copier = open(options());
    assert_eq!(refused(&copier), ErrorKind::Options);
    for _ in 0..2 {
        copier.bulk().unwrap();
        assert_eq!(copier.verify().unwrap(), Verification::Verified);
        assert_eq!(copier.verify().unwrap(), Verification::Verified);
    }
    copier.dirty(DirtyMap::Bitmap(&DirtyBitmap::new(SIZE, 4096).unwrap())).unwrap();
    assert_eq!(refused(&copier), ErrorKind::Options);
    copier.cancel();
    assert_eq!(copier.bulk().unwrap_err().kind(), ErrorKind::Cancelled);
}

proptest! {
    #[test]
    fn any_cut_in_any_order_is_verified_and_any_fault_is_found(
        size in 1_u64..300_000,
        zeroed in (0_u64..300_000, 1_u64..60_000),
        (from_shift, to_shift) in (0_u32..17, 0_u32..17),
        request_shift in 12_u32..18,
        fault in any::<Option<prop::sample::Index>>(),
    ) {
        let (source, destination) = (noisy(size, 1), noisy(size, 2));
        if let Some(run) = Run::new(zeroed.0, zeroed.1).intersection(Run::new(0, size)) {
            source.zero(run, block_device::ZeroMode { may_unmap: true, fast: false }).unwrap();
        }
        let (mut from, mut to) = (Shuffled::new(&source), Shuffled::new(&destination));
        from.limits.minimum_block = 1 << from_shift;
        to.limits.minimum_block = 1 << to_shift;
        to.limits.maximum_payload = 1 << to_shift.max(9);
        let options = CopierOptions { request_size: 1 << request_shift, requests: 5, ..options() };
        let options = CopierOptions { window_bytes: 3 << request_shift, ..options };
        let copier = Copier::open(Arc::new(from), Arc::new(to), options).unwrap();
        copier.bulk().unwrap();
        let at = fault.map(|fault| fault.index(usize::try_from(size).unwrap()) as u64);
        if let Some(at) = at {
            flip(&destination, at);
        }
        let expected = at.map_or(Verification::Verified, |at| {
            Verification::Different { region: Run::new(0, size), offset: Some(at) }
        });
        prop_assert_eq!(copier.verify().unwrap(), expected);
    }
}
