//! How a peer can break the protocol, and what of ours it cannot carry.

use thiserror::Error;

/// The peer broke the protocol: nothing that it says afterwards can be understood or trusted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The greeting is not NBD's.
    #[error("the peer does not speak NBD")]
    NotNbd,
    /// The server speaks oldstyle, which can name no export and was withdrawn from the protocol.
    #[error("the server speaks the withdrawn oldstyle NBD; restart it in newstyle mode")]
    Oldstyle,
    /// Handshake flags that the specification does not define.
    #[error("unknown handshake flags {0:#x}")]
    HandshakeFlags(u32),
    /// A message does not begin with its magic number.
    #[error("a message does not begin with its magic number ({0:#x})")]
    Magic(u64),
    /// A message is shorter than its fields, or longer.
    #[error("a message is shorter or longer than its contents")]
    Truncated,
    /// A message is longer than such a message can be.
    #[error("a message of {length} bytes is longer than allowed")]
    TooLong {
        /// Announced bytes.
        length: u64,
    },
    /// A string is not UTF-8, contains NUL, or is longer than 4096 bytes.
    #[error("a string is not UTF-8, contains NUL or is longer than 4096 bytes")]
    String,
    /// More options than a client can have a use for.
    #[error("too many options")]
    TooManyOptions,
    /// Something came in plain text behind the agreement to begin TLS, which a peer does not send.
    #[error("plain text came where TLS was to begin: someone may have put it there")]
    PlainTextBeforeTls,
    /// More replies to one option than such an option can have.
    #[error("too many replies to one option")]
    TooManyReplies,
    /// A reply to another option than the one that is open, or of a type that it cannot have.
    #[error("unexpected reply of type {kind:#x} to option {option}")]
    OptionReply {
        /// The option that the reply is for.
        option: u32,
        /// Its type.
        kind: u32,
    },
    /// `NBD_OPT_GO` or `NBD_OPT_INFO` succeeded without size and flags.
    #[error("the server describes the export without its size")]
    MissingExportInfo,
    /// The size is 2^63 or more.
    #[error("the export's size {0} is 2^63 bytes or more")]
    Size(u64),
    /// Block sizes that contradict the specification.
    #[error("impossible block sizes: minimum {minimum}, preferred {preferred}, maximum {maximum}")]
    BlockSize {
        /// Announced minimum.
        minimum: u32,
        /// Announced preferred size.
        preferred: u32,
        /// Announced largest payload.
        maximum: u32,
    },
    /// Metadata contexts that were not asked for, or with the same id.
    #[error("metadata contexts that were not asked for, or the same one twice")]
    Contexts,
    /// A reply to no request that is in flight.
    #[error("a reply to no request (cookie {0:#x})")]
    Cookie(u64),
    /// A reply of a form that was not negotiated, or that cannot answer its request.
    #[error("a reply of a form that its request cannot have")]
    ReplyForm,
    /// A reply to a request names another offset than the request did.
    #[error("a reply names offset {0}, its request another")]
    ReplyOffset(u64),
    /// A chunk type that is unknown, or that cannot answer its request.
    #[error("a reply chunk of type {0:#x} does not answer its request")]
    ChunkType(u16),
    /// Data outside of the range that was read, or the same range twice.
    #[error("read data lies outside of the request or overlaps")]
    ReadRange,
    /// A read succeeded although not all data came.
    #[error("a read succeeded although a part of its data is missing")]
    ReadGap,
    /// A read came in more pieces than can be kept track of.
    #[error("a read came in too many pieces")]
    ReadFragments,
    /// Block status descriptors that are empty, too many, or past the range that was asked for; a context that
    /// was not asked for, or the status of one that was is missing or there twice.
    #[error("impossible block status")]
    BlockStatus,
    /// An error chunk without an error.
    #[error("an error reply carries no error")]
    NoError,
}

/// What the caller wants to send cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LimitError {
    /// A name or description is longer than 4096 bytes or contains NUL.
    #[error("a name is longer than 4096 bytes or contains NUL")]
    Name,
    /// An export of 2^63 bytes or more.
    #[error("an export of {0} bytes is too large: less than 2^63 are possible")]
    Size(u64),
}
