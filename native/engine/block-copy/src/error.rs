//! Why a copy or a comparison ended early.

use std::error::Error;
use std::fmt;
use std::io;

use extent::Run;
use nbd_io::NbdErrno;

/// Which endpoint an error is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where the copy reads; the first one of a comparison.
    Source,
    /// Where the copy writes; the second one of a comparison.
    Destination,
}

/// What went wrong, coarse enough to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An NBD connection or request failed.
    Nbd(nbd_io::ErrorKind),
    /// A file, a device or another system resource failed.
    Io(io::ErrorKind),
    /// [`cancel`](crate::Copier::cancel) was called.
    Cancelled,
    /// The destination is smaller than the source.
    DestinationSmaller,
    /// The destination cannot be written.
    DestinationReadOnly,
    /// The server does not offer the meta context asked for.
    ContextMissing,
    /// A dirty map is of a device of another size than the source.
    MapSize,
    /// The peer answered against the protocol: no progress, a wrong length, another size than before.
    Protocol,
    /// An option or a limit of an endpoint makes the copy impossible.
    Options,
    /// A bug in this engine: a worker ended by a panic.
    Internal,
}

impl ErrorKind {
    /// The stable name of the kind: what callers match.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Nbd(kind) => kind.code(),
            Self::Io(kind) => io_code(kind),
            Self::Cancelled => "CANCELLED",
            Self::DestinationSmaller => "SIZE_DESTINATION_SMALLER",
            Self::DestinationReadOnly => "DESTINATION_READ_ONLY",
            Self::ContextMissing => "CONTEXT_MISSING",
            Self::MapSize => "MAP_SIZE",
            Self::Protocol => "ENDPOINT_PROTOCOL",
            Self::Options => "INVALID_OPTIONS",
            Self::Internal => "INTERNAL",
        }
    }

    /// Whether another way may be tried: nothing was done.
    pub(crate) fn is_unsupported(self) -> bool {
        use nbd_io::ErrorKind as Nbd;
        match self {
            Self::Nbd(kind) => matches!(kind, Nbd::Unsupported | Nbd::Server(NbdErrno::Enotsup)),
            Self::Io(kind) => kind == io::ErrorKind::Unsupported,
            _ => false,
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Nbd(_) => "the NBD request failed",
            Self::Io(_) => "the I/O failed",
            Self::Cancelled => "cancelled",
            Self::DestinationSmaller => "the destination is smaller than the source",
            Self::DestinationReadOnly => "the destination is read-only",
            Self::ContextMissing => "the server does not offer the meta context",
            Self::MapSize => "the dirty map is of a device of another size",
            Self::Protocol => "the endpoint gave an answer that cannot be",
            Self::Options => "the options do not fit the endpoints",
            Self::Internal => "internal error: a worker panicked",
        }
    }
}

/// The first failure of a pass: what, where, and why.
#[derive(Debug)]
pub struct CopyError {
    kind: ErrorKind,
    side: Option<Side>,
    offset: Option<u64>,
    length: Option<u64>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl CopyError {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self { kind, side: None, offset: None, length: None, source: None }
    }

    pub(crate) fn caused(kind: ErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Box::new(source)), ..Self::new(kind) }
    }

    /// Says whose error it is, unless that is known.
    pub(crate) fn of(self, side: Side) -> Self {
        Self { side: self.side.or(Some(side)), ..self }
    }

    /// Says what range it is about, unless that is known.
    pub(crate) fn over(self, run: Run) -> Self {
        Self { offset: self.offset.or(Some(run.offset)), length: self.length.or(Some(run.length)), ..self }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The stable code: `NBD_*` as nbd-io has them, `IO_*`, `CANCELLED`, ...
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Whose error it is; `None` where it is neither's, as with a cancelled pass.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        self.side
    }

    /// First byte of the range it is about.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// Bytes of the range it is about.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }
}

impl From<io::Error> for CopyError {
    fn from(error: io::Error) -> Self {
        Self::caused(ErrorKind::Io(error.kind()), error)
    }
}

impl From<nbd_io::NbdError> for CopyError {
    fn from(error: nbd_io::NbdError) -> Self {
        let (offset, length) = (error.offset(), error.length());
        Self { offset, length, ..Self::caused(ErrorKind::Nbd(error.kind()), error) }
    }
}

impl From<rustix::io::Errno> for CopyError {
    fn from(error: rustix::io::Errno) -> Self {
        io::Error::from(error).into()
    }
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.side {
            Some(Side::Source) => f.write_str("source: ")?,
            Some(Side::Destination) => f.write_str("destination: ")?,
            None => {}
        }
        f.write_str(self.kind.sentence())?;
        if let (Some(offset), Some(length)) = (self.offset, self.length) {
            write!(f, " ({length} bytes at offset {offset})")?;
        }
        Ok(())
    }
}

impl Error for CopyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

fn io_code(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => "IO_ENOENT",
        io::ErrorKind::AlreadyExists => "IO_EEXIST",
        io::ErrorKind::IsADirectory => "IO_EISDIR",
        io::ErrorKind::PermissionDenied => "IO_EACCES",
        io::ErrorKind::ReadOnlyFilesystem => "IO_EROFS",
        io::ErrorKind::StorageFull => "IO_ENOSPC",
        io::ErrorKind::QuotaExceeded => "IO_EDQUOT",
        io::ErrorKind::FileTooLarge => "IO_EFBIG",
        io::ErrorKind::InvalidInput => "IO_EINVAL",
        io::ErrorKind::Unsupported => "IO_ENOTSUP",
        io::ErrorKind::OutOfMemory => "IO_ENOMEM",
        io::ErrorKind::UnexpectedEof => "IO_EOF",
        // What the system reports as EIO has no kind of its own.
        _ => "IO_EIO",
    }
}
