//! Whatever is written, zeroed and trimmed reads back as a vector would.

use std::io;

use extent::{Extent, Run};
use proptest::prelude::*;

use crate::{Device, MemoryDevice, ZeroMode};

fn read(device: &dyn Device, offset: u64, length: usize) -> Vec<u8> {
    let mut buffer = vec![0xa5; length];
    device.read_at(&mut buffer, offset).unwrap();
    buffer
}

#[test]
fn a_new_device_is_one_hole_of_zeros() {
    let device = MemoryDevice::new(1 << 40).unwrap();
    let whole = Run::new(0, 1 << 40);
    assert_eq!(device.extents(whole, 10).unwrap(), [Extent { run: whole, hole: true, zero: true }]);
    assert_eq!(read(&device, (1 << 40) - 7, 7), [0; 7]);
}

#[test]
fn extents_tell_data_from_holes_and_stop_at_the_limit() {
    let device = MemoryDevice::new(1 << 20).unwrap();
    device.write_at(&[1; 4096], 65_536).unwrap();
    let extents = device.extents(Run::new(0, 1 << 20), 10).unwrap();
    let kinds: Vec<_> = extents.iter().map(|extent| (extent.run, extent.hole, extent.zero)).collect();
    assert_eq!(
        kinds,
        [
            (Run::new(0, 65_536), true, true),
            (Run::new(65_536, 4096), false, false),
            (Run::new(69_632, (1 << 20) - 69_632), true, true),
        ]
    );
    assert_eq!(
        device.extents(Run::new(100, 1 << 16), 1).unwrap(),
        [Extent { run: Run::new(100, 65_436), hole: true, zero: true }]
    );
    assert_eq!(device.extents(Run::new(66_000, 100), 0).unwrap()[0].run, Run::new(66_000, 100));
}

#[test]
fn unmapped_zeros_are_given_back_and_kept_ones_are_not() {
    let device = MemoryDevice::new(1 << 20).unwrap();
    device.write_at(&vec![7; 1 << 20], 0).unwrap();
    device.zero(Run::new(0, 65_536), ZeroMode { may_unmap: true, fast: false }).unwrap();
    device.zero(Run::new(65_536, 65_536), ZeroMode { may_unmap: false, fast: false }).unwrap();
    device.trim(Run::new(131_072, 65_536)).unwrap();
    let extents = device.extents(Run::new(0, 1 << 20), 10).unwrap();
    let holes: Vec<_> = extents.iter().filter(|extent| extent.hole).map(|extent| extent.run).collect();
    assert_eq!(holes, [Run::new(0, 65_536), Run::new(131_072, 65_536)]);
    assert_eq!(read(&device, 0, 131_072), vec![0; 131_072]);
}

#[test]
fn what_would_be_no_faster_than_writing_zeros_is_refused_if_only_fast_is_wanted() {
    let device = MemoryDevice::new(1 << 20).unwrap();
    device.write_at(&vec![7; 1 << 20], 0).unwrap();
    // Memory can be given back, but not be zeroed in place; so it is the first time, and remembered.
    for _ in 0..2 {
        let error = device.zero(Run::new(0, 1 << 20), ZeroMode { may_unmap: false, fast: true }).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    }
    assert_eq!(read(&device, 0, 1 << 20), vec![7; 1 << 20]);
    device.zero(Run::new(0, 1 << 20), ZeroMode { may_unmap: true, fast: true }).unwrap();
    assert_eq!(read(&device, 0, 1 << 20), vec![0; 1 << 20]);
}

#[test]
fn data_that_is_known_of_is_forgotten_where_it_goes_and_grows_where_more_comes() {
    let device = MemoryDevice::new(1 << 20).unwrap();
    let runs = |run| {
        let extents = device.extents(run, 10).unwrap();
        extents.iter().map(|extent| (extent.run, extent.hole)).collect::<Vec<_>>()
    };
    let whole = Run::new(0, 1 << 20);
    device.write_at(&vec![7; 1 << 19], 0).unwrap();
    assert_eq!(runs(Run::new(0, 4096)), [(Run::new(0, 4096), false)]);
    device.write_at(&vec![7; 1 << 19], 1 << 19).unwrap();
    assert_eq!(runs(whole), [(whole, false)], "neighbours are one");
    device.trim(Run::new(8192, 4096)).unwrap();
    let rest = Run::new(12_288, (1 << 20) - 12_288);
    let expected = [(Run::new(0, 8192), false), (Run::new(8192, 4096), true), (rest, false)];
    assert_eq!(runs(whole), expected);
    assert_eq!(runs(Run::new(4096, 16_384)).len(), 3);
}

#[test]
fn a_range_past_the_end_is_refused_by_every_call() {
    let device = MemoryDevice::new(4096).unwrap();
    let beyond = Run::new(4096, 1);
    let mode = ZeroMode { may_unmap: true, fast: false };
    for result in [
        device.read_at(&mut [0], 4096),
        device.write_at(&[0], 4096),
        device.write_at(&[0; 2], u64::MAX),
        device.zero(beyond, mode),
        device.zero(Run::new(u64::MAX, u64::MAX), mode),
        device.trim(beyond),
        device.extents(beyond, 1).map(drop),
    ] {
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}

#[derive(Clone, Debug)]
enum Change {
    Write(u8),
    Zero(ZeroMode),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<u8>().prop_map(Change::Write),
        (any::<bool>(), any::<bool>())
            .prop_map(|(may_unmap, fast)| Change::Zero(ZeroMode { may_unmap, fast })),
    ]
}

proptest! {
    #[test]
    fn any_changes_read_back_as_from_a_vector(
        size in 1_usize..200_000,
        changes in prop::collection::vec((change(), 0_usize..200_000, 0_usize..100_000), 0..20),
    ) {
        let device = MemoryDevice::new(size as u64).unwrap();
        let mut model = vec![0; size];
        for (change, start, length) in changes {
            let start = start % size;
            let part = &mut model[start..size.min(start + length)];
            match change {
                Change::Write(value) => {
                    part.fill(value);
                    device.write_at(part, start as u64).unwrap();
                }
                Change::Zero(mode) => {
                    match device.zero(Run::new(start as u64, part.len() as u64), mode) {
                        Ok(()) => part.fill(0),
                        Err(error) => {
                            prop_assert!(mode.fast);
                            prop_assert_eq!(error.kind(), io::ErrorKind::Unsupported);
                        }
                    }
                }
            }
        }
        prop_assert_eq!(read(&device, 0, size), model.clone());
        let extents = device.extents(Run::new(0, size as u64), usize::MAX).unwrap();
        let mut offset = 0;
        for extent in extents {
            prop_assert_eq!(extent.run.offset, offset);
            prop_assert!(extent.run.length > 0);
            offset = extent.run.end();
            let part = &model[usize::try_from(extent.run.offset).unwrap()..usize::try_from(offset).unwrap()];
            prop_assert!(!extent.zero || part.iter().all(|byte| *byte == 0));
        }
        prop_assert_eq!(offset, size as u64);
    }
}
