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
pub(crate) struct Splitter {
    data: u64,
    pending: Option<Piece>,
}

impl Splitter {
    /// `data`: the most bytes of a piece that is read; pieces end on its multiples.
    pub(crate) fn new(data: u32) -> Self {
        Self { data: u64::from(data.max(1)), pending: None }
    }

    /// Takes the next piece; `zero` is the most bytes of one that need not be read.
    pub(crate) fn add(&mut self, piece: Piece, zero: u64, mut emit: impl FnMut(Piece)) {
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
        let limit = if joined.source_zero { zero } else { self.data };
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
