//! The code that threads share, under loom: every order in which its steps can come, and every value that its
//! atomics can have, up to a number of pre-emptions.
//!
//! The sources are those of `extent` and `block-copy`; in place of their `sync` stands the one here, and plain
//! stand-ins take the places of what the models do not need. A model fails where an assertion does, or where threads
//! wait for each other for ever: that is how a lost wake-up shows.

// The sources' own unit tests are for real threads.
#![cfg(not(test))]
#![expect(dead_code, reason = "the sources have more than the models use")]
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a panic is how a model fails")]

pub mod bitmap;
pub mod limiter;
pub mod queue;
mod sync;

#[path = "../../extent/src/dirty_bitmap.rs"]
mod dirty_bitmap;
#[path = "../../extent/src/dirty_snapshot.rs"]
mod dirty_snapshot;
#[path = "../../extent/src/geometry.rs"]
mod geometry;
#[path = "../../block-copy/src/health.rs"]
mod health;
#[path = "../../extent/src/limits.rs"]
mod limits;
#[path = "../../extent/src/marked_runs.rs"]
mod marked_runs;
#[path = "../../block-copy/src/pass.rs"]
mod pass;
#[path = "../../block-copy/src/rate_limiter.rs"]
mod rate_limiter;
#[path = "../../extent/src/run.rs"]
mod run;

#[path = "../../extent/src/error.rs"]
mod bitmap_error;
mod error;

/// What stands for the pieces of a pass.
mod piece {
    /// A number.
    pub(crate) type Piece = u32;
}

/// Tries all orders, or those with so many pre-emptions where all would take too long.
fn explore(preemptions: Option<usize>, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(model);
}
