//! A device's status by any meta context, as a stream.

use std::ops::ControlFlow;

use extent::Run;

use crate::endpoint::Endpoint;
use crate::error::{CopyError, ErrorKind, Side};
use crate::survey::MapCursor;

/// Tells the status of `range` by `context`: consecutive runs, neighbours of equal flags joined, until all
/// is told or `each` breaks.
///
/// Flags are as the context defines them: [`FLAG_HOLE`](crate::FLAG_HOLE) and
/// [`FLAG_ZERO`](crate::FLAG_ZERO) of `base:allocation`, [`FLAG_DIRTY`](crate::FLAG_DIRTY) of a dirty bitmap.
///
/// Errors: `INVALID_OPTIONS` for a range beyond the device, `CONTEXT_MISSING`, what asking gives.
pub fn read_extents(
    endpoint: &dyn Endpoint,
    context: &str,
    range: Run,
    each: &mut dyn FnMut(Run, u64) -> ControlFlow<()>,
) -> Result<(), CopyError> {
    if range.end() > endpoint.limits().size {
        return Err(CopyError::new(ErrorKind::Options).over(range));
    }
    if range.length == 0 {
        return Ok(());
    }
    let map = endpoint.open_map(context, range).map_err(|error| error.of(Side::Source))?;
    let map = map.ok_or_else(|| CopyError::new(ErrorKind::ContextMissing).of(Side::Source))?;
    let mut cursor = MapCursor::new(map, range.offset, Side::Source);
    let mut pending: Option<(Run, u64)> = None;
    let mut offset = range.offset;
    while offset < range.end() {
        let (end, flags) = cursor.at(offset)?;
        let run = Run::new(offset, end.min(range.end()) - offset);
        offset = run.end();
        match &mut pending {
            Some((last, known)) if *known == flags => last.length += run.length,
            _ => {
                if let Some((last, known)) = pending.replace((run, flags))
                    && each(last, known).is_break()
                {
                    return Ok(());
                }
            }
        }
    }
    if let Some((last, known)) = pending {
        // It was the last one, whatever the answer.
        let _ = each(last, known);
    }
    Ok(())
}
