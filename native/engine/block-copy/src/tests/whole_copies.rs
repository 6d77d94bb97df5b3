//! The bulk pass: the destination reads as the source does, whatever was on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use block_device::{Device, ZeroMode};
use extent::{DirtyBitmap, Run};
use proptest::prelude::*;

use super::endpoints::{Call, Hooked, Shuffled, allocated, contents, endpoint, memory, noisy, write_noise};
use crate::{Copier, CopierOptions, CopyError, DirtyMap, ErrorKind, NullEndpoint, Side};

const SIZE: u64 = 3 << 20;

fn small() -> CopierOptions {
    CopierOptions { request_size: 16 << 10, window_bytes: 64 << 10, ..CopierOptions::default() }
}

fn error(result: Result<Copier, CopyError>) -> ErrorKind {
    result.err().unwrap().kind()
}

#[test]
fn data_is_moved_and_counted() {
    let (source, destination) = (noisy(SIZE + 77, 1), memory(SIZE + 77));
    let copier = Copier::open(endpoint(&source), endpoint(&destination), CopierOptions::default()).unwrap();
    let report = copier.bulk().unwrap();
    assert_eq!(contents(&*destination), contents(&*source));
    assert_eq!((report.bytes_moved, report.bytes_zeroed), (SIZE + 77, 0));
    let progress = copier.progress();
    assert_eq!((progress.bytes_done, progress.bytes_total), (SIZE + 77, SIZE + 77));
}

#[test]
fn garbage_under_a_hole_is_zeroed_and_the_hole_stays_one() {
    let (source, destination) = (memory(SIZE), noisy(SIZE, 2));
    write_noise(&*source, Run::new(1 << 20, 8192), 1);
    let report = Copier::open(endpoint(&source), endpoint(&destination), small()).unwrap().bulk().unwrap();
    assert_eq!(contents(&*destination), contents(&*source));
    assert_eq!(allocated(&*destination), 8192);
    assert_eq!((report.bytes_moved, report.bytes_zeroed), (8192, SIZE - 8192));
}

#[test]
fn zeros_that_are_allocated_on_the_source_are_not_on_the_destination() {
    let (source, destination) = (memory(SIZE), memory(SIZE));
    source.write_at(&vec![0; 1 << 20], 0).unwrap();
    let report = Copier::open(endpoint(&source), endpoint(&destination), small()).unwrap().bulk().unwrap();
    assert_eq!(allocated(&*destination), 0);
    assert_eq!(report.bytes_skipped, SIZE);
}

#[test]
fn a_vast_hole_is_copied_at_once() {
    let size = 64 << 30;
    let (source, destination) = (memory(size), memory(size));
    write_noise(&*source, Run::new(size - 5000, 5000), 3);
    let copier = Copier::open(endpoint(&source), endpoint(&destination), CopierOptions::default()).unwrap();
    let report = copier.bulk().unwrap();
    assert_eq!(report.bytes_total, size);
    assert!(report.bytes_moved <= 1 << 20);
    let mut end = [0; 5000];
    destination.read_at(&mut end, size - 5000).unwrap();
    assert!(end.iter().any(|byte| *byte != 0));
}

#[test]
fn without_extents_everything_is_read_and_zeros_are_still_found() {
    let (source, destination) = (memory(SIZE), noisy(SIZE, 2));
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let from = Hooked::endpoint(&source, move |call, run| {
        assert_ne!(call, Call::Extents);
        counted.fetch_add(run.length, Ordering::Relaxed);
        Ok(())
    });
    let options = CopierOptions { use_extents: false, ..small() };
    Copier::open(from, endpoint(&destination), options).unwrap().bulk().unwrap();
    assert_eq!(read.load(Ordering::Relaxed), SIZE);
    assert_eq!(allocated(&*destination), 0);
}

#[test]
fn a_destination_said_to_be_zero_is_not_zeroed() {
    let (source, destination) = (memory(SIZE), memory(SIZE));
    let to = Hooked::endpoint(&destination, |call, _| {
        assert!(call == Call::Flush, "{call:?}");
        Ok(())
    });
    let options = CopierOptions { destination_is_zero: true, ..small() };
    Copier::open(endpoint(&source), to, options).unwrap().bulk().unwrap();
}

