//! Servers that fall silent after any byte.

use super::vanishing::{Cut, cut_after};
use super::*;

#[test]
fn after_any_byte_the_deadline_is_kept() {
    for framing in ALL {
        let short = Duration::from_millis(15);
        let options = ConnectOptions { handshake_timeout: short, request_timeout: short, ..options(framing) };
        for limit in (0..150).step_by(4) {
            let error = cut_after(limit, Cut::FallsSilent, &options).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{framing:?}, {limit} bytes: {error}");
        }
    }
}
