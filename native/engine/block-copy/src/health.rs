//! Whether all lanes still live.

use std::sync::OnceLock;

use crate::error::{CopyError, ErrorKind, Side};

/// What the first lane died of, if any did.
///
/// A peer may still be doing what a dead lane had in flight, so no later pass may touch those ranges by
/// another lane: one dead lane ends them all. Only new connections, made when the peer's side of the old
/// one is known to be gone, are safe.
#[derive(Default)]
pub(crate) struct Health(OnceLock<(ErrorKind, Option<Side>)>);

impl Health {
    pub(crate) fn lane_died(&self, kind: ErrorKind, side: Option<Side>) {
        // Only the first death is told.
        let _ = self.0.set((kind, side));
    }

    /// `Err`, with the kind and the side of the first death, once a lane is dead.
    pub(crate) fn check(&self) -> Result<(), CopyError> {
        match self.0.get() {
            Some((kind, Some(side))) => Err(CopyError::new(*kind).of(*side)),
            Some((kind, None)) => Err(CopyError::new(*kind)),
            None => Ok(()),
        }
    }
}
