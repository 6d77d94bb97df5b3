//! A guest that writes while passes run: once it stands still, one more pass makes both sides equal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use block_device::{Device, MemoryDevice, ZeroMode};
use extent::{DirtyBitmap, Run};

use super::endpoints::{Noise, Shuffled, contents, endpoint, memory, noisy};
use crate::{Copier, CopierOptions, DirtyMap, Endpoint};

const SIZE: u64 = (4 << 20) + 512;

/// Writes and zeroes at random and records it as a tracked export does: after the call, before the next.
fn write_as_a_guest(device: &MemoryDevice, bitmap: &DirtyBitmap, stop: &AtomicBool, seed: u64) {
    let mut noise = Noise(seed);
    while !stop.load(Ordering::Acquire) {
        let offset = noise.next(SIZE / 512) * 512;
        let run = Run::new(offset, (512 + noise.next(64) * 512).min(SIZE - offset));
        if noise.next(4) == 0 {
            device.zero(run, ZeroMode { may_unmap: true, fast: false }).unwrap();
        } else {
            let value = u8::try_from(noise.next(255) + 1).unwrap();
            device.write_at(&vec![value; usize::try_from(run.length).unwrap()], offset).unwrap();
        }
        bitmap.mark(run);
        thread::yield_now();
    }
}

fn migrate(source: &Arc<MemoryDevice>, destination: &Arc<MemoryDevice>, to: Arc<dyn Endpoint>) {
    let bitmap = DirtyBitmap::new(SIZE, 4096).unwrap();
    let stop = AtomicBool::new(false);
    let options = CopierOptions { request_size: 32 << 10, ..CopierOptions::default() };
    let copier = Copier::open(endpoint(source), to, options).unwrap();
    thread::scope(|scope| {
        for seed in [17, 23] {
            let (bitmap, stop) = (&bitmap, &stop);
            scope.spawn(move || write_as_a_guest(source, bitmap, stop, seed));
        }
        copier.bulk().unwrap();
        for _ in 0..5 {
            copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap();
        }
        stop.store(true, Ordering::Release);
    });
    copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap();
    assert!(contents(&**source) == contents(&**destination), "the last round left a difference");
    assert_eq!(copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap().bytes_total, 0);
}

#[test]
fn the_last_round_leaves_no_difference() {
    let (source, destination) = (noisy(SIZE, 1), noisy(SIZE, 2));
    migrate(&source, &destination, endpoint(&destination));
}

#[test]
fn the_last_round_leaves_no_difference_whatever_the_order_of_completion() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    migrate(&source, &destination, Arc::new(Shuffled::new(&destination)));
}

#[test]
fn a_dirty_zero_is_zeroed_although_the_destination_had_data() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let options = CopierOptions { destination_is_zero: true, ..CopierOptions::default() };
    let copier = Copier::open(endpoint(&source), endpoint(&destination), options).unwrap();
    let bitmap = DirtyBitmap::new(SIZE, 65_536).unwrap();
    copier.bulk().unwrap();
    let run = Run::new(1 << 20, 1 << 20);
    source.zero(run, ZeroMode { may_unmap: true, fast: false }).unwrap();
    bitmap.mark(run);
    let report = copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap();
    assert_eq!((report.bytes_zeroed, report.bytes_total), (1 << 20, 1 << 20));
    assert!(contents(&*source) == contents(&*destination));
}
