//! The serialised form, with friends and enemies.

use proptest::prelude::*;

use crate::{BitmapError, DirtySnapshot, Run};

fn example() -> DirtySnapshot {
    let mut snapshot = DirtySnapshot::new(100_001, 1024).unwrap();
    snapshot.mark(Run::new(2_000, 10_000));
    snapshot.mark(Run::new(100_000, 1));
    snapshot
}

#[test]
fn bytes_read_back_as_the_same_bitmap() {
    for snapshot in [example(), DirtySnapshot::new(0, 512).unwrap(), DirtySnapshot::new(32_768, 512).unwrap()]
    {
        assert_eq!(DirtySnapshot::from_bytes(&snapshot.to_bytes()).unwrap(), snapshot);
    }
}

#[test]
fn whatever_is_cut_off_or_added_is_refused() {
    let bytes = example().to_bytes();
    for length in 0..bytes.len() {
        assert!(DirtySnapshot::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
    let longer = [bytes, vec![0]].concat();
    assert_eq!(DirtySnapshot::from_bytes(&longer).unwrap_err(), BitmapError::Malformed);
}

#[test]
fn marks_beyond_the_device_are_refused() {
    let mut bytes = example().to_bytes();
    let last = bytes.len() - 1;
    bytes[last] = 0x80;
    assert_eq!(DirtySnapshot::from_bytes(&bytes).unwrap_err(), BitmapError::Malformed);
}

#[test]
fn a_header_that_promises_more_than_there_is_allocates_nothing() {
    let mut bytes = DirtySnapshot::new(512, 512).unwrap().to_bytes();
    bytes[16..24].copy_from_slice(&(1_u64 << 42).to_le_bytes());
    assert_eq!(DirtySnapshot::from_bytes(&bytes).unwrap_err(), BitmapError::Malformed);
    bytes[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(DirtySnapshot::from_bytes(&bytes), Err(BitmapError::TooManyGranules(_))));
}

proptest! {
    #[test]
    fn any_change_of_the_bytes_is_another_bitmap_or_an_error(
        at in 0_usize..100, value in any::<u8>(),
    ) {
        let snapshot = example();
        let mut bytes = snapshot.to_bytes();
        let at = at % bytes.len();
        let changed = bytes[at] != value;
        bytes[at] = value;
        if let Ok(read) = DirtySnapshot::from_bytes(&bytes) {
            prop_assert_eq!(read != snapshot, changed);
            prop_assert!(read.runs().all(|run| run.end() <= read.size()));
        }
    }
}
