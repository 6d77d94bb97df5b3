//! What a server says of an export.

use crate::context::Context;
use crate::error::ProtocolError;
use crate::framing::Framing;
use crate::wire::{
    NBD_DEFAULT_MAX_PAYLOAD, NBD_FLAG_BLOCK_STATUS_PAYLOAD, NBD_FLAG_CAN_MULTI_CONN, NBD_FLAG_HAS_FLAGS,
    NBD_FLAG_READ_ONLY, NBD_FLAG_ROTATIONAL, NBD_FLAG_SEND_CACHE, NBD_FLAG_SEND_DF, NBD_FLAG_SEND_FAST_ZERO,
    NBD_FLAG_SEND_FLUSH, NBD_FLAG_SEND_FUA, NBD_FLAG_SEND_TRIM, NBD_FLAG_SEND_WRITE_ZEROES,
};

/// An export as its server describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one transmission flag of the protocol")]
pub struct Export {
    /// The name: the server's canonical one where it told one, else as asked for.
    pub name: String,
    /// A line for humans.
    pub description: Option<String>,
    /// Bytes; less than 2^63.
    pub size: u64,
    /// Writes are refused.
    pub read_only: bool,
    /// Several connections see each other's writes, and a flush on one covers all.
    pub can_multi_conn: bool,
    /// Flush works.
    pub can_flush: bool,
    /// Writes can be asked to be on stable storage before they are answered.
    pub can_fua: bool,
    /// Trim works.
    pub can_trim: bool,
    /// Write zeroes works.
    pub can_zero: bool,
    /// Write zeroes can be asked to be quick or fail.
    pub can_fast_zero: bool,
    /// Prefetching works.
    pub can_cache: bool,
    /// Reads can be asked not to be fragmented.
    pub can_df: bool,
    /// Block status can be asked for some of the chosen contexts.
    pub can_block_status_payload: bool,
    /// A rotating medium.
    pub rotational: bool,
    /// The sizes that requests have to keep to.
    pub block_size: BlockSize,
    /// The metadata contexts: those chosen on a connection, or all that exist where exports are listed.
    pub contexts: Vec<Context>,
    /// What was negotiated.
    pub framing: Framing,
}

impl Export {
    /// The export behind a size and transmission flags; the rest is as where nothing more is said.
    pub fn new(name: String, size: u64, flags: u16) -> Result<Self, ProtocolError> {
        if size >= 1 << 63 {
            return Err(ProtocolError::Size(size));
        }
        // Without HAS_FLAGS the other bits mean nothing.
        let has = |flag| flags & NBD_FLAG_HAS_FLAGS != 0 && flags & flag != 0;
        Ok(Self {
            name,
            description: None,
            size,
            read_only: has(NBD_FLAG_READ_ONLY),
            can_multi_conn: has(NBD_FLAG_CAN_MULTI_CONN),
            can_flush: has(NBD_FLAG_SEND_FLUSH),
            can_fua: has(NBD_FLAG_SEND_FUA),
            can_trim: has(NBD_FLAG_SEND_TRIM),
            can_zero: has(NBD_FLAG_SEND_WRITE_ZEROES),
            can_fast_zero: has(NBD_FLAG_SEND_WRITE_ZEROES) && has(NBD_FLAG_SEND_FAST_ZERO),
            can_cache: has(NBD_FLAG_SEND_CACHE),
            can_df: has(NBD_FLAG_SEND_DF),
            can_block_status_payload: has(NBD_FLAG_BLOCK_STATUS_PAYLOAD),
            rotational: has(NBD_FLAG_ROTATIONAL),
            block_size: BlockSize::unadvertised(size),
            contexts: Vec::new(),
            framing: Framing::Simple,
        })
    }

    /// Adds what was negotiated. Flags that mean nothing with it are dropped.
    pub(crate) fn negotiated(self, framing: Framing, contexts: Vec<Context>) -> Self {
        Self {
            framing,
            can_df: self.can_df && framing.has_chunks(),
            can_block_status_payload: self.can_block_status_payload && framing == Framing::Extended,
            contexts,
            ..self
        }
    }

    /// Which chosen context has this name.
    #[must_use]
    pub fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == name)
    }
}

/// The sizes that requests have to keep to, in bytes.
///
/// Source: proto.md, "Block size constraints".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockSize {
    /// Offsets and lengths are multiples of it, but for a request that ends where the export does.
    pub minimum: u32,
    /// Requests of this size and alignment cost least.
    pub preferred: u32,
    /// Largest read and write; `u32::MAX` where the server knows no limit.
    pub maximum_payload: u32,
    /// Whether the server said so; otherwise these are the specification's defaults.
    pub advertised: bool,
}

impl BlockSize {
    /// What to keep to where the server does not say.
    #[must_use]
    pub fn unadvertised(size: u64) -> Self {
        // An export that is no multiple of 512 has no larger blocks than bytes.
        let minimum = if size.is_multiple_of(512) { 512 } else { 1 };
        Self { minimum, preferred: 4096, maximum_payload: NBD_DEFAULT_MAX_PAYLOAD, advertised: false }
    }

    /// What the server says, checked.
    pub fn advertised(
        minimum: u32,
        preferred: u32,
        maximum: u32,
        export_size: u64,
    ) -> Result<Self, ProtocolError> {
        let possible = minimum.is_power_of_two()
            && minimum <= MAX_MINIMUM
            && preferred.is_power_of_two()
            && preferred >= minimum.max(512)
            && (maximum == u32::MAX || maximum.is_multiple_of(minimum) && maximum != 0)
            && u64::from(maximum) >= u64::from(preferred).min(export_size);
        if !possible {
            return Err(ProtocolError::BlockSize { minimum, preferred, maximum });
        }
        Ok(Self { minimum, preferred, maximum_payload: maximum, advertised: true })
    }
}

/// Largest minimum block size.
const MAX_MINIMUM: u32 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_2_to_the_63_and_more_are_refused() {
        let export = |size| Export::new(String::new(), size, 1).map(|export| export.size);
        for size in [0, 1, 511, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, (1 << 63) - 1] {
            assert_eq!(export(size), Ok(size));
        }
        for size in [1 << 63, u64::MAX] {
            assert_eq!(export(size), Err(ProtocolError::Size(size)));
        }
    }

    #[test]
    fn flags_count_only_with_has_flags() {
        assert!(Export::new(String::new(), 0, 0b11).unwrap().read_only);
        assert!(!Export::new(String::new(), 0, 0b10).unwrap().read_only);
    }

    #[test]
    fn block_sizes_are_checked() {
        let check =
            |minimum, preferred, maximum| BlockSize::advertised(minimum, preferred, maximum, 1 << 30).is_ok();
        assert!(check(1, 4096, 32 << 20));
        assert!(check(65536, 65536, 65536));
        assert!(check(4096, 4096, u32::MAX));
        assert!(!check(0, 4096, 32 << 20));
        assert!(!check(3, 4096, 32 << 20));
        assert!(!check(131_072, 131_072, 32 << 20));
        assert!(!check(4096, 512, 32 << 20));
        assert!(!check(1, 256, 32 << 20));
        assert!(!check(512, 4096, 1000));
        assert!(!check(512, 4096, 2048));
        assert!(BlockSize::advertised(1, 4096, 1024, 1000).is_ok());
    }
}
