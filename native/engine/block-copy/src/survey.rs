//! Walking the maps of both sides at once.

use std::collections::VecDeque;

use extent::{DirtySnapshot, Run};

use crate::endpoint::{BASE_ALLOCATION, Endpoint, FLAG_DIRTY, FLAG_ZERO, RunMap, RunStatus};
use crate::error::{CopyError, ErrorKind, Side};
use crate::piece::Piece;

/// One side's map, asked in order of offsets, or an answer for the whole device where there is no map.
pub(crate) struct MapCursor {
    map: Option<Box<dyn RunMap>>,
    side: Side,
    batch: VecDeque<RunStatus>,
    /// Up to where the map has told; without a map, all there is.
    told: u64,
    flags: u64,
}

impl MapCursor {
    /// `map` tells of a range from `start` on.
    pub(crate) fn new(map: Box<dyn RunMap>, start: u64, side: Side) -> Self {
        Self { map: Some(map), side, batch: VecDeque::new(), told: start, flags: 0 }
    }

    /// The endpoint's allocation; no flags where it does not tell, or is not `asked`.
    pub(crate) fn allocation(endpoint: &dyn Endpoint, side: Side, asked: bool) -> Result<Self, CopyError> {
        let range = Run::new(0, endpoint.limits().size);
        let map = if asked && range.length > 0 {
            endpoint.open_map(BASE_ALLOCATION, range).map_err(|error| error.of(side))?
        } else {
            None
        };
        Ok(map.map_or_else(|| Self::constant(0, side), |map| Self::new(map, 0, side)))
    }

    /// The same flags everywhere.
    pub(crate) fn constant(flags: u64, side: Side) -> Self {
        Self { map: None, side, batch: VecDeque::new(), told: u64::MAX, flags }
    }

    /// The flags at `offset`, and up to where they hold. Offsets never go back.
    pub(crate) fn at(&mut self, offset: u64) -> Result<(u64, u64), CopyError> {
        while self.told <= offset {
            let status = self.next()?;
            // A gap would leave blocks out of the copy, an empty piece would never end.
            if status.run.offset != self.told || status.run.length == 0 {
                return Err(CopyError::new(ErrorKind::Protocol).of(self.side).over(status.run));
            }
            self.told = status.run.end();
            self.flags = status.flags;
        }
        Ok((self.told, self.flags))
    }

    /// Asks for the first statuses, unless they are there.
    pub(crate) fn read_ahead(&mut self) -> Result<(), CopyError> {
        if let (true, Some(map)) = (self.batch.is_empty(), &mut self.map) {
            self.batch = map.next_batch().map_err(|error| error.of(self.side))?.into();
        }
        Ok(())
    }

    fn next(&mut self) -> Result<RunStatus, CopyError> {
        self.read_ahead()?;
        self.batch
            .pop_front()
            .ok_or_else(|| CopyError::new(ErrorKind::Protocol).of(self.side).over(Run::new(self.told, 0)))
    }
}

/// What is to be done, as consecutive pieces from the start of the device to its end.
pub(crate) enum Survey<'a> {
    /// Both sides' allocation. What is beyond the end of the source is zeros there.
    Allocation { source: MapCursor, destination: MapCursor, source_end: u64 },
    /// A dirty bitmap of a server.
    DirtyMap(MapCursor),
    /// A dirty bitmap of this process.
    DirtyRuns(std::iter::Peekable<Box<dyn Iterator<Item = Run> + 'a>>),
}

impl<'a> Survey<'a> {
    pub(crate) fn of_snapshot(snapshot: &'a DirtySnapshot) -> Self {
        let runs: Box<dyn Iterator<Item = Run> + 'a> = Box::new(snapshot.runs());
        Self::DirtyRuns(runs.peekable())
    }

    /// The piece at `offset`, which ends at `end` at the latest.
    pub(crate) fn at(&mut self, offset: u64, end: u64) -> Result<Piece, CopyError> {
        let (stop, source_zero, destination_zero) = match self {
            Self::Allocation { source, destination, source_end } => {
                let (source_stop, source_flags) =
                    if offset < *source_end { source.at(offset)? } else { (end, FLAG_ZERO) };
                let (destination_stop, destination_flags) = destination.at(offset)?;
                (
                    source_stop.min(destination_stop),
                    source_flags & FLAG_ZERO != 0,
                    destination_flags & FLAG_ZERO != 0,
                )
            }
            Self::DirtyMap(map) => {
                let (stop, flags) = map.at(offset)?;
                let clean = flags & FLAG_DIRTY == 0;
                (stop, clean, clean)
            }
            Self::DirtyRuns(runs) => {
                while runs.next_if(|run| run.end() <= offset).is_some() {}
                match runs.peek() {
                    Some(run) if run.offset <= offset => (run.end(), false, false),
                    Some(run) => (run.offset, true, true),
                    None => (end, true, true),
                }
            }
        };
        let run = Run::new(offset, stop.min(end) - offset);
        Ok(Piece { run, source_zero, destination_zero })
    }
}
