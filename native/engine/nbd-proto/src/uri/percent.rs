//! Percent encoding (RFC 3986, section 2.1).

use std::fmt::{self, Write};

use super::UriError;

/// The bytes behind `text`.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, UriError> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { hex(bytes.next())? << 4 | hex(bytes.next())? } else { byte });
    }
    if decoded.contains(&0) { Err(UriError::Nul) } else { Ok(decoded) }
}

/// The text behind `text`.
pub(super) fn decode_text(text: &str) -> Result<String, UriError> {
    String::from_utf8(decode(text)?).map_err(|_| UriError::NotUtf8)
}

/// Writes `bytes`, encoding all but the unreserved characters and those of `keep`.
pub(super) fn encode(bytes: &[u8], keep: &[u8], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            out.write_char(char::from(byte))?;
        } else {
            write!(out, "%{byte:02X}")?;
        }
    }
    Ok(())
}

fn hex(digit: Option<u8>) -> Result<u8, UriError> {
    let value = digit.and_then(|digit| char::from(digit).to_digit(16)).ok_or(UriError::PercentEscape)?;
    u8::try_from(value).map_err(|_| UriError::PercentEscape)
}