#[test]
fn a_larger_destination_keeps_its_tail_unless_it_is_to_be_zeroed() {
    let source = noisy(10_000, 1);
    for (zero_tail, tail) in [(false, 5), (true, 0)] {
        let destination = memory(20_000);
        destination.write_at(&vec![5; 20_000], 0).unwrap();
        let options = CopierOptions { zero_tail, ..small() };
        Copier::open(endpoint(&source), endpoint(&destination), options).unwrap().bulk().unwrap();
        let copied = contents(&*destination);
        assert_eq!(copied[..10_000], contents(&*source));
        assert_eq!(copied[10_000..], [tail; 10_000]);
    }
}

#[test]
fn endpoints_that_do_not_fit_are_refused() {
    let open =
        |from: u64, to: u64, options| Copier::open(endpoint(&memory(from)), endpoint(&memory(to)), options);
    assert_eq!(error(open(2, 1, small())), ErrorKind::DestinationSmaller);
    assert_eq!(error(open(1, 1, CopierOptions { connections: Some(0), ..small() })), ErrorKind::Options);
    assert_eq!(error(open(1, 1, CopierOptions { window_bytes: 1, ..small() })), ErrorKind::Options);
    let device = memory(1);
    let mut read_only = Shuffled::new(&device);
    read_only.limits.read_only = true;
    let refused = Copier::open(endpoint(&device), Arc::new(read_only), small()).err().unwrap();
    assert_eq!((refused.code(), refused.side()), ("DESTINATION_READ_ONLY", Some(Side::Destination)));
}

#[test]
fn an_empty_device_is_copied() {
    let copier = Copier::open(endpoint(&memory(0)), endpoint(&memory(0)), small()).unwrap();
    assert_eq!(copier.bulk().unwrap().bytes_total, 0);
}

#[test]
fn the_null_destination_takes_everything() {
    let copier = Copier::open(endpoint(&noisy(SIZE, 1)), Arc::new(NullEndpoint), small()).unwrap();
    assert_eq!(copier.bulk().unwrap().bytes_moved, SIZE);
}

#[test]
fn sabotaged_zeros_are_missing() {
    let (source, destination) = (memory(SIZE), noisy(SIZE, 2));
    let mut options = small();
    options.sabotage.skip_zeroes = true;
    let copier = Copier::open(endpoint(&source), endpoint(&destination), options).unwrap();
    assert_eq!(copier.bulk().unwrap().bytes_zeroed, SIZE);
    assert_ne!(contents(&*destination), contents(&*source));
}

#[test]
fn where_fast_zeroing_is_refused_it_is_done_slowly_in_bounded_pieces() {
    let size = 3 << 30;
    let (source, destination) = (memory(size), memory(size));
    destination.write_at(b"garbage", size - 100).unwrap();
    let to = Shuffled { refuses_fast: true, has_map: false, ..Shuffled::new(&destination) };
    let seen = Arc::clone(&to.seen);
    let copier = Copier::open(endpoint(&source), Arc::new(to), CopierOptions::default()).unwrap();
    assert_eq!(copier.bulk().unwrap().bytes_zeroed, size);
    let mut end = [1; 100];
    destination.read_at(&mut end, size - 100).unwrap();
    assert_eq!(end, [0; 100]);
    let zeroed = &seen.lock().unwrap().zeroed;
    assert!(zeroed.iter().any(|(_, fast)| *fast));
    assert!(zeroed.iter().all(|(run, fast)| *fast || run.length <= 8 << 20));
}

#[test]
fn without_zero_requests_zeros_are_written() {
    let (source, destination) = (memory(SIZE + 3), noisy(SIZE + 3, 2));
    let mut to = Shuffled::new(&destination);
    to.limits.can_zero = false;
    let copier = Copier::open(endpoint(&source), Arc::new(to), small()).unwrap();
    assert_eq!(copier.bulk().unwrap().bytes_zeroed, SIZE + 3);
    assert_eq!(contents(&*destination), contents(&*source));
}

