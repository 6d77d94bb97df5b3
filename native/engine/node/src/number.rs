//! Byte counts between JavaScript numbers and 64-bit integers.

/// The largest integer up to which JavaScript's numbers are exact.
pub(crate) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// A byte count for JavaScript. Sizes are checked on the way in ([`check_size`](crate::size::check_size)); what is summed up of them
/// saturates.
pub(crate) fn to_js(value: u64) -> i64 {
    i64::try_from(value.min(MAX_SAFE_INTEGER)).unwrap_or(i64::MAX)
}

/// A byte count from JavaScript, checked there to be a safe integer and not negative.
pub(crate) fn from_js(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
