//! Replies as a client reads them.

use std::fmt;
use std::ops::Range;

use extent::Run;
use thiserror::Error;

use crate::context::{Context, ContextStatus, Descriptor};
use crate::errno::NbdErrno;
use crate::error::ProtocolError;
use crate::fields::Fields;
use crate::framing::Framing;
use crate::wire::{
    CHUNK_HEADER_LENGTH, EXTENDED_CHUNK_HEADER_LENGTH, NBD_EXTENDED_REPLY_MAGIC, NBD_MAX_DESCRIPTORS,
    NBD_MAX_STRING, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_BLOCK_STATUS, NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
    NBD_REPLY_TYPE_ERROR_OFFSET, NBD_REPLY_TYPE_FLAG_ERROR, NBD_REPLY_TYPE_NONE, NBD_REPLY_TYPE_OFFSET_DATA,
    NBD_REPLY_TYPE_OFFSET_HOLE, NBD_SIMPLE_REPLY_MAGIC, NBD_STRUCTURED_REPLY_MAGIC, SIMPLE_REPLY_LENGTH,
};

/// What a successful request brought. Data that was read is in the completion's buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is done.
    Done,
    /// The status in each context that the server told of; at least one.
    BlockStatus(Vec<ContextStatus>),
}

/// Why the server failed a request; the connection is fine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Failure {
    /// The error.
    pub errno: NbdErrno,
    /// Where in the export, if the server told.
    pub offset: Option<u64>,
    /// What the server says to humans, if anything.
    pub message: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the server failed with {}", self.errno)?;
        if let Some(offset) = self.offset {
            write!(out, " at offset {offset}")?;
        }
        // Quoted, the server's words cannot drive a terminal.
        self.message.as_ref().map_or(Ok(()), |message| write!(out, " ({message:?})"))
    }
}

/// What a reply begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    Simple { cookie: u64, error: u32 },
    Chunk(ChunkHeader),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkHeader {
    pub(super) cookie: u64,
    pub(super) done: bool,
    pub(super) kind: u16,
    /// The request's, where the form of the reply repeats it.
    pub(super) offset: Option<u64>,
    pub(super) length: u64,
}

impl Header {
    /// The header at the front of `input` and its length; `None` where it is not all there.
    pub(super) fn parse(input: &[u8], framing: Framing) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some(magic) = input.first_chunk() else { return Ok(None) };
        let (form, length) = match u32::from_be_bytes(*magic) {
            NBD_SIMPLE_REPLY_MAGIC => (Framing::Simple, SIMPLE_REPLY_LENGTH),
            NBD_STRUCTURED_REPLY_MAGIC => (Framing::Structured, CHUNK_HEADER_LENGTH),
            NBD_EXTENDED_REPLY_MAGIC => (Framing::Extended, EXTENDED_CHUNK_HEADER_LENGTH),
            other => return Err(ProtocolError::Magic(u64::from(other))),
        };
        // Simple and structured replies are mixed where the latter were negotiated, extended ones with none.
        if form > framing || framing == Framing::Extended && form < framing {
            return Err(ProtocolError::ReplyForm);
        }
        let Some(header) = input.get(magic.len()..length) else { return Ok(None) };
        let mut fields = Fields::new(header);
        if form == Framing::Simple {
            let error = fields.u32()?;
            return Ok(Some((Self::Simple { cookie: fields.u64()?, error }, length)));
        }
        let (flags, kind, cookie) = (fields.u16()?, fields.u16()?, fields.u64()?);
        let (offset, payload) = if form == Framing::Extended {
            (Some(fields.u64()?), fields.u64()?)
        } else {
            (None, u64::from(fields.u32()?))
        };
        let done = flags & NBD_REPLY_FLAG_DONE != 0;
        Ok(Some((Self::Chunk(ChunkHeader { cookie, done, kind, offset, length: payload }), length)))
    }
}

impl ChunkHeader {
    pub(super) fn is_error(self) -> bool {
        self.kind & NBD_REPLY_TYPE_FLAG_ERROR != 0
    }

