//! Requests as callers make them, checked before they are sent.

use extent::Run;
use thiserror::Error;

use crate::export::Export;
use crate::wire::{
    NBD_CMD_BLOCK_STATUS, NBD_CMD_CACHE, NBD_CMD_FLAG_DF, NBD_CMD_FLAG_FAST_ZERO, NBD_CMD_FLAG_FUA,
    NBD_CMD_FLAG_NO_HOLE, NBD_CMD_FLAG_REQ_ONE, NBD_CMD_FLUSH, NBD_CMD_READ, NBD_CMD_TRIM, NBD_CMD_WRITE,
    NBD_CMD_WRITE_ZEROES,
};

/// A request. Offsets and lengths are in bytes, and keep to the export's [`BlockSize`](crate::export::BlockSize).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Fills the whole buffer. On failure its contents are undefined.
    Read {
        /// From where.
        offset: u64,
        /// Where to; comes back with the completion.
        buffer: Vec<u8>,
        /// Have it answered in one piece.
        dont_fragment: bool,
    },
    /// Writes the whole buffer.
    Write {
        /// To where.
        offset: u64,
        /// What; comes back with the completion.
        buffer: Vec<u8>,
        /// Have it on stable storage before the reply.
        fua: bool,
    },
    /// Reads what the caller takes off the connection itself; see [`Session::aside`](super::Session::aside).
    ReadAside {
        /// From where, and how much.
        run: Run,
    },
    /// Writes what the caller puts on the connection itself; see
    /// [`Session::transmit_aside`](super::Session::transmit_aside).
    WriteAside {
        /// To where, and how much.
        run: Run,
    },
    /// Makes a range read as zeroes.
    Zero {
        /// The range.
        run: Run,
        /// The range may become a hole; without, it has to be allocated.
        may_unmap: bool,
        /// Fail with `ENOTSUP` rather than be slow.
        fast: bool,
        /// Have it on stable storage before the reply.
        fua: bool,
    },
    /// Gives a range's space back; afterwards it reads as anything.
    Trim {
        /// The range.
        run: Run,
        /// Have it on stable storage before the reply.
        fua: bool,
    },
    /// Has the server prefetch a range.
    Cache {
        /// The range.
        run: Run,
    },
    /// Puts all completed writes on stable storage.
    Flush,
    /// Asks what the chosen contexts say of a range.
    BlockStatus {
        /// The range.
        run: Run,
        /// One descriptor a context is enough.
        request_one: bool,
        /// Which of the export's contexts; all where this is empty. A server that cannot be told
        /// ([`Export::can_block_status_payload`]) answers for all, and what was not asked for is dropped.
        contexts: Vec<String>,
    },
}

/// Why a request was refused before it was sent: the caller asked for what cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Length zero, for which the protocol defines no effect.
    #[error("a request of no bytes")]
    Empty,
    /// Not all of the range is in the export.
    #[error("the range ends beyond the export's {size} bytes")]
    BeyondEnd {
        /// The export's size.
        size: u64,
    },
    /// Offset or length is no multiple of the minimum block size.
    #[error("offset and length have to be multiples of {minimum} bytes")]
    Unaligned {
        /// The minimum block size.
        minimum: u32,
    },
    /// Longer than one request can be.
    #[error("the request is longer than {maximum} bytes")]
    TooLong {
        /// The longest possible.
        maximum: u64,
    },
    /// Not one of the metadata contexts that the connection has.
    #[error("a metadata context that was not agreed on with the server")]
    UnknownContext,
    /// The export is read-only.
    #[error("the export is read-only")]
    ReadOnly,
    /// The server does not offer this command, or this way of it.
    #[error("the server does not support this request")]
    Unsupported,
    /// The server has said that it is going away: it is asked nothing any more.
    #[error("the server is shutting down")]
    ServerShutdown,
}

