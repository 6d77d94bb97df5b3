//! Replies as a server writes them.

use extent::Run;

use crate::context::Descriptor;
use crate::errno::NbdErrno;
use crate::framing::Framing;
use crate::text;
use crate::wire::{
    NBD_EXTENDED_REPLY_MAGIC, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_BLOCK_STATUS,
    NBD_REPLY_TYPE_BLOCK_STATUS_EXT, NBD_REPLY_TYPE_ERROR, NBD_REPLY_TYPE_NONE, NBD_REPLY_TYPE_OFFSET_DATA,
    NBD_REPLY_TYPE_OFFSET_HOLE, NBD_SIMPLE_REPLY_MAGIC, NBD_STRUCTURED_REPLY_MAGIC,
};

/// Writes the replies to one request into a buffer, in the form that was negotiated.
#[derive(Clone, Copy, Debug)]
pub struct ReplyEncoder {
    cookie: u64,
    offset: u64,
    framing: Framing,
}

impl ReplyEncoder {
    /// For the request of this cookie and offset.
    #[must_use]
    pub fn new(framing: Framing, cookie: u64, offset: u64) -> Self {
        Self { cookie, offset, framing }
    }

    /// A success without data.
    pub fn done(self, out: &mut Vec<u8>) {
        if self.framing == Framing::Extended {
            self.chunk(NBD_REPLY_TYPE_NONE, 0, true, out);
        } else {
            self.simple(0, out);
        }
    }

    /// A failure. For a structured read it ends what was begun, whatever came of it so far.
    pub fn failed(self, errno: NbdErrno, out: &mut Vec<u8>) {
        if !self.framing.has_chunks() {
            return self.simple(errno.to_wire(), out);
        }
        let message = errno.name().as_bytes();
        self.chunk(NBD_REPLY_TYPE_ERROR, 6 + text::length(message), true, out);
        out.extend_from_slice(&errno.to_wire().to_be_bytes());
        out.extend_from_slice(&u16::try_from(message.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(message);
    }

    /// What goes before the data of `run`. A simple reply has all of its data behind one such header.
    pub fn data_header(self, run: Run, is_last: bool, out: &mut Vec<u8>) {
        if !self.framing.has_chunks() {
            return self.simple(0, out);
        }
        let length = u32::try_from(run.length + 8).unwrap_or(u32::MAX);
        self.chunk(NBD_REPLY_TYPE_OFFSET_DATA, length, is_last, out);
        out.extend_from_slice(&run.offset.to_be_bytes());
    }

    /// A part of a read that is zeroes; only for structured replies.
    pub fn hole(self, run: Run, is_last: bool, out: &mut Vec<u8>) {
        self.chunk(NBD_REPLY_TYPE_OFFSET_HOLE, 12, is_last, out);
        out.extend_from_slice(&run.offset.to_be_bytes());
        out.extend_from_slice(&u32::try_from(run.length).unwrap_or(u32::MAX).to_be_bytes());
    }

    /// The status in one context: at least one descriptor, none empty. Not for simple replies.
    pub fn block_status(self, context: u32, descriptors: &[Descriptor], is_last: bool, out: &mut Vec<u8>) {
        if self.framing == Framing::Extended {
            return self.extended_block_status(context, descriptors, is_last, out);
        }
        let length = u32::try_from(4 + 8 * descriptors.len()).unwrap_or(u32::MAX);
        self.chunk(NBD_REPLY_TYPE_BLOCK_STATUS, length, is_last, out);
        out.extend_from_slice(&context.to_be_bytes());
        for descriptor in descriptors {
            // A request's range is shorter than 2^32, and so is each part of it.
            let length = u32::try_from(descriptor.length).unwrap_or(u32::MAX);
            let flags = u32::try_from(descriptor.flags).unwrap_or(0);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&flags.to_be_bytes());
        }
    }

    fn extended_block_status(
        self,
        context: u32,
        descriptors: &[Descriptor],
        is_last: bool,
        out: &mut Vec<u8>,
    ) {
        let count = u32::try_from(descriptors.len()).unwrap_or(u32::MAX);
        self.chunk(
            NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
            8_u32.saturating_add(count.saturating_mul(16)),
            is_last,
            out,
        );
        out.extend_from_slice(&context.to_be_bytes());
        out.extend_from_slice(&count.to_be_bytes());
        for descriptor in descriptors {
            out.extend_from_slice(&descriptor.length.to_be_bytes());
            out.extend_from_slice(&descriptor.flags.to_be_bytes());
        }
    }

    fn simple(self, error: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&NBD_SIMPLE_REPLY_MAGIC.to_be_bytes());
        out.extend_from_slice(&error.to_be_bytes());
        out.extend_from_slice(&self.cookie.to_be_bytes());
    }

    fn chunk(self, kind: u16, length: u32, is_last: bool, out: &mut Vec<u8>) {
        let flags = if is_last { NBD_REPLY_FLAG_DONE } else { 0 };
        let is_extended = self.framing == Framing::Extended;
        let magic = if is_extended { NBD_EXTENDED_REPLY_MAGIC } else { NBD_STRUCTURED_REPLY_MAGIC };
        out.extend_from_slice(&magic.to_be_bytes());
        out.extend_from_slice(&flags.to_be_bytes());
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&self.cookie.to_be_bytes());
        if is_extended {
            out.extend_from_slice(&self.offset.to_be_bytes());
            out.extend_from_slice(&u64::from(length).to_be_bytes());
        } else {
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
}