    /// The payload's length, if such a chunk can have it. Read data is bounded by its request instead.
    pub(super) fn bounded_length(self) -> Result<usize, ProtocolError> {
        let too_long = ProtocolError::TooLong { length: self.length };
        let length = usize::try_from(self.length).map_err(|_| too_long.clone())?;
        let is_extended = self.offset.is_some();
        let possible = match self.kind {
            NBD_REPLY_TYPE_NONE => length == 0 && self.done,
            NBD_REPLY_TYPE_OFFSET_DATA => length > 8,
            NBD_REPLY_TYPE_OFFSET_HOLE => length == 12,
            NBD_REPLY_TYPE_BLOCK_STATUS if !is_extended && length > 4 + 8 * NBD_MAX_DESCRIPTORS => {
                return Err(too_long);
            }
            NBD_REPLY_TYPE_BLOCK_STATUS if !is_extended => length >= 12 && (length - 4).is_multiple_of(8),
            NBD_REPLY_TYPE_BLOCK_STATUS_EXT if is_extended && length > 8 + 16 * NBD_MAX_DESCRIPTORS => {
                return Err(too_long);
            }
            NBD_REPLY_TYPE_BLOCK_STATUS_EXT if is_extended => length >= 24 && (length - 8).is_multiple_of(16),
            _ if self.is_error() && length > MAX_ERROR_LENGTH => return Err(too_long),
            _ if self.is_error() => length >= 6,
            kind => return Err(ProtocolError::ChunkType(kind)),
        };
        if possible { Ok(length) } else { Err(ProtocolError::Truncated) }
    }
}

/// Errno, message and its length, and what a future error type may add.
const MAX_ERROR_LENGTH: usize = 6 + NBD_MAX_STRING + 64;

/// Where in its buffer a read's data belongs: `length` bytes from `offset` of the export.
pub(super) fn read_range(request: Run, offset: u64, length: u64) -> Result<Range<usize>, ProtocolError> {
    let start = offset.checked_sub(request.offset).ok_or(ProtocolError::ReadRange)?;
    let end = start.checked_add(length).filter(|end| *end <= request.length);
    match (usize::try_from(start), end.map(usize::try_from)) {
        (Ok(start), Some(Ok(end))) if start < end => Ok(start..end),
        _ => Err(ProtocolError::ReadRange),
    }
}

/// The payload of a hole chunk: where in its buffer zeroes belong.
pub(super) fn parse_hole(request: Run, payload: &[u8]) -> Result<Range<usize>, ProtocolError> {
    let mut fields = Fields::new(payload);
    let (offset, length) = (fields.u64()?, fields.u32()?);
    read_range(request, offset, u64::from(length))
}

/// The payload of an error chunk.
pub(super) fn parse_error(kind: u16, payload: &[u8]) -> Result<Failure, ProtocolError> {
    let mut fields = Fields::new(payload);
    let errno = match fields.u32()? {
        0 => return Err(ProtocolError::NoError),
        number => NbdErrno::from_wire(number),
    };
    let length = usize::from(fields.u16()?);
    let message = String::from_utf8_lossy(fields.bytes(length)?).into_owned();
    let offset = if kind == NBD_REPLY_TYPE_ERROR_OFFSET { Some(fields.u64()?) } else { None };
    Ok(Failure { errno, offset, message: Some(message).filter(|message| !message.is_empty()) })
}

/// The payload of a block status chunk, clipped to the request.
///
/// Only the last descriptor may reach past the request (a server may know more than it was asked).
pub(super) fn parse_block_status(
    request: Run,
    request_one: bool,
    contexts: &[Context],
    kind: u16,
    payload: &[u8],
) -> Result<ContextStatus, ProtocolError> {
    let mut fields = Fields::new(payload);
    let id = fields.u32()?;
    let context = contexts.iter().find(|context| context.id == id).ok_or(ProtocolError::BlockStatus)?;
    let is_extended = kind == NBD_REPLY_TYPE_BLOCK_STATUS_EXT;
    let announced = if is_extended { Some(fields.u32()?) } else { None };
    let mut left = request.length;
    let mut descriptors = Vec::new();
    while !fields.is_empty() {
        let (length, flags) = if is_extended {
            (fields.u64()?, fields.u64()?)
        } else {
            (u64::from(fields.u32()?), u64::from(fields.u32()?))
        };
        if length == 0 || left == 0 || request_one && !descriptors.is_empty() {
            return Err(ProtocolError::BlockStatus);
        }
        let length = length.min(left);
        left -= length;
        descriptors.push(Descriptor { length, flags });
    }
    let is_as_announced = announced.is_none_or(|count| usize::try_from(count) == Ok(descriptors.len()));
    if descriptors.is_empty() || !is_as_announced {
        Err(ProtocolError::BlockStatus)
    } else {
        Ok(ContextStatus { context: context.clone(), descriptors })
    }
}
