//! Sizes that JavaScript can tell exactly.

use crate::failure::BindingFailure;
use crate::number::MAX_SAFE_INTEGER;

/// Refuses a size that JavaScript could not tell exactly.
pub(crate) fn check_size(size: u64) -> Result<u64, BindingFailure> {
    if size <= MAX_SAFE_INTEGER {
        return Ok(size);
    }
    Err(BindingFailure::new(
        "NBD_UNSUPPORTED",
        format!("{size} bytes are more than JavaScript can count (2^53-1)"),
    ))
}
