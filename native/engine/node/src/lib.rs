//! The engine for Node.js: converts values, and hands blocking work to threads. Owns nothing else.
//!
//! Failures cross as data ([`failure::BindingFailure`]), never as formatted strings; the TypeScript packages
//! make their error classes of them. Byte counts cross as numbers: whatever is beyond 2^53-1 is refused.

#![expect(clippy::needless_pass_by_value, reason = "napi-rs hands arguments over by value")]

mod comparison;
mod connection;
mod copier;
mod dirty_bitmap;
mod endpoint;
mod export;
mod failure;
mod inherited;
mod listening;
mod number;
mod rate_limiter;
mod server;
mod size;
mod work;
