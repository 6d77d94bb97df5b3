//! Strings on the wire: UTF-8, no NUL, at most 4096 bytes.

use crate::error::{LimitError, ProtocolError};
use crate::wire::NBD_MAX_STRING;

/// The string that a peer sent.
pub(crate) fn parse(bytes: &[u8]) -> Result<String, ProtocolError> {
    if bytes.len() > NBD_MAX_STRING || bytes.contains(&0) {
        return Err(ProtocolError::String);
    }
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| ProtocolError::String)
}

/// Whether a string of ours can be sent.
pub(crate) fn check(text: &str) -> Result<(), LimitError> {
    if text.len() <= NBD_MAX_STRING && !text.contains('\0') { Ok(()) } else { Err(LimitError::Name) }
}

/// Appends a 32-bit length and the string.
pub(crate) fn put_counted(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&length(text.as_bytes()).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// The length of a message of ours: all of them are far below 2^32 bytes.
pub(crate) fn length(message: &[u8]) -> u32 {
    u32::try_from(message.len()).unwrap_or(u32::MAX)
}
