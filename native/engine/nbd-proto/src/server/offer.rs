//! An export as a server offers it.

use crate::error::LimitError;
use crate::export::BlockSize;
use crate::framing::Framing;
use crate::text;
use crate::wire::{
    NBD_FLAG_BLOCK_STATUS_PAYLOAD, NBD_FLAG_HAS_FLAGS, NBD_FLAG_SEND_DF, NBD_INFO_BLOCK_SIZE,
    NBD_INFO_DESCRIPTION, NBD_INFO_EXPORT, NBD_INFO_NAME,
};

/// An export that clients can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    name: String,
    description: String,
    size: u64,
    flags: u16,
    block_size: BlockSize,
    contexts: Vec<String>,
}

impl Offer {
    /// An export of `size` bytes (less than 2^63) with these transmission flags and metadata contexts.
    ///
    /// `NBD_FLAG_HAS_FLAGS`, `NBD_FLAG_SEND_DF` and `NBD_FLAG_BLOCK_STATUS_PAYLOAD` follow of themselves. Fails where a string cannot be sent
    /// or the size is too large.
    pub fn new(
        name: String,
        description: String,
        size: u64,
        flags: u16,
        block_size: BlockSize,
        contexts: Vec<String>,
    ) -> Result<Self, LimitError> {
        if size >= 1 << 63 {
            return Err(LimitError::Size(size));
        }
        [&name, &description].into_iter().chain(&contexts).try_for_each(|text| text::check(text))?;
        Ok(Self { name, description, size, flags, block_size, contexts })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A line for humans; may be empty.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Its metadata contexts, in the order of their numbers on a connection.
    #[must_use]
    pub fn contexts(&self) -> &[String] {
        &self.contexts
    }

    /// Size and flags as they go over the wire, to a client that has chosen contexts or not.
    pub(super) fn size_and_flags(&self, framing: Framing, has_contexts: bool) -> [u8; 10] {
        let mut flags = self.flags | NBD_FLAG_HAS_FLAGS;
        if framing.has_chunks() {
            flags |= NBD_FLAG_SEND_DF;
        }
        if framing == Framing::Extended && has_contexts {
            flags |= NBD_FLAG_BLOCK_STATUS_PAYLOAD;
        }
        let mut bytes = [0; 10];
        let fields = self.size.to_be_bytes().into_iter().chain(flags.to_be_bytes());
        bytes.iter_mut().zip(fields).for_each(|(place, byte)| *place = byte);
        bytes
    }

    /// The payload of an information reply; `None` where there is nothing to tell.
    pub(super) fn info(&self, kind: u16, framing: Framing, has_contexts: bool) -> Option<Vec<u8>> {
        let mut payload = kind.to_be_bytes().to_vec();
        match kind {
            NBD_INFO_EXPORT => payload.extend(self.size_and_flags(framing, has_contexts)),
            NBD_INFO_NAME => payload.extend(self.name.bytes()),
            NBD_INFO_DESCRIPTION if !self.description.is_empty() => payload.extend(self.description.bytes()),
            NBD_INFO_BLOCK_SIZE => {
                let BlockSize { minimum, preferred, maximum_payload, .. } = self.block_size;
                payload.extend([minimum, preferred, maximum_payload].into_iter().flat_map(u32::to_be_bytes));
            }
            _ => return None,
        }
        Some(payload)
    }

    /// The numbers of the contexts that a query selects. A namespace (`base:`, `qemu:`) or a prefix that
    /// ends with a colon stands for all below it where `listing`.
    pub(super) fn select(&self, query: &str, listing: bool) -> impl Iterator<Item = usize> {
        let matches =
            move |name: &str| name == query || listing && query.ends_with(':') && name.starts_with(query);
        self.contexts.iter().enumerate().filter(move |(_, name)| matches(name)).map(|(index, _)| index)
    }
}
