//! Options as a client sends them, and the replies to them.

use std::fmt;

use thiserror::Error;

use crate::context::Context;
use crate::error::ProtocolError;
use crate::export::{BlockSize, Export};
use crate::fields::Fields;
use crate::text;
use crate::wire::{
    NBD_INFO_BLOCK_SIZE, NBD_INFO_DESCRIPTION, NBD_INFO_EXPORT, NBD_INFO_NAME, NBD_MAX_STRING, NBD_OPT_GO,
    NBD_OPT_INFO, NBD_OPT_LIST, NBD_OPT_LIST_META_CONTEXT, NBD_OPT_SET_META_CONTEXT, NBD_OPTS_MAGIC,
    NBD_REP_ACK, NBD_REP_ERR_BLOCK_SIZE_REQD, NBD_REP_ERR_EXT_HEADER_REQD, NBD_REP_ERR_INVALID,
    NBD_REP_ERR_PLATFORM, NBD_REP_ERR_POLICY, NBD_REP_ERR_SHUTDOWN, NBD_REP_ERR_TLS_REQD,
    NBD_REP_ERR_TOO_BIG, NBD_REP_ERR_UNKNOWN, NBD_REP_ERR_UNSUP, NBD_REP_FLAG_ERROR, NBD_REP_INFO,
    NBD_REP_META_CONTEXT, NBD_REP_SERVER,
};

/// Why there is no connection to an export.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HandshakeError {
    /// The server broke the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The server refused an option that cannot be done without.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// An option that the server refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Refusal {
    /// The option's number, `NBD_OPT_GO`.
    pub option: u32,
    /// Why.
    pub reason: RefusalReason,
    /// What the server says to humans, if anything.
    pub message: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the server refused option {}: {}", self.option, self.reason)?;
        // The server's words may hold anything; quoted, they cannot drive a terminal.
        self.message.as_ref().map_or(Ok(()), |message| write!(out, " ({message:?})"))
    }
}

/// The error replies to options.
///
/// Source: proto.md, "Option reply types".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The server does not know the option.
    #[error("it is not supported")]
    Unsupported,
    /// The server's policy forbids it.
    #[error("its policy forbids it")]
    Policy,
    /// The server found the option malformed.
    #[error("it is invalid")]
    Invalid,
    /// The server's platform cannot do it.
    #[error("its platform does not support it")]
    Platform,
    /// TLS has to be begun first.
    #[error("TLS is required")]
    TlsRequired,
    /// There is no such export.
    #[error("there is no such export")]
    UnknownExport,
    /// The server is shutting down.
    #[error("it is shutting down")]
    Shutdown,
    /// The client has to ask for block sizes.
    #[error("block sizes have to be asked for")]
    BlockSizeRequired,
    /// The option was too long.
    #[error("it is too big")]
    TooBig,
    /// The client has to ask for extended headers.
    #[error("extended headers are required")]
    ExtendedHeadersRequired,
    /// A number that the specification does not list.
    #[error("error {0:#x}")]
    Other(u32),
}

impl RefusalReason {
    fn from_wire(kind: u32) -> Self {
        match kind {
            NBD_REP_ERR_UNSUP => Self::Unsupported,
            NBD_REP_ERR_POLICY => Self::Policy,
            NBD_REP_ERR_INVALID => Self::Invalid,
            NBD_REP_ERR_PLATFORM => Self::Platform,
            NBD_REP_ERR_TLS_REQD => Self::TlsRequired,
            NBD_REP_ERR_UNKNOWN => Self::UnknownExport,
            NBD_REP_ERR_SHUTDOWN => Self::Shutdown,
            NBD_REP_ERR_BLOCK_SIZE_REQD => Self::BlockSizeRequired,
            NBD_REP_ERR_TOO_BIG => Self::TooBig,
            NBD_REP_ERR_EXT_HEADER_REQD => Self::ExtendedHeadersRequired,
            other => Self::Other(other),
        }
    }
}

/// Appends an option to `out`.
pub(super) fn encode(option: u32, payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&NBD_OPTS_MAGIC.to_be_bytes());
    out.extend_from_slice(&option.to_be_bytes());
    out.extend_from_slice(&text::length(payload).to_be_bytes());
    out.extend_from_slice(payload);
}

/// The payload of `NBD_OPT_GO` and `NBD_OPT_INFO`, asking for all there is to know.
pub(super) fn info_payload(export: &str) -> Vec<u8> {
    let wanted = [NBD_INFO_NAME, NBD_INFO_DESCRIPTION, NBD_INFO_BLOCK_SIZE];
    let mut payload = Vec::new();
    text::put_counted(export, &mut payload);
    payload.extend_from_slice(&[0, 3]);
    payload.extend(wanted.iter().flat_map(|kind| kind.to_be_bytes()));
    payload
}

