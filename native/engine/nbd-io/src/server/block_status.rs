//! What block status says of a range.

use block_device::Device;
use extent::{DirtyBitmap, Run};
use nbd_proto::context::Descriptor;
use nbd_proto::errno::NbdErrno;
use nbd_proto::wire::{NBD_STATE_DIRTY, NBD_STATE_HOLE, NBD_STATE_ZERO};

use super::export::{ContextSource, ServedExport, errno};

/// Descriptors of `run` in one context: at least one, consecutive, not beyond the range; possibly less than it.
pub(super) fn block_status(
    export: &ServedExport,
    source: &ContextSource<'_>,
    run: Run,
    request_one: bool,
) -> Result<Vec<Descriptor>, NbdErrno> {
    let limit = if request_one { 1 } else { MAX_DESCRIPTORS };
    match source {
        ContextSource::Allocation => allocation(export.device.as_ref(), run, limit),
        ContextSource::Dirty(bitmap) => Ok(dirty(bitmap, run, limit)),
    }
}

fn allocation(device: &dyn Device, run: Run, limit: usize) -> Result<Vec<Descriptor>, NbdErrno> {
    let extents = device.extents(run, limit).map_err(|error| errno(&error))?;
    let mut descriptors = Descriptors::new(limit);
    for extent in extents {
        let flag = |set: bool, flag: u32| if set { u64::from(flag) } else { 0 };
        let flags = flag(extent.hole, NBD_STATE_HOLE) | flag(extent.zero, NBD_STATE_ZERO);
        if !descriptors.push(extent.run.length, flags) {
            break;
        }
    }
    // A device that knows nothing is all data.
    if descriptors.list.is_empty() {
        descriptors.push(run.length, 0);
    }
    Ok(descriptors.list)
}

/// The bitmap's marks as they are now; they stay.
fn dirty(bitmap: &DirtyBitmap, run: Run, limit: usize) -> Vec<Descriptor> {
    let mut descriptors = Descriptors::new(limit);
    let mut position = run.offset;
    for marked in bitmap.runs_in(run) {
        let dirty = u64::from(NBD_STATE_DIRTY);
        if !(descriptors.push(marked.offset - position, 0) && descriptors.push(marked.length, dirty)) {
            return descriptors.list;
        }
        position = marked.end();
    }
    descriptors.push(run.end() - position, 0);
    descriptors.list
}

/// A bounded list of descriptors, none empty, neighbours of the same status joined.
struct Descriptors {
    list: Vec<Descriptor>,
    limit: usize,
}

impl Descriptors {
    fn new(limit: usize) -> Self {
        Self { list: Vec::new(), limit }
    }

    /// `false` where there is no room: then nothing may follow, or there would be a gap.
    fn push(&mut self, length: u64, flags: u64) -> bool {
        let is_full = self.list.len() >= self.limit;
        match self.list.last_mut() {
            _ if length == 0 => {}
            Some(last) if last.flags == flags => last.length += length,
            _ if is_full => return false,
            _ => self.list.push(Descriptor { length, flags }),
        }
        true
    }
}

/// A reply of half a megabyte; the client asks again from its end on.
const MAX_DESCRIPTORS: usize = 64 << 10;
