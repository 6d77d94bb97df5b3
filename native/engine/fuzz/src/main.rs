//! libFuzzer's program: the target is named by the environment's `FUZZ_TARGET`.

#![no_main]

use std::env;
use std::sync::LazyLock;

static TARGET: LazyLock<String> = LazyLock::new(|| env::var("FUZZ_TARGET").unwrap_or_default());

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::run(&TARGET, input));
