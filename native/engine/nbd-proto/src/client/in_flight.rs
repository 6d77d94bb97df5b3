//! A request between its submission and its completion.

use std::ops::Range;

use extent::Run;

use crate::context::{Context, ContextStatus};
use crate::error::ProtocolError;
use crate::fields::slice_mut;
use crate::framing::Framing;
use crate::wire::{
    NBD_REPLY_TYPE_BLOCK_STATUS, NBD_REPLY_TYPE_BLOCK_STATUS_EXT, NBD_REPLY_TYPE_NONE,
    NBD_REPLY_TYPE_OFFSET_HOLE,
};

use super::command::Command;
use super::coverage::Coverage;
use super::reply::{ChunkHeader, Failure, Reply, parse_block_status, parse_error, parse_hole, read_range};
use super::request::StatusFilter;

/// The request, its buffer, and what has been heard of it.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) token: u64,
    pub(super) sending: Sending,
    pub(super) result: Option<Result<Reply, Failure>>,
    pub(super) run: Run,
    /// Its data was to be taken aside, be it so or not in the end.
    pub(super) was_read_aside: bool,
    command: Command,
    filter: StatusFilter,
    coverage: Coverage,
    statuses: Vec<ContextStatus>,
    failure: Option<Failure>,
}

/// How much of the request is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// Not all of the header: nothing can be heard of it.
    Queued,
    /// The header, not all of the payload.
    Begun,
    /// All.
    Sent,
}

impl InFlight {
    pub(super) fn new(token: u64, command: Command, filter: StatusFilter) -> Self {
        Self {
            token,
            sending: Sending::Queued,
            result: None,
            run: command.run(),
            was_read_aside: matches!(command, Command::ReadAside { .. }),
            command,
            filter,
            coverage: Coverage::default(),
            statuses: Vec::new(),
            failure: None,
        }
    }

    pub(super) fn operation(&self) -> &'static str {
        self.command.name()
    }

    /// What follows the request's header and is at hand.
    pub(super) fn payload(&self) -> &[u8] {
        if let Command::Write { buffer, .. } = &self.command { buffer } else { &self.filter.payload }
    }

    /// Bytes that follow the request's header.
    pub(super) fn payload_length(&self) -> usize {
        if self.is_write_aside() { self.length() } else { self.payload().len() }
    }

    pub(super) fn is_read(&self) -> bool {
        self.command.is_read()
    }

    pub(super) fn is_read_aside(&self) -> bool {
        matches!(self.command, Command::ReadAside { .. })
    }

    pub(super) fn is_write_aside(&self) -> bool {
        matches!(self.command, Command::WriteAside { .. })
    }

    /// Has a read's data come into a buffer after all.
    pub(super) fn read_into_memory(&mut self) {
        if self.is_read_aside() {
            let buffer = vec![0; self.length()];
            self.command = Command::Read { offset: self.run.offset, buffer, dont_fragment: false };
        }
    }

    /// Of a read or write, which a payload bounds.
    fn length(&self) -> usize {
        usize::try_from(self.run.length).unwrap_or(usize::MAX)
    }

    /// The part of a read's buffer that data belongs in.
    pub(super) fn read_slice(&mut self, range: Range<usize>) -> &mut [u8] {
        if let Command::Read { buffer, .. } = &mut self.command { slice_mut(buffer, range) } else { &mut [] }
    }

    /// The buffer, back to the caller.
    pub(super) fn into_buffer(self) -> Option<Vec<u8>> {
        match self.command {
            Command::Read { buffer, .. } | Command::Write { buffer, .. } => Some(buffer),
            _ => None,
        }
    }

    /// A simple reply. `Some`: so much data follows it, into the buffer.
    pub(super) fn on_simple_reply(
        &mut self,
        error: u32,
        framing: Framing,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        match (error, &self.command) {
            (0, Command::BlockStatus { .. }) => return Err(ProtocolError::ReplyForm),
            (0, command) if command.is_read() && framing.has_chunks() => {
                return Err(ProtocolError::ReplyForm);
            }
            (0, command) if command.is_read() => {
                let all = 0..self.length();
                self.coverage.claim(all.clone())?;
                return Ok(Some(all));
            }
            (0, _) => {}
            // Where structured replies were negotiated a read should fail in a chunk; what is meant is clear.
            (number, _) => {
                let errno = crate::errno::NbdErrno::from_wire(number);
                self.failure = Some(Failure { errno, offset: None, message: None });
            }
        }
        self.conclude()?;
        Ok(None)
    }

    /// A chunk of read data begins: where it belongs.
    pub(super) fn on_data(&mut self, offset: u64, length: u64) -> Result<Range<usize>, ProtocolError> {
        let range = read_range(self.run, offset, length)?;
        self.coverage.claim(range.clone())?;
        if range != (0..self.length()) {
            // In parts it has to be put together.
            self.read_into_memory();
        }
        Ok(range)
    }

    /// Any other chunk, whole.
    pub(super) fn on_chunk(
        &mut self,
        chunk: ChunkHeader,
        payload: &[u8],
        contexts: &[Context],
    ) -> Result<(), ProtocolError> {
        match (chunk.kind, &self.command) {
            (NBD_REPLY_TYPE_NONE, _) => {}
            (NBD_REPLY_TYPE_OFFSET_HOLE, command) if command.is_read() => {
                let range = parse_hole(self.run, payload)?;
                self.coverage.claim(range.clone())?;
                self.read_into_memory();
                self.read_slice(range).fill(0);
            }
            (
                kind @ (NBD_REPLY_TYPE_BLOCK_STATUS | NBD_REPLY_TYPE_BLOCK_STATUS_EXT),
                Command::BlockStatus { request_one, .. },
            ) => {
                let status = parse_block_status(self.run, *request_one, contexts, kind, payload)?;
                let is_wanted = self.filter.keeps(status.context.id).ok_or(ProtocolError::BlockStatus)?;
                if self.statuses.iter().any(|earlier| earlier.context.id == status.context.id) {
                    return Err(ProtocolError::BlockStatus);
                }
                if is_wanted {
                    self.statuses.push(status);
                }
            }
            (kind, _) if chunk.is_error() => {
                let failure = parse_error(kind, payload)?;
                self.failure.get_or_insert(failure);
            }
            (kind, _) => return Err(ProtocolError::ChunkType(kind)),
        }
        if chunk.done { self.conclude() } else { Ok(()) }
    }

    /// The reply is over.
    pub(super) fn conclude(&mut self) -> Result<(), ProtocolError> {
        let result = match (self.failure.take(), &self.command) {
            (Some(failure), _) => Err(failure),
            (None, command) if command.is_read() && !self.coverage.is_complete(self.length()) => {
                return Err(ProtocolError::ReadGap);
            }
            // One chunk for each context, in any order.
            (None, Command::BlockStatus { .. }) if self.statuses.len() != self.filter.ids.len() => {
                return Err(ProtocolError::BlockStatus);
            }
            (None, Command::BlockStatus { .. }) => Ok(Reply::BlockStatus(std::mem::take(&mut self.statuses))),
            (None, _) => Ok(Reply::Done),
        };
        self.result = Some(result);
        Ok(())
    }
}
