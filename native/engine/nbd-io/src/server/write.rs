//! Taking what requests carry.

use std::io;

use extent::Run;
use nbd_proto::errno::NbdErrno;

use super::export::ServedExport;
use super::input::Input;
use super::staging::{PIECE, Staged, Staging};

/// A request's payload, which is to come.
pub(super) struct Payload<'a, 's> {
    pub(super) input: &'a mut Input<'s>,
    pub(super) staging: &'a mut Staging,
}

impl Payload<'_, '_> {
    /// Writes it to `run`. All of it is taken, also after a piece failed; the first failure counts.
    ///
    /// A piece is there as a whole before any of it is written: a client that dies leaves no half of a block.
    pub(super) fn write(&mut self, run: Run, export: &ServedExport) -> io::Result<Result<(), NbdErrno>> {
        let mut position = run.offset;
        while position < run.end() {
            let length = (run.end() - position).min(WRITE_PIECE);
            let written = self.write_piece(Run::new(position, length), export)?;
            position += length;
            if written.is_err() {
                self.discard(run.end() - position)?;
                return Ok(written);
            }
        }
        Ok(Ok(()))
    }

    /// Takes it, and that is all.
    pub(super) fn discard(&mut self, length: u64) -> io::Result<()> {
        let mut left = length;
        while left > 0 {
            let count = left.min(PIECE as u64);
            self.input.read_exact(self.staging.room(count))?;
            left -= count;
        }
        Ok(())
    }

    fn write_piece(&mut self, piece: Run, export: &ServedExport) -> io::Result<Result<(), NbdErrno>> {
        let pages = match self.input.payload(self.staging, piece.length)? {
            Staged::Copy(data) => return Ok(export.write(data, piece.offset)),
            Staged::Pages(pages) => pages,
        };
        let written = export.write_pages(pages, piece.offset);
        match written {
            Ok(true) => Ok(Ok(())),
            Ok(false) => {
                self.staging.recall_pages(piece.length)?;
                Ok(export.write(self.staging.room(piece.length), piece.offset))
            }
            Err(errno) => {
                self.staging.drop_pages();
                Ok(Err(errno))
            }
        }
    }
}

/// Half a pipe: the fragments of a socket are not all whole pages.
const WRITE_PIECE: u64 = PIECE as u64 / 2;