impl Command {
    /// What the command is about. A flush is about no bytes in particular.
    #[must_use]
    pub fn run(&self) -> Run {
        match self {
            Self::Read { offset, buffer, .. } | Self::Write { offset, buffer, .. } => {
                Run::new(*offset, buffer.len() as u64)
            }
            Self::ReadAside { run }
            | Self::WriteAside { run }
            | Self::Zero { run, .. }
            | Self::Trim { run, .. }
            | Self::Cache { run }
            | Self::BlockStatus { run, .. } => *run,
            Self::Flush => Run::new(0, 0),
        }
    }

    /// The command's name, in the protocol's words.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Read { .. } | Self::ReadAside { .. } => "read",
            Self::Write { .. } | Self::WriteAside { .. } => "write",
            Self::Zero { .. } => "write zeroes",
            Self::Trim { .. } => "trim",
            Self::Cache { .. } => "cache",
            Self::Flush => "flush",
            Self::BlockStatus { .. } => "block status",
        }
    }

    /// Whether the export takes this command. The answer names the first reason why not.
    pub fn check(&self, export: &Export) -> Result<(), RequestError> {
        let changes = self.is_write() || matches!(self, Self::Zero { .. } | Self::Trim { .. });
        if export.read_only && changes {
            return Err(RequestError::ReadOnly);
        }
        if !self.is_supported(export) {
            return Err(RequestError::Unsupported);
        }
        match self {
            Self::Flush => return Ok(()),
            Self::BlockStatus { contexts, .. }
                if contexts.iter().any(|name| export.context(name).is_none()) =>
            {
                return Err(RequestError::UnknownContext);
            }
            _ => {}
        }
        let run = self.run();
        let end = run.offset.checked_add(run.length);
        let end =
            end.filter(|end| *end <= export.size).ok_or(RequestError::BeyondEnd { size: export.size })?;
        if run.length == 0 {
            return Err(RequestError::Empty);
        }
        // Where the export is no multiple of its block size, its tail can only be reached unaligned.
        let minimum = u64::from(export.block_size.minimum);
        if !run.offset.is_multiple_of(minimum) || !end.is_multiple_of(minimum) && end != export.size {
            return Err(RequestError::Unaligned { minimum: export.block_size.minimum });
        }
        let maximum = if self.is_read() || self.is_write() {
            u64::from(export.block_size.maximum_payload)
        } else {
            export.framing.longest_effect()
        };
        if run.length > maximum { Err(RequestError::TooLong { maximum }) } else { Ok(()) }
    }

    pub(super) fn is_read(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::ReadAside { .. })
    }

    fn is_write(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::WriteAside { .. })
    }

    fn is_supported(&self, export: &Export) -> bool {
        match self {
            Self::ReadAside { .. } | Self::WriteAside { .. } => true,
            Self::Read { dont_fragment, .. } => export.can_df || !dont_fragment,
            Self::Write { fua, .. } => export.can_fua || !fua,
            Self::Zero { fast, fua, .. } => {
                export.can_zero && (export.can_fast_zero || !fast) && (export.can_fua || !fua)
            }
            Self::Trim { fua, .. } => export.can_trim && (export.can_fua || !fua),
            Self::Cache { .. } => export.can_cache,
            Self::Flush => export.can_flush,
            Self::BlockStatus { .. } => !export.contexts.is_empty(),
        }
    }

    pub(super) fn kind_and_flags(&self) -> (u16, u16) {
        let flag = |set: bool, flag: u16| if set { flag } else { 0 };
        match self {
            Self::ReadAside { .. } => (NBD_CMD_READ, 0),
            Self::WriteAside { .. } => (NBD_CMD_WRITE, 0),
            Self::Read { dont_fragment, .. } => (NBD_CMD_READ, flag(*dont_fragment, NBD_CMD_FLAG_DF)),
            Self::Write { fua, .. } => (NBD_CMD_WRITE, flag(*fua, NBD_CMD_FLAG_FUA)),
            Self::Zero { may_unmap, fast, fua, .. } => (
                NBD_CMD_WRITE_ZEROES,
                flag(!may_unmap, NBD_CMD_FLAG_NO_HOLE)
                    | flag(*fast, NBD_CMD_FLAG_FAST_ZERO)
                    | flag(*fua, NBD_CMD_FLAG_FUA),
            ),
            Self::Trim { fua, .. } => (NBD_CMD_TRIM, flag(*fua, NBD_CMD_FLAG_FUA)),
            Self::Cache { .. } => (NBD_CMD_CACHE, 0),
            Self::Flush => (NBD_CMD_FLUSH, 0),
            Self::BlockStatus { request_one, .. } => {
                (NBD_CMD_BLOCK_STATUS, flag(*request_one, NBD_CMD_FLAG_REQ_ONE))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Framing;

    fn export() -> Export {
        let mut export = Export::new("x".to_owned(), 10_000, 0b1110_0001).unwrap();
        export.block_size.minimum = 4096;
        export
    }

    fn read(offset: u64, length: usize) -> Command {
        Command::Read { offset, buffer: vec![0; length], dont_fragment: false }
    }

    #[test]
    fn requests_keep_to_the_export() {
        let check = |command: Command| command.check(&export());
        assert_eq!(check(read(0, 4096)), Ok(()));
        assert_eq!(check(read(8192, 1808)), Ok(()), "the tail ends where the export does");
        assert_eq!(check(read(8192, 1000)), Err(RequestError::Unaligned { minimum: 4096 }));
        assert_eq!(check(read(1, 4096)), Err(RequestError::Unaligned { minimum: 4096 }));
        assert_eq!(check(read(8192, 4096)), Err(RequestError::BeyondEnd { size: 10_000 }));
        assert_eq!(check(read(u64::MAX, 4096)), Err(RequestError::BeyondEnd { size: 10_000 }));
        assert_eq!(check(read(4096, 0)), Err(RequestError::Empty));
        assert_eq!(check(Command::Flush), Err(RequestError::Unsupported));
        assert_eq!(
            check(Command::Write { offset: 0, buffer: vec![0; 4096], fua: true }),
            Err(RequestError::Unsupported)
        );
        assert_eq!(
            check(Command::BlockStatus { run: Run::new(0, 4096), request_one: false, contexts: Vec::new() }),
            Err(RequestError::Unsupported)
        );
        let whole = Command::Read { offset: 0, buffer: vec![0; 4096], dont_fragment: true };
        let without_df = Export { can_df: false, ..export() };
        assert_eq!(whole.check(&without_df), Err(RequestError::Unsupported));
        assert_eq!(check(whole), Ok(()));
    }

    #[test]
    fn a_read_only_export_is_not_written() {
        let mut export = export();
        export.read_only = true;
        let trim = Command::Trim { run: Run::new(0, 4096), fua: false };
        assert_eq!(trim.check(&export), Err(RequestError::ReadOnly));
        assert_eq!(read(0, 4096).check(&export), Ok(()));
    }

    #[test]
    fn lengths_beyond_32_bits_and_beyond_the_payload_limit_are_refused() {
        let mut export = Export::new("x".to_owned(), 1 << 40, 0b1110_0001).unwrap();
        export.block_size.maximum_payload = 65536;
        assert_eq!(read(0, 65536 + 512).check(&export), Err(RequestError::TooLong { maximum: 65536 }));
        let trim =
            |export: &Export, length| Command::Trim { run: Run::new(0, length), fua: false }.check(export);
        assert_eq!(trim(&export, (1 << 32) - 512), Ok(()));
        assert_eq!(trim(&export, 1 << 32), Err(RequestError::TooLong { maximum: u64::from(u32::MAX) }));
        export.framing = Framing::Extended;
        assert_eq!(trim(&export, 1 << 40), Ok(()));
        assert_eq!(trim(&export, (1 << 40) + 512), Err(RequestError::BeyondEnd { size: 1 << 40 }));
        assert_eq!(read(0, 65536 + 512).check(&export), Err(RequestError::TooLong { maximum: 65536 }));
    }
}
