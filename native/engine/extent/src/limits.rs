//! How fine and how large a bitmap can be.

/// The finest granularity, in bytes.
pub const MIN_GRANULARITY: u32 = 512;
/// The coarsest granularity, in bytes.
pub const MAX_GRANULARITY: u32 = 64 << 20;
/// The most granules of one bitmap (1 GiB of bits): 512 TiB at 64 KiB.
pub const MAX_GRANULES: u64 = 1 << 33;