/// What is on a device before the copy.
#[derive(Clone, Debug)]
struct Layout {
    data: Vec<(u64, u64)>,
    zeroed: Vec<(u64, u64)>,
}

fn layout() -> impl Strategy<Value = Layout> {
    let runs = || prop::collection::vec((0_u64..500_000, 1_u64..60_000), 0..8);
    (runs(), runs()).prop_map(|(data, zeroed)| Layout { data, zeroed })
}

fn apply(layout: &Layout, device: &dyn Device, seed: u64) {
    let clip = |(offset, length)| Run::new(offset, length).intersection(Run::new(0, device.size()));
    for run in layout.data.iter().copied().filter_map(clip) {
        write_noise(device, run, seed);
    }
    for run in layout.zeroed.iter().copied().filter_map(clip) {
        device.zero(run, ZeroMode { may_unmap: true, fast: false }).unwrap();
    }
}

/// Limits as servers have them.
fn limits() -> impl Strategy<Value = (u32, u32, bool, bool)> {
    (0_u32..17, 12_u32..18, any::<bool>(), any::<bool>())
}

proptest! {
    #[test]
    fn any_device_is_copied_over_any_garbage_in_any_order_of_completion(
        size in 1_u64..500_000,
        larger in 0_u64..10_000,
        (from, to) in (layout(), layout()),
        later in layout(),
        (from_limits, to_limits) in (limits(), limits()),
        request_shift in 12_u32..18,
        granularity_shift in 9_u32..17,
        use_extents in any::<bool>(),
    ) {
        let limited = |device, limits: (u32, u32, bool, bool)| {
            let mut endpoint = Shuffled::new(device);
            endpoint.limits.minimum_block = 1 << limits.0;
            endpoint.limits.maximum_payload = 1 << limits.0.max(limits.1);
            endpoint.limits.can_zero = limits.2;
            endpoint.limits.can_fast_zero = limits.2 && limits.3;
            endpoint
        };
        // A server's sizes are whole blocks, but for one that is no larger than the source.
        let destination_size =
            if larger == 0 { size } else { (size + larger).next_multiple_of(1 << to_limits.0) };
        let (source, destination) = (memory(size), memory(destination_size));
        apply(&from, &*source, 3);
        apply(&to, &*destination, 5);
        let beyond = contents(&*destination)[usize::try_from(size).unwrap()..].to_vec();

        let options = CopierOptions {
            request_size: 1 << request_shift,
            requests: 5,
            window_bytes: 3 << request_shift,
            use_extents,
            ..CopierOptions::default()
        };
        let to = limited(&destination, to_limits);
        let seen = Arc::clone(&to.seen);
        let copier = Copier::open(Arc::new(limited(&source, from_limits)), Arc::new(to), options).unwrap();
        let report = copier.bulk().unwrap();
        prop_assert_eq!(contents(&*destination)[..beyond_from(size)].to_vec(), contents(&*source));
        prop_assert_eq!(report.bytes_moved + report.bytes_zeroed + report.bytes_skipped, size);

        let bitmap = DirtyBitmap::new(size, 1 << granularity_shift).unwrap();
        apply(&later, &*source, 11);
        for (offset, length) in later.data.iter().chain(&later.zeroed) {
            bitmap.mark(Run::new(*offset, *length));
        }
        let dirty = bitmap.count();
        let report = copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap();
        prop_assert_eq!(contents(&*destination)[..beyond_from(size)].to_vec(), contents(&*source));
        prop_assert!(report.bytes_total >= dirty);
        prop_assert_eq!(bitmap.count(), 0);
        prop_assert_eq!(seen.lock().unwrap().flushes, 2);
        let kept = contents(&*destination).split_off(beyond_from(size));
        prop_assert_eq!(kept, beyond, "what is beyond the source's end stays");
    }
}

fn beyond_from(size: u64) -> usize {
    usize::try_from(size).unwrap()
}
