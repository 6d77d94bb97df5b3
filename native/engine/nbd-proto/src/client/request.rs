//! Requests as a client writes them.

use crate::context::Context;
use crate::export::Export;
use crate::framing::Framing;
use crate::wire::{
    EXTENDED_REQUEST_HEADER_LENGTH, NBD_CMD_DISC, NBD_CMD_FLAG_PAYLOAD_LEN, NBD_CMD_WRITE,
    NBD_EXTENDED_REQUEST_MAGIC, NBD_REQUEST_MAGIC,
};

use super::command::Command;

/// A request's header, in the form that was negotiated.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestHeader {
    bytes: [u8; EXTENDED_REQUEST_HEADER_LENGTH],
    length: usize,
}

impl RequestHeader {
    /// The header of a command that was checked: its length fits. Behind it goes `filter`, or what is written.
    pub(super) fn of(command: &Command, filter: &StatusFilter, cookie: u64, framing: Framing) -> Self {
        let (kind, mut flags) = command.kind_and_flags();
        let run = command.run();
        let mut length = run.length;
        if !filter.payload.is_empty() {
            length = filter.payload.len() as u64;
            flags |= NBD_CMD_FLAG_PAYLOAD_LEN;
        } else if kind == NBD_CMD_WRITE && framing == Framing::Extended {
            flags |= NBD_CMD_FLAG_PAYLOAD_LEN;
        }
        Self::encode(framing, flags, kind, [cookie, run.offset, length])
    }

    /// Of the request to disconnect.
    pub(super) fn disconnect(framing: Framing) -> Self {
        Self::encode(framing, 0, NBD_CMD_DISC, [0; 3])
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn encode(framing: Framing, flags: u16, kind: u16, [cookie, offset, length]: [u64; 3]) -> Self {
        let is_extended = framing == Framing::Extended;
        let magic = if is_extended { NBD_EXTENDED_REQUEST_MAGIC } else { NBD_REQUEST_MAGIC };
        // A compact header has the low half of the length, which is all of it.
        let length = length.to_be_bytes();
        let length = if is_extended { length.as_slice() } else { length.get(4..).unwrap_or_default() };
        let fields = magic.to_be_bytes().into_iter().chain(flags.to_be_bytes()).chain(kind.to_be_bytes());
        let fields = fields.chain(cookie.to_be_bytes()).chain(offset.to_be_bytes());
        let mut bytes = [0; EXTENDED_REQUEST_HEADER_LENGTH];
        bytes.iter_mut().zip(fields.chain(length.iter().copied())).for_each(|(place, byte)| *place = byte);
        Self { bytes, length: framing.request_header_length() }
    }
}

/// Which contexts a block status request is about.
#[derive(Debug, Default)]
pub(super) struct StatusFilter {
    /// Their ids; empty for a request of another kind.
    pub(super) ids: Vec<u32>,
    /// What tells the server so, where it can be told and has to be.
    pub(super) payload: Vec<u8>,
}

impl StatusFilter {
    /// Of a command that was checked.
    pub(super) fn of(command: &Command, export: &Export) -> Self {
        let Command::BlockStatus { run, contexts, .. } = command else { return Self::default() };
        let is_asked = |context: &&Context| contexts.is_empty() || contexts.contains(&context.name);
        let ids: Vec<u32> = export.contexts.iter().filter(is_asked).map(|context| context.id).collect();
        let mut payload = Vec::new();
        if export.can_block_status_payload && ids.len() < export.contexts.len() {
            payload.extend(run.length.to_be_bytes());
            payload.extend(ids.iter().flat_map(|id| id.to_be_bytes()));
        }
        Self { ids, payload }
    }

    /// Whether a status of this context is to be kept; `None` where the server was told to leave it out.
    pub(super) fn keeps(&self, id: u32) -> Option<bool> {
        let is_asked = self.ids.contains(&id);
        (is_asked || self.payload.is_empty()).then_some(is_asked)
    }
}
