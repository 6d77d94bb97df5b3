//! The numbers of the NBD protocol, under the names that its specification gives them.
//!
//! Everything on the wire is big endian.
//! Source: NetworkBlockDevice/nbd doc/proto.md, "Values"; extended headers are in its branch `extension-ext-header`.

/// First eight bytes of every server greeting: `NBDMAGIC`.
pub const NBD_MAGIC: u64 = 0x4e42_444d_4147_4943;
/// Second eight bytes of a newstyle greeting and the start of every option: `IHAVEOPT`.
pub const NBD_OPTS_MAGIC: u64 = 0x4948_4156_454f_5054;
/// Second eight bytes of an oldstyle greeting.
pub const NBD_OLDSTYLE_MAGIC: u64 = 0x0000_4202_8186_1253;
/// Starts every reply to an option.
pub const NBD_REP_MAGIC: u64 = 0x0003_e889_0455_65a9;
/// Starts every request.
pub const NBD_REQUEST_MAGIC: u32 = 0x2560_9513;
/// Starts every simple reply.
pub const NBD_SIMPLE_REPLY_MAGIC: u32 = 0x6744_6698;
/// Starts every chunk of a structured reply.
pub const NBD_STRUCTURED_REPLY_MAGIC: u32 = 0x668e_33ef;
/// Starts every request with extended headers.
pub const NBD_EXTENDED_REQUEST_MAGIC: u32 = 0x21e4_1c71;
/// Starts every reply chunk with extended headers.
pub const NBD_EXTENDED_REPLY_MAGIC: u32 = 0x6e8a_278c;

/// The port that IANA assigned to NBD.
pub const NBD_DEFAULT_PORT: u16 = 10809;
/// Longest string (export name, description, context name, error message), in bytes.
pub const NBD_MAX_STRING: usize = 4096;
/// Largest request or reply payload where nothing else was negotiated, in bytes.
pub const NBD_DEFAULT_MAX_PAYLOAD: u32 = 32 << 20;
/// Most descriptors in one block status chunk.
pub const NBD_MAX_DESCRIPTORS: usize = 1 << 20;

/// Length of a request header.
pub const REQUEST_HEADER_LENGTH: usize = 28;
/// Length of a simple reply's header.
pub const SIMPLE_REPLY_LENGTH: usize = 16;
/// Length of a structured reply chunk's header.
pub const CHUNK_HEADER_LENGTH: usize = 20;
/// Length of a request header where extended headers were negotiated.
pub const EXTENDED_REQUEST_HEADER_LENGTH: usize = 32;
/// Length of a reply chunk's header where extended headers were negotiated.
pub const EXTENDED_CHUNK_HEADER_LENGTH: usize = 32;
/// Length of an option's header.
pub const OPTION_HEADER_LENGTH: usize = 16;
/// Length of an option reply's header.
pub const OPTION_REPLY_HEADER_LENGTH: usize = 20;
/// Zeroes after the reply to `NBD_OPT_EXPORT_NAME`, unless both sides said `NO_ZEROES`.
pub const EXPORT_NAME_PADDING: usize = 124;

/// Handshake flag: options other than `EXPORT_NAME` work, errors get replies.
pub const NBD_FLAG_FIXED_NEWSTYLE: u16 = 1 << 0;
/// Handshake flag: no padding after `EXPORT_NAME`.
pub const NBD_FLAG_NO_ZEROES: u16 = 1 << 1;
/// Client flag: fixed newstyle is understood.
pub const NBD_FLAG_C_FIXED_NEWSTYLE: u32 = 1 << 0;
/// Client flag: no padding is wanted.
pub const NBD_FLAG_C_NO_ZEROES: u32 = 1 << 1;

