//! Many markers and rotators at once: no mark is lost.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::{DirtyBitmap, DirtySnapshot, Run};

const GRANULARITY: u32 = 512;
const GRANULES: u64 = 64 * 64 * 2 + 1;
const MARKERS: u64 = 4;
const ROTATORS: usize = 2;

/// Each marker marks its own granules, interleaved with the others' in the same words.
#[test]
fn the_union_of_all_rotations_is_every_mark() {
    let granularity = u64::from(GRANULARITY);
    for _ in 0..20 {
        let bitmap = DirtyBitmap::new(GRANULES * granularity, GRANULARITY).unwrap();
        let marking = AtomicUsize::new(usize::try_from(MARKERS).unwrap());
        let mut union = DirtySnapshot::new(bitmap.size(), GRANULARITY).unwrap();
        thread::scope(|scope| {
            for marker in 0..MARKERS {
                let (bitmap, marking) = (&bitmap, &marking);
                scope.spawn(move || {
                    for granule in (marker..GRANULES).step_by(usize::try_from(MARKERS).unwrap()) {
                        bitmap.mark(Run::new(granule * granularity, granularity));
                    }
                    marking.fetch_sub(1, Ordering::AcqRel);
                });
            }
            let rotators: Vec<_> = (0..ROTATORS)
                .map(|_| {
                    scope.spawn(|| {
                        let mut taken = vec![];
                        while marking.load(Ordering::Acquire) > 0 {
                            taken.push(bitmap.rotate());
                        }
                        taken
                    })
                })
                .collect();
            for rotation in rotators.into_iter().flat_map(|rotator| rotator.join().unwrap()) {
                rotation.runs().for_each(|run| union.mark(run));
            }
        });
        bitmap.rotate().runs().for_each(|run| union.mark(run));
        assert_eq!(union.count(), GRANULES * granularity);
    }
}

/// A mark that returned before a rotation began is in it: the marker's own next rotation finds its mark,
/// unless another rotator has it, which is then counted there. Every single mark is taken exactly once.
#[test]
fn each_mark_of_a_clean_granule_is_taken_exactly_once() {
    let granularity = u64::from(GRANULARITY);
    let bitmap = DirtyBitmap::new(GRANULES * granularity, GRANULARITY).unwrap();
    let done = AtomicBool::new(false);
    let rounds = 2_000;
    let total: u64 = thread::scope(|scope| {
        let rotator = scope.spawn(|| {
            let mut taken = 0;
            while !done.load(Ordering::Acquire) {
                taken += bitmap.rotate().count();
            }
            taken
        });
        let mut taken = 0;
        for round in 0..rounds {
            bitmap.mark(Run::new((round % GRANULES) * granularity, 1));
            taken += bitmap.rotate().count();
        }
        done.store(true, Ordering::Release);
        taken + rotator.join().unwrap()
    });
    assert_eq!(total + bitmap.count(), rounds * granularity);
}
