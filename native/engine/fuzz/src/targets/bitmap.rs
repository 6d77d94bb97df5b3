//! Serialised dirty bitmaps.

use extent::DirtySnapshot;

/// The input is the bitmap.
pub(crate) fn run(input: &[u8]) {
    let Ok(snapshot) = DirtySnapshot::from_bytes(input) else { return };
    assert_eq!(snapshot.to_bytes(), input);
    let mut end = None;
    let mut count = 0;
    for run in snapshot.runs() {
        assert!(run.length > 0 && end.is_none_or(|end| run.offset > end), "sorted and joined");
        end = Some(run.end());
        count += run.length;
    }
    assert!(end.unwrap_or_default() <= snapshot.size());
    assert_eq!(snapshot.count(), count);
    assert_eq!(snapshot.is_clean(), count == 0);
}