/// Transmission flag: the flags field is valid.
pub const NBD_FLAG_HAS_FLAGS: u16 = 1 << 0;
/// Transmission flag: writes are refused.
pub const NBD_FLAG_READ_ONLY: u16 = 1 << 1;
/// Transmission flag: `NBD_CMD_FLUSH` works.
pub const NBD_FLAG_SEND_FLUSH: u16 = 1 << 2;
/// Transmission flag: `NBD_CMD_FLAG_FUA` works.
pub const NBD_FLAG_SEND_FUA: u16 = 1 << 3;
/// Transmission flag: a rotating medium.
pub const NBD_FLAG_ROTATIONAL: u16 = 1 << 4;
/// Transmission flag: `NBD_CMD_TRIM` works.
pub const NBD_FLAG_SEND_TRIM: u16 = 1 << 5;
/// Transmission flag: `NBD_CMD_WRITE_ZEROES` works.
pub const NBD_FLAG_SEND_WRITE_ZEROES: u16 = 1 << 6;
/// Transmission flag: `NBD_CMD_FLAG_DF` works.
pub const NBD_FLAG_SEND_DF: u16 = 1 << 7;
/// Transmission flag: a flush on one connection covers all.
pub const NBD_FLAG_CAN_MULTI_CONN: u16 = 1 << 8;
/// Transmission flag: `NBD_CMD_CACHE` works.
pub const NBD_FLAG_SEND_CACHE: u16 = 1 << 10;
/// Transmission flag: `NBD_CMD_FLAG_FAST_ZERO` works.
pub const NBD_FLAG_SEND_FAST_ZERO: u16 = 1 << 11;
/// Transmission flag: block status can be asked for some of the chosen contexts.
pub const NBD_FLAG_BLOCK_STATUS_PAYLOAD: u16 = 1 << 12;

/// Option: choose an export and begin transmission, without a way to report errors.
pub const NBD_OPT_EXPORT_NAME: u32 = 1;
/// Option: end the negotiation.
pub const NBD_OPT_ABORT: u32 = 2;
/// Option: list exports.
pub const NBD_OPT_LIST: u32 = 3;
/// Option: upgrade to TLS.
pub const NBD_OPT_STARTTLS: u32 = 5;
/// Option: describe an export.
pub const NBD_OPT_INFO: u32 = 6;
/// Option: describe an export and begin transmission.
pub const NBD_OPT_GO: u32 = 7;
/// Option: reads are answered in chunks.
pub const NBD_OPT_STRUCTURED_REPLY: u32 = 8;
/// Option: list an export's metadata contexts.
pub const NBD_OPT_LIST_META_CONTEXT: u32 = 9;
/// Option: choose metadata contexts for block status.
pub const NBD_OPT_SET_META_CONTEXT: u32 = 10;
/// Option: headers have 64-bit lengths, and every reply comes in chunks.
pub const NBD_OPT_EXTENDED_HEADERS: u32 = 11;

/// Option reply: done.
pub const NBD_REP_ACK: u32 = 1;
/// Option reply: an export of a list.
pub const NBD_REP_SERVER: u32 = 2;
/// Option reply: a piece of information about an export.
pub const NBD_REP_INFO: u32 = 3;
/// Option reply: a metadata context.
pub const NBD_REP_META_CONTEXT: u32 = 4;
/// Set in every error reply to an option.
pub const NBD_REP_FLAG_ERROR: u32 = 1 << 31;
/// Option error: unknown option.
pub const NBD_REP_ERR_UNSUP: u32 = NBD_REP_FLAG_ERROR + 1;
/// Option error: forbidden.
pub const NBD_REP_ERR_POLICY: u32 = NBD_REP_FLAG_ERROR + 2;
/// Option error: malformed.
pub const NBD_REP_ERR_INVALID: u32 = NBD_REP_FLAG_ERROR + 3;
/// Option error: not on this platform.
pub const NBD_REP_ERR_PLATFORM: u32 = NBD_REP_FLAG_ERROR + 4;
/// Option error: TLS first.
pub const NBD_REP_ERR_TLS_REQD: u32 = NBD_REP_FLAG_ERROR + 5;
/// Option error: no such export.
pub const NBD_REP_ERR_UNKNOWN: u32 = NBD_REP_FLAG_ERROR + 6;
/// Option error: the server is going away.
pub const NBD_REP_ERR_SHUTDOWN: u32 = NBD_REP_FLAG_ERROR + 7;
/// Option error: the client has to ask for block sizes.
pub const NBD_REP_ERR_BLOCK_SIZE_REQD: u32 = NBD_REP_FLAG_ERROR + 8;
/// Option error: too much data in the option.
pub const NBD_REP_ERR_TOO_BIG: u32 = NBD_REP_FLAG_ERROR + 9;
/// Option error: extended headers first.
pub const NBD_REP_ERR_EXT_HEADER_REQD: u32 = NBD_REP_FLAG_ERROR + 10;

