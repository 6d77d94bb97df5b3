//! Metadata contexts and what block status says in them.

/// A metadata context that a connection has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Context {
    /// The server's number for it on this connection; without meaning where contexts are only listed.
    pub id: u32,
    /// `base:allocation`, `qemu:dirty-bitmap:NAME`, ...
    pub name: String,
}

/// The status of consecutive ranges in one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextStatus {
    /// The context.
    pub context: Context,
    /// Consecutive ranges, from the offset that was asked for on. At least one, none empty, and together
    /// at most the length that was asked for: possibly less.
    pub descriptors: Vec<Descriptor>,
}

/// A range and its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Bytes.
    pub length: u64,
    /// What the context says of them, such as `NBD_STATE_HOLE | NBD_STATE_ZERO`.
    pub flags: u64,
}
