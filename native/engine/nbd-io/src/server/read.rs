//! Answering reads.

use std::io;

use block_device::Device;
use extent::{Extent, Run};
use nbd_proto::server::ReplyEncoder;

use super::export::errno;
use super::output::Output;
use super::staging::{PIECE, Staged, Staging};

/// A read that is being answered.
pub(super) struct Read<'a, 's> {
    pub(super) device: &'a dyn Device,
    pub(super) reply: ReplyEncoder,
    pub(super) output: &'a mut Output<'s>,
    pub(super) staging: &'a mut Staging,
}

impl Read<'_, '_> {
    /// Answers with one piece of data behind one header: a simple reply, or one chunk.
    ///
    /// A read that does not fit into the buffer is read twice: the header promises all of it, and after that there
    /// is no way to tell of a bad block but to hang up.
    pub(super) fn whole(&mut self, run: Run) -> io::Result<()> {
        if run.length <= PIECE as u64 {
            return self.data(run, true).map(drop);
        }
        for piece in pieces(run).skip(1).chain(pieces(run).take(1)) {
            if let Err(error) = self.device.read_at(self.staging.room(piece.length), piece.offset) {
                self.fail(&error);
                return Ok(());
            }
        }
        self.reply.data_header(run, true, self.output.held());
        // The first piece came last.
        for (index, piece) in pieces(run).enumerate() {
            let data = self.staging.room(piece.length);
            if index > 0 {
                self.device.read_at(data, piece.offset)?;
            }
            self.output.put(Staged::Copy(data))?;
        }
        Ok(())
    }

    /// Answers in chunks: data, and holes where the device knows that it is zero.
    pub(super) fn chunks(&mut self, run: Run) -> io::Result<()> {
        for piece in pieces(run) {
            for part in parts(self.device, piece) {
                let is_last = part.run.end() == run.end();
                if part.zero {
                    // Leaves with the next data, or at the end.
                    self.reply.hole(part.run, is_last, self.output.held());
                } else if !self.data(part.run, is_last)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Answers with the data of a piece; `false` where it cannot be read, and the client has been told.
    fn data(&mut self, run: Run, is_last: bool) -> io::Result<bool> {
        match self.staging.read(self.device, run) {
            Ok(data) => {
                self.reply.data_header(run, is_last, self.output.held());
                self.output.put(data).map(|()| true)
            }
            Err(error) => {
                self.fail(&error);
                Ok(false)
            }
        }
    }

    fn fail(&mut self, error: &io::Error) {
        self.reply.failed(errno(error), self.output.held());
    }
}

/// The run in pieces that can be held, which end with a page.
fn pieces(run: Run) -> impl Iterator<Item = Run> {
    let mut position = run.offset;
    std::iter::from_fn(move || {
        let end = (position + PIECE as u64) / PAGE * PAGE;
        let piece = Run::new(position, end.min(run.end()) - position);
        position = piece.end();
        (piece.length > 0).then_some(piece)
    })
}

/// Consecutive parts that make up `piece`, zero or not. What is not known is data.
fn parts(device: &dyn Device, piece: Run) -> Vec<Extent> {
    let mut parts = device.extents(piece, MAX_PARTS).unwrap_or_default();
    let known = parts.last().map_or(piece.offset, |last| last.run.end());
    if known < piece.end() {
        let rest = Run::new(known, piece.end() - known);
        parts.push(Extent { run: rest, hole: false, zero: false });
    }
    parts
}

/// In a badly fragmented piece the tail goes as data: fewer, larger chunks.
const MAX_PARTS: usize = 16;

/// Bytes of a page, or a part of one.
const PAGE: u64 = 4096;