/// The payload of `NBD_OPT_SET_META_CONTEXT` and `NBD_OPT_LIST_META_CONTEXT`; no query lists all.
pub(super) fn contexts_payload(export: &str, queries: &[String]) -> Vec<u8> {
    let mut payload = Vec::new();
    text::put_counted(export, &mut payload);
    payload.extend_from_slice(&u32::try_from(queries.len()).unwrap_or(u32::MAX).to_be_bytes());
    for query in queries {
        text::put_counted(query, &mut payload);
    }
    payload
}

/// The longest payload that a reply of this type to this option can have.
pub(super) fn longest_reply(option: u32, kind: u32) -> Result<usize, ProtocolError> {
    match (kind, option) {
        (NBD_REP_ACK, _) => Ok(0),
        (NBD_REP_SERVER, NBD_OPT_LIST) => Ok(4 + 2 * NBD_MAX_STRING),
        (NBD_REP_INFO, NBD_OPT_GO | NBD_OPT_INFO) => Ok(2 + NBD_MAX_STRING),
        (NBD_REP_META_CONTEXT, NBD_OPT_SET_META_CONTEXT | NBD_OPT_LIST_META_CONTEXT) => {
            Ok(4 + NBD_MAX_STRING)
        }
        _ if kind & NBD_REP_FLAG_ERROR != 0 => Ok(NBD_MAX_STRING),
        _ => Err(ProtocolError::OptionReply { option, kind }),
    }
}

/// What an option was answered with before its `NBD_REP_ACK`.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) exports: Vec<(String, Option<String>)>,
    pub(super) contexts: Vec<Context>,
    pub(super) info: Info,
    replies: usize,
}

impl Answer {
    /// Takes one reply; `true` when it was the last one.
    pub(super) fn take(&mut self, option: u32, kind: u32, payload: &[u8]) -> Result<bool, HandshakeError> {
        self.replies += 1;
        if self.replies > MAX_REPLIES {
            return Err(ProtocolError::TooManyReplies.into());
        }
        let mut fields = Fields::new(payload);
        match kind {
            NBD_REP_ACK => return Ok(true),
            NBD_REP_SERVER => {
                let name = text::parse(fields.counted()?)?;
                let description = Some(text::parse(fields.rest())?).filter(|text| !text.is_empty());
                self.exports.push((name, description));
            }
            NBD_REP_META_CONTEXT => {
                let id = fields.u32()?;
                self.contexts.push(Context { id, name: text::parse(fields.rest())? });
            }
            NBD_REP_INFO => self.info.take(fields)?,
            _ => {
                let message = Some(String::from_utf8_lossy(payload).into_owned());
                let message = message.filter(|message| !message.is_empty());
                return Err(Refusal { option, reason: RefusalReason::from_wire(kind), message }.into());
            }
        }
        Ok(false)
    }
}

/// Most replies to one option: exports in a list, contexts of an export.
const MAX_REPLIES: usize = 10_000;

/// What `NBD_REP_INFO` replies have told.
#[derive(Debug, Default)]
pub(super) struct Info {
    size_and_flags: Option<(u64, u16)>,
    name: Option<String>,
    description: Option<String>,
    block_size: Option<(u32, u32, u32)>,
}

impl Info {
    /// The export as described; `asked` is its name where the server tells no canonical one.
    pub(super) fn into_export(self, asked: &str) -> Result<Export, ProtocolError> {
        let (size, flags) = self.size_and_flags.ok_or(ProtocolError::MissingExportInfo)?;
        let mut export = Export::new(self.name.unwrap_or_else(|| asked.to_owned()), size, flags)?;
        export.description = self.description;
        if let Some((minimum, preferred, maximum)) = self.block_size {
            export.block_size = BlockSize::advertised(minimum, preferred, maximum, size)?;
        }
        Ok(export)
    }

    fn take(&mut self, mut fields: Fields<'_>) -> Result<(), ProtocolError> {
        match fields.u16()? {
            NBD_INFO_EXPORT => self.size_and_flags = Some((fields.u64()?, fields.u16()?)),
            NBD_INFO_BLOCK_SIZE => self.block_size = Some((fields.u32()?, fields.u32()?, fields.u32()?)),
            NBD_INFO_NAME => self.name = Some(text::parse(fields.rest())?),
            NBD_INFO_DESCRIPTION => self.description = Some(text::parse(fields.rest())?),
            // The specification adds kinds, and has clients ignore those they do not know.
            _ => drop(fields.rest()),
        }
        if fields.is_empty() { Ok(()) } else { Err(ProtocolError::Truncated) }
    }
}
