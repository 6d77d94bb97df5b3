//! Comparing: equal, or exactly where not.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use block_device::Device;
use proptest::prelude::*;

use super::endpoints::{Call, Hooked, Shuffled, contents, endpoint, memory, noisy};
use crate::{Comparer, CopierOptions, Side, compare};

const SIZE: u64 = 1 << 20;

fn options() -> CopierOptions {
    CopierOptions { request_size: 16 << 10, window_bytes: 64 << 10, ..CopierOptions::default() }
}

#[test]
fn equal_devices_have_no_difference() {
    let (a, b) = (noisy(SIZE + 5, 1), noisy(SIZE + 5, 1));
    let found = compare(endpoint(&a), endpoint(&b), &options()).unwrap();
    assert_eq!((found.first_difference, found.bytes_compared), (None, SIZE + 5));
}

#[test]
fn vast_zeros_are_not_read() {
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let a = Hooked::endpoint(&memory(1 << 40), move |call, run| {
        if call == Call::Read {
            counted.fetch_add(run.length, Ordering::Relaxed);
        }
        Ok(())
    });
    let b = memory(1 << 40);
    // Allocated zeros on one side have to be looked at there, and only there.
    b.write_at(&[0; 8192], 1 << 39).unwrap();
    let found = compare(a, endpoint(&b), &options()).unwrap();
    assert_eq!((found.first_difference, found.bytes_compared), (None, 1 << 40));
    assert_eq!(read.load(Ordering::Relaxed), 0);
    b.write_at(&[1], (1 << 39) + 8191).unwrap();
    let found = compare(endpoint(&memory(1 << 40)), endpoint(&b), &options()).unwrap();
    assert_eq!(found.first_difference, Some((1 << 39) + 8191));
}

#[test]
fn devices_of_different_sizes_differ_at_the_smaller_ones_end_at_the_latest() {
    let (a, b) = (memory(SIZE), memory(SIZE + 1));
    let first = |a, b| compare(a, b, &options()).unwrap().first_difference;
    assert_eq!(first(endpoint(&a), endpoint(&b)), Some(SIZE));
    b.write_at(&[1], 10).unwrap();
    assert_eq!(first(endpoint(&b), endpoint(&a)), Some(10));
}

#[test]
fn a_read_that_fails_is_no_equality() {
    for side in [Side::Source, Side::Destination] {
        let (good, bad) = (noisy(SIZE, 1), noisy(SIZE, 1));
        let bad = Hooked::endpoint(&bad, |call, run| {
            if call == Call::Read && run.offset == 512 << 10 {
                Err(io::ErrorKind::Other.into())
            } else {
                Ok(())
            }
        });
        let (a, b) = if side == Side::Source { (bad, endpoint(&good)) } else { (endpoint(&good), bad) };
        let failure = compare(a, b, &options()).unwrap_err();
        assert_eq!((failure.code(), failure.side()), ("IO_EIO", Some(side)));
        assert_eq!(failure.offset(), Some(512 << 10));
    }
}

#[test]
fn a_dead_lane_ends_the_comparison() {
    let (a, b) = (noisy(SIZE, 1), noisy(SIZE, 1));
    let mut dying = Shuffled::new(&b);
    dying.dies_after = Some(5);
    let failure = compare(Arc::new(Shuffled::new(&a)), Arc::new(dying), &options()).unwrap_err();
    assert_eq!(failure.side(), Some(Side::Destination));
}

#[test]
fn a_cancelled_comparison_says_so() {
    let comparer = Comparer::open(endpoint(&noisy(SIZE, 1)), endpoint(&noisy(SIZE, 1)), &options()).unwrap();
    comparer.cancel();
    assert_eq!(comparer.run().unwrap_err().code(), "CANCELLED");
}

proptest! {
    #[test]
    fn the_first_of_several_differences_is_found(
        size in 1_u64..500_000,
        at in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        block_shift in 0_u32..17,
    ) {
        let (a, b) = (noisy(size.next_multiple_of(1 << block_shift), 1), noisy(size, 1));
        let offsets = at.iter().map(|at| at.index(usize::try_from(size).unwrap()));
        let larger = (a.size() > size).then_some(size);
        let expected = offsets.clone().min().map(|offset| offset as u64).or(larger);
        let original = contents(&*a);
        for offset in offsets {
            b.write_at(&[original[offset] ^ 1], offset as u64).unwrap();
        }
        let (mut left, right) = (Shuffled::new(&a), Shuffled::new(&b));
        left.limits.minimum_block = 1 << block_shift;
        let found = compare(Arc::new(left), Arc::new(right), &options()).unwrap();
        prop_assert_eq!(found.first_difference, expected);
    }
}
