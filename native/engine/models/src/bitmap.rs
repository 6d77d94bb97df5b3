//! `extent::DirtyBitmap`: no mark is lost, and a mark that is taken tells of data that can be read.

use loom::sync::Arc;
use loom::thread;

use crate::dirty_bitmap::DirtyBitmap;
use crate::dirty_snapshot::DirtySnapshot;
use crate::explore;
use crate::run::Run;
use crate::sync::{AtomicU64, Ordering};

const GRANULARITY: u32 = 512;
/// Two words of leaves.
const GRANULES: u64 = 128;

fn granules(first: u64, count: u64) -> Run {
    let granularity = u64::from(GRANULARITY);
    Run::new(first * granularity, count * granularity)
}

fn bitmap() -> Arc<DirtyBitmap> {
    Arc::new(DirtyBitmap::new(GRANULES * u64::from(GRANULARITY), GRANULARITY).unwrap())
}

fn has(snapshot: &DirtySnapshot, granule: u64) -> bool {
    snapshot.runs().any(|run| run.intersection(granules(granule, 1)).is_some())
}

/// Two markers of one word, and rotations beside them: each mark is in exactly one rotation.
pub fn each_mark_is_taken_once() {
    explore(None, || {
        let bitmap = bitmap();
        let markers = [0, 1].map(|granule| {
            let bitmap = Arc::clone(&bitmap);
            thread::spawn(move || bitmap.mark(granules(granule, 1)))
        });
        let mut taken = vec![bitmap.rotate(), bitmap.rotate()];
        for marker in markers {
            marker.join().unwrap();
        }
        taken.push(bitmap.rotate());
        for granule in [0, 1] {
            assert_eq!(taken.iter().filter(|snapshot| has(snapshot, granule)).count(), 1);
        }
        assert_eq!(bitmap.count(), 0);
    });
}

/// Two rotators and a run that lies in two words: nothing falls between them.
pub fn two_rotators_leave_nothing() {
    explore(None, || {
        let bitmap = bitmap();
        let marker = Arc::clone(&bitmap);
        let marker = thread::spawn(move || marker.mark(granules(63, 2)));
        let rotator = Arc::clone(&bitmap);
        let rotator = thread::spawn(move || rotator.rotate());
        let first = bitmap.rotate();
        marker.join().unwrap();
        let taken = [first, rotator.join().unwrap(), bitmap.rotate()];
        for granule in [63, 64] {
            assert_eq!(taken.iter().filter(|snapshot| has(snapshot, granule)).count(), 1);
        }
    });
}

/// A granule that is written and marked again and again, among rotations and snapshots: whoever takes the mark sees
/// what was written before it, and at the end nothing is written and not marked.
pub fn a_mark_comes_with_its_data() {
    explore(None, || {
        let bitmap = bitmap();
        let data = Arc::new(AtomicU64::new(0));
        let writer = {
            let (bitmap, data) = (Arc::clone(&bitmap), Arc::clone(&data));
            thread::spawn(move || {
                for generation in [1, 2] {
                    data.store(generation, Ordering::Relaxed);
                    bitmap.mark(granules(0, 1));
                }
            })
        };
        let mut copied = 0;
        for _ in 0..2 {
            let is_told = has(&bitmap.snapshot(), 0);
            assert!(!is_told || data.load(Ordering::Relaxed) > copied || copied == 2);
            if has(&bitmap.rotate(), 0) {
                copied = data.load(Ordering::Relaxed);
                assert_ne!(copied, 0, "the mark came before the data");
            }
        }
        writer.join().unwrap();
        if has(&bitmap.rotate(), 0) {
            copied = data.load(Ordering::Relaxed);
        }
        assert_eq!(copied, 2, "the last write was never copied");
    });
}
