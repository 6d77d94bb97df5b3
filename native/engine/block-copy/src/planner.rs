//! From what is known of a device to the pieces that workers take.

use crate::endpoint::Limits;
use crate::error::CopyError;
use crate::piece::{Aligner, Piece, Splitter};
use crate::survey::Survey;

/// How a device is cut.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    /// Where the pass ends.
    pub(crate) size: u64,
    /// Pieces are whole blocks of this power of two, but for the one at the end.
    pub(crate) block: u32,
    /// The most bytes of a piece that is read; a multiple of the block.
    pub(crate) request_size: u32,
}

impl Cut {
    /// Pieces for endpoints of these blocks and payloads, of about `request_size`.
    pub(crate) fn new(size: u64, limits: [Limits; 2], request_size: u32) -> Self {
        let [a, b] = limits;
        let block = a.minimum_block.max(b.minimum_block).max(1);
        let payload = request_size.min(a.maximum_payload).min(b.maximum_payload);
        Self { size, block, request_size: (payload - payload % block).max(block) }
    }

    /// The same in blocks of at least this power of two.
    pub(crate) fn in_blocks_of(self, block: u32) -> Self {
        let block = block.max(self.block);
        Self { block, request_size: (self.request_size - self.request_size % block).max(block), ..self }
    }

    /// Cuts all that `survey` tells, in order of offsets, until `emit` wants no more.
    ///
    /// `zero_limit`: the most bytes of a piece that is zero on the source only, at that time.
    pub(crate) fn plan(
        self,
        mut survey: Survey<'_>,
        zero_limit: impl Fn() -> u64,
        mut emit: impl FnMut(Piece) -> bool,
    ) -> Result<(), CopyError> {
        let mut aligner = Aligner::new(self.block, self.size);
        let mut splitter = Splitter::default();
        let limit = |piece: Piece| match (piece.source_zero, piece.destination_zero) {
            (false, _) => u64::from(self.request_size),
            (true, false) => zero_limit(),
            (true, true) => SETTLED_LIMIT,
        };
        let mut wanted = true;
        let mut offset = 0;
        while wanted && offset < self.size {
            let piece = survey.at(offset, self.size)?;
            offset = piece.run.end();
            for whole in aligner.add(piece) {
                splitter.add(whole, limit, |piece| wanted = wanted && emit(piece));
            }
        }
        if let Some(last) = splitter.finish().filter(|_| wanted) {
            emit(last);
        }
        Ok(())
    }
}

/// What is settled is only counted, but in steps that show on a progress bar.
const SETTLED_LIMIT: u64 = 1 << 30;