/// Information: size and transmission flags.
pub const NBD_INFO_EXPORT: u16 = 0;
/// Information: canonical name.
pub const NBD_INFO_NAME: u16 = 1;
/// Information: a line for humans.
pub const NBD_INFO_DESCRIPTION: u16 = 2;
/// Information: block size constraints.
pub const NBD_INFO_BLOCK_SIZE: u16 = 3;

/// Command: read.
pub const NBD_CMD_READ: u16 = 0;
/// Command: write.
pub const NBD_CMD_WRITE: u16 = 1;
/// Command: disconnect; has no reply.
pub const NBD_CMD_DISC: u16 = 2;
/// Command: flush.
pub const NBD_CMD_FLUSH: u16 = 3;
/// Command: trim.
pub const NBD_CMD_TRIM: u16 = 4;
/// Command: prefetch.
pub const NBD_CMD_CACHE: u16 = 5;
/// Command: write zeroes.
pub const NBD_CMD_WRITE_ZEROES: u16 = 6;
/// Command: block status.
pub const NBD_CMD_BLOCK_STATUS: u16 = 7;

/// Command flag: on stable storage before the reply.
pub const NBD_CMD_FLAG_FUA: u16 = 1 << 0;
/// Command flag: write zeroes allocates.
pub const NBD_CMD_FLAG_NO_HOLE: u16 = 1 << 1;
/// Command flag: answer a read with one data chunk.
pub const NBD_CMD_FLAG_DF: u16 = 1 << 2;
/// Command flag: one block status descriptor.
pub const NBD_CMD_FLAG_REQ_ONE: u16 = 1 << 3;
/// Command flag: write zeroes quickly or not at all.
pub const NBD_CMD_FLAG_FAST_ZERO: u16 = 1 << 4;
/// Command flag, with extended headers only: the header's length is that of a payload behind it.
pub const NBD_CMD_FLAG_PAYLOAD_LEN: u16 = 1 << 5;

/// Chunk flag: the last one of a reply.
pub const NBD_REPLY_FLAG_DONE: u16 = 1 << 0;
/// Chunk: nothing (more) to say.
pub const NBD_REPLY_TYPE_NONE: u16 = 0;
/// Chunk: data read.
pub const NBD_REPLY_TYPE_OFFSET_DATA: u16 = 1;
/// Chunk: a range that reads as zeroes.
pub const NBD_REPLY_TYPE_OFFSET_HOLE: u16 = 2;
/// Chunk: block status descriptors of one context.
pub const NBD_REPLY_TYPE_BLOCK_STATUS: u16 = 5;
/// Chunk: the same with 64-bit fields, where extended headers were negotiated.
pub const NBD_REPLY_TYPE_BLOCK_STATUS_EXT: u16 = 6;
/// Set in every error chunk's type.
pub const NBD_REPLY_TYPE_FLAG_ERROR: u16 = 1 << 15;
/// Chunk: the request failed.
pub const NBD_REPLY_TYPE_ERROR: u16 = NBD_REPLY_TYPE_FLAG_ERROR + 1;
/// Chunk: the request failed at an offset.
pub const NBD_REPLY_TYPE_ERROR_OFFSET: u16 = NBD_REPLY_TYPE_FLAG_ERROR + 2;

/// The metadata context of allocation.
pub const BASE_ALLOCATION: &str = "base:allocation";
/// `base:allocation`: not allocated.
pub const NBD_STATE_HOLE: u32 = 1 << 0;
/// `base:allocation`: reads as zeroes.
pub const NBD_STATE_ZERO: u32 = 1 << 1;
/// Names of QEMU's dirty bitmap contexts begin so; the bitmap's name follows.
///
/// Source: QEMU docs/interop/nbd.rst.
pub const QEMU_DIRTY_BITMAP: &str = "qemu:dirty-bitmap:";
/// `qemu:dirty-bitmap:NAME`: written since the bitmap was made or cleared.
pub const NBD_STATE_DIRTY: u32 = 1 << 0;
