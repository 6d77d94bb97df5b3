//! Cutting a device into pieces that may be in flight together.

use extent::Run;

/// A range and what is known of it on both sides.
///
/// Both zero means that there is nothing to do: equal already, or, in a dirty pass, clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) run: Run,
    /// The source reads as zeros.
    pub(crate) source_zero: bool,
    /// The destination reads as zeros.
    pub(crate) destination_zero: bool,
}

impl Piece {
    pub(crate) fn is_settled(self) -> bool {
        self.source_zero && self.destination_zero
    }

    fn is_like(self, other: Self) -> bool {
        (self.source_zero, self.destination_zero) == (other.source_zero, other.destination_zero)
    }

    /// The first `length` bytes, and the rest if there is any.
    pub(crate) fn split(self, length: u64) -> (Self, Option<Self>) {
        let length = length.min(self.run.length);
        let rest = Run::new(self.run.offset + length, self.run.length - length);
        (
            Self { run: Run::new(self.run.offset, length), ..self },
            (rest.length > 0).then_some(Self { run: rest, ..self }),
        )
    }
}

/// Widens consecutive pieces to whole blocks.
///
/// A block that several pieces share is zero on a side only if all of it is: data wins over zero, and
/// dirty over clean. So no two pieces that come out touch the same block.
pub(crate) struct Aligner {
    block: u64,
    size: u64,
    offset: u64,
    /// What is known of the begun block.
    begun: Option<Piece>,
}

impl Aligner {
    /// `block`: a power of two; `size`: where the device ends, in the middle of a block perhaps.
    pub(crate) fn new(block: u32, size: u64) -> Self {
        Self { block: u64::from(block.max(1)), size, offset: 0, begun: None }
    }

    /// Takes the piece that follows the last one, and gives whole blocks.
    pub(crate) fn add(&mut self, piece: Piece) -> impl Iterator<Item = Piece> + use<> {
        debug_assert_eq!(piece.run.offset, self.offset, "pieces are consecutive");
        let (head, rest) = self.complete(piece);
        let (whole, begun) = rest.map_or((None, None), |rest| {
            let length = if rest.run.end() >= self.size {
                rest.run.length
            } else {
                rest.run.length - rest.run.end() % self.block
            };
            if length == 0 { (None, Some(rest)) } else { split_once(rest, length) }
        });
        if begun.is_some() {
            self.begun = begun;
        }
        self.offset = piece.run.end();
        [head, whole].into_iter().flatten()
    }

    /// Puts the start of `piece` to the begun block; gives that one if it is whole now, and what is left.
    fn complete(&mut self, piece: Piece) -> (Option<Piece>, Option<Piece>) {
        let Some(begun) = self.begun.take() else { return (None, Some(piece)) };
        let (start, rest) = piece.split(self.block - begun.run.length);
        let block = Piece {
            run: Run::new(begun.run.offset, begun.run.length + start.run.length),
            source_zero: begun.source_zero && piece.source_zero,
            destination_zero: begun.destination_zero && piece.destination_zero,
        };
        if block.run.length == self.block || block.run.end() >= self.size {
            (Some(block), rest)
        } else {
            self.begun = Some(block);
            (None, None)
        }
    }
}

fn split_once(piece: Piece, length: u64) -> (Option<Piece>, Option<Piece>) {
    let (first, rest) = piece.split(length);
    (Some(first), rest)
}

/// Joins neighbours of a kind and cuts them into pieces of bounded length.
#[derive(Default)]
pub(crate) struct Splitter {
    pending: Option<Piece>,
}

impl Splitter {
    /// Takes the next piece and gives those that are complete: they end on multiples of the limit for their
    /// kind, or where the kind changes.
    pub(crate) fn add(&mut self, piece: Piece, limit: impl Fn(Piece) -> u64, mut emit: impl FnMut(Piece)) {
        let joined = match self.pending.take() {
            Some(pending) if pending.is_like(piece) => {
                Piece { run: Run::new(pending.run.offset, pending.run.length + piece.run.length), ..pending }
            }
            Some(pending) => {
                emit(pending);
                piece
            }
            None => piece,
        };
        let limit = limit(joined).max(1);
        let mut rest = Some(joined);
        while let Some(piece) = rest.take() {
            let (first, left) = piece.split(limit - piece.run.offset % limit);
            // What ends on a multiple is complete; the rest may still grow.
            if left.is_some() || first.run.end() % limit == 0 {
                emit(first);
                rest = left;
            } else {
                self.pending = Some(first);
            }
        }
    }

    /// What is left when all pieces are in.
    pub(crate) fn finish(self) -> Option<Piece> {
        self.pending
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against what is known of each byte.
        #[test]
        fn pieces_are_disjoint_whole_blocks_that_settle_nothing_that_is_not(
            lengths in prop::collection::vec((1_u64..3000, any::<bool>(), any::<bool>()), 1..20),
            block_shift in 0_u32..10,
            data_shift in 10_u32..13,
            zero_shift in 10_u32..15,
        ) {
            let size: u64 = lengths.iter().map(|(length, ..)| length).sum();
            let (block, data, zero) = (1 << block_shift, 1 << data_shift, 1 << zero_shift);
            let mut aligner = Aligner::new(block, size);
            let mut splitter = Splitter::default();
            let limit = |piece: Piece| if piece.source_zero { zero } else { data };
            let mut pieces = Vec::new();
            let mut known = Vec::new();
            for (length, source_zero, destination_zero) in lengths {
                let run = Run::new(known.len() as u64, length);
                known.extend((0..length).map(|_| (source_zero, destination_zero)));
                for whole in aligner.add(Piece { run, source_zero, destination_zero }) {
                    splitter.add(whole, limit, |piece| pieces.push(piece));
                }
            }
            pieces.extend(splitter.finish());

            let mut offset = 0;
            for piece in pieces {
                prop_assert_eq!(piece.run.offset, offset);
                offset = piece.run.end();
                prop_assert!(offset.is_multiple_of(u64::from(block)) || offset == size);
                prop_assert!(piece.run.length > 0 && piece.run.length <= limit(piece));
                let range = usize::try_from(piece.run.offset).unwrap()..usize::try_from(offset).unwrap();
                for block in known[range].chunks(1 << block_shift) {
                    prop_assert!(!piece.source_zero || block.iter().all(|(zero, _)| *zero));
                    prop_assert!(!piece.destination_zero || block.iter().all(|(_, zero)| *zero));
                    // And nothing that is zero is given up.
                    prop_assert!(piece.source_zero || block.iter().any(|(zero, _)| !zero));
                }
            }
            prop_assert_eq!(offset, size);
        }
    }
}
