//! What threads share. The crate `models` has loom's in its place.

pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
