//! NBD URIs.

use nbd_proto::uri::NbdUri;

/// The input is the URI.
pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(uri) = text.parse::<NbdUri>() else { return };
    assert!(uri.export.len() <= 4096 && !uri.export.contains('\0'));
    let written = uri.to_string();
    assert_eq!(written.parse(), Ok(uri), "{written}");
}
