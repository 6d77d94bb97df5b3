//! Why something with NBD failed.

use std::error::Error;
use std::{fmt, io};

use extent::Run;
use nbd_proto::client::{Failure, HandshakeError, RefusalReason, RequestError};
use nbd_proto::errno::NbdErrno;
use nbd_proto::error::{LimitError, ProtocolError};
use nbd_proto::uri::NbdUri;
use nbd_proto::wire::NBD_OPT_STARTTLS;

use crate::tls::TlsFailure;

/// An error: its kind, what was being done, and what lies behind it ([`Error::source`]).
#[derive(Debug)]
pub struct NbdError {
    kind: ErrorKind,
    operation: &'static str,
    run: Option<Run>,
    uri: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What kind of failure it was. Match on it, or on its [`code`](ErrorKind::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server cannot be reached.
    Connect,
    /// The server cannot listen where it should.
    Listen,
    /// The server refused an option that cannot be done without.
    Handshake,
    /// The server has no such export.
    ExportNotFound,
    /// The server insists on TLS.
    TlsRequired,
    /// TLS was asked for and the server does not do it.
    TlsRefused,
    /// This side's certificates are missing, cannot be read, or do not fit together.
    TlsCredentials,
    /// No CA that is trusted has signed the peer's certificate, or it was revoked.
    TlsUntrusted,
    /// The peer's certificate has expired, or is not valid yet.
    TlsExpired,
    /// The server's certificate is for another name.
    TlsHostname,
    /// The server wants a certificate of this side, or does not accept the one it has.
    TlsClientCertificate,
    /// TLS failed in another way: what the peer sends is no TLS, or none that can be agreed on.
    Tls,
    /// The server's policy forbids it.
    Policy,
    /// The peer broke the protocol; the connection is dead.
    Protocol,
    /// The peer took too long; the connection is dead.
    Timeout,
    /// The connection is gone.
    Disconnected,
    /// The server failed the request; the connection is fine.
    Server(NbdErrno),
    /// The request was refused before it was sent.
    InvalidRequest,
    /// Not supported by this side, or by the peer.
    Unsupported,
}

impl ErrorKind {
    /// The stable code, `"NBD_TIMEOUT"`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Connect => "NBD_CONNECT",
            Self::Listen => "NBD_LISTEN",
            Self::Handshake => "NBD_HANDSHAKE",
            Self::ExportNotFound => "NBD_EXPORT_NOT_FOUND",
            Self::TlsRequired => "NBD_TLS_REQUIRED",
            Self::TlsRefused => "NBD_TLS_REFUSED",
            Self::TlsCredentials => "NBD_TLS_CREDENTIALS",
            Self::TlsUntrusted => "NBD_TLS_UNTRUSTED",
            Self::TlsExpired => "NBD_TLS_EXPIRED",
            Self::TlsHostname => "NBD_TLS_HOSTNAME",
            Self::TlsClientCertificate => "NBD_TLS_CLIENT_CERTIFICATE",
            Self::Tls => "NBD_TLS",
            Self::Policy => "NBD_POLICY",
            Self::Protocol => "NBD_PROTOCOL",
            Self::Timeout => "NBD_TIMEOUT",
            Self::Disconnected => "NBD_DISCONNECTED",
            Self::Server(NbdErrno::Eperm) => "NBD_EPERM",
            Self::Server(NbdErrno::Eio) => "NBD_EIO",
            Self::Server(NbdErrno::Enomem) => "NBD_ENOMEM",
            Self::Server(NbdErrno::Einval) => "NBD_EINVAL",
            Self::Server(NbdErrno::Enospc) => "NBD_ENOSPC",
            Self::Server(NbdErrno::Eoverflow) => "NBD_EOVERFLOW",
            Self::Server(NbdErrno::Enotsup) => "NBD_ENOTSUP",
            Self::Server(NbdErrno::Eshutdown) => "NBD_ESHUTDOWN",
            Self::InvalidRequest => "NBD_INVALID_REQUEST",
            Self::Unsupported => "NBD_UNSUPPORTED",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Connect => "cannot reach the NBD server",
            Self::Listen => "cannot listen for NBD clients",
            Self::Handshake => "the NBD server refused the connection's options",
            Self::ExportNotFound => "the NBD server has no such export",
            Self::TlsRequired => "the NBD server requires TLS",
            Self::TlsRefused => "the NBD server does not do TLS, which was asked for",
            Self::TlsCredentials => "the TLS credentials are of no use",
            Self::TlsUntrusted => "the NBD peer's certificate is not trusted",
            Self::TlsExpired => "the NBD peer's certificate is not valid now",
            Self::TlsHostname => "the NBD server's certificate is not for its name",
            Self::TlsClientCertificate => "the NBD server does not accept this client's certificate",
            Self::Tls => "TLS with the NBD peer failed",
            Self::Policy => "the NBD server's policy forbids it",
            Self::Protocol => "the NBD peer broke the protocol",
            Self::Timeout => "the NBD peer did not answer in time",
            Self::Disconnected => "the NBD peer closed the connection",
            Self::Server(errno) => return write!(out, "the NBD server failed the request with {errno}"),
            Self::InvalidRequest => "the NBD request is invalid",
            Self::Unsupported => "not supported",
        })
    }
}

impl NbdError {
    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What was being done: `"connect"`, `"read"`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// First byte of the request that failed.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.run.map(|run| run.offset)
    }

    /// Bytes of the request that failed.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.run.map(|run| run.length)
    }

    /// Who could not be connected to, or where it could not be listened.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    pub(crate) fn new(kind: ErrorKind, operation: &'static str) -> Self {
        Self { kind, operation, run: None, uri: None, source: None }
    }

    pub(crate) fn caused_by(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// Names the request. One that is about no bytes in particular (a flush) has no range.
    pub(crate) fn at(self, run: Run) -> Self {
        Self { run: Some(run).filter(|run| run.length > 0), ..self }
    }

    /// Names the peer, or the place.
    pub(crate) fn with(self, uri: &NbdUri) -> Self {
        Self { uri: Some(uri.to_string()), ..self }
    }

    /// A failed system call on an established connection.
    pub(crate) fn transport(operation: &'static str, source: io::Error) -> Self {
        let kind = TlsFailure::of(&source).map_or(ErrorKind::Disconnected, TlsFailure::kind);
        Self::new(kind, operation).caused_by(source)
    }

    /// TLS that failed before or beside the connection.
    pub(crate) fn tls(operation: &'static str, source: TlsFailure) -> Self {
        Self::new(source.kind(), operation).caused_by(source)
    }

    pub(crate) fn protocol(operation: &'static str, source: ProtocolError) -> Self {
        let kind = match source {
            ProtocolError::Oldstyle => ErrorKind::Unsupported,
            _ => ErrorKind::Protocol,
        };
        Self::new(kind, operation).caused_by(source)
    }

    pub(crate) fn handshake(source: HandshakeError) -> Self {
        let refusal = match source {
            HandshakeError::Protocol(broken) => return Self::protocol("handshake", broken),
            HandshakeError::Refused(refusal) => refusal,
        };
        let kind = match refusal.reason {
            RefusalReason::Shutdown => ErrorKind::Server(NbdErrno::Eshutdown),
            _ if refusal.option == NBD_OPT_STARTTLS => ErrorKind::TlsRefused,
            RefusalReason::TlsRequired => ErrorKind::TlsRequired,
            RefusalReason::UnknownExport => ErrorKind::ExportNotFound,
            RefusalReason::Policy => ErrorKind::Policy,
            RefusalReason::Unsupported => ErrorKind::Unsupported,
            _ => ErrorKind::Handshake,
        };
        Self::new(kind, "handshake").caused_by(refusal)
    }

    /// A name or size that the protocol cannot carry.
    pub(crate) fn limit(operation: &'static str, source: LimitError) -> Self {
        Self::new(ErrorKind::InvalidRequest, operation).caused_by(source)
    }

    pub(crate) fn request(operation: &'static str, run: Run, source: RequestError) -> Self {
        let kind = match source {
            RequestError::Unsupported => ErrorKind::Unsupported,
            RequestError::ServerShutdown => ErrorKind::Server(NbdErrno::Eshutdown),
            _ => ErrorKind::InvalidRequest,
        };
        Self::new(kind, operation).at(run).caused_by(source)
    }

    pub(crate) fn server(operation: &'static str, run: Run, source: Failure) -> Self {
        Self::new(ErrorKind::Server(source.errno), operation).at(run).caused_by(source)
    }
}

impl fmt::Display for NbdError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.operation, self.kind)?;
        match (self.run, &self.uri) {
            (Some(run), _) => write!(out, " (offset {}, {} bytes)", run.offset, run.length),
            (None, Some(uri)) => write!(out, " ({uri})"),
            (None, None) => Ok(()),
        }
    }
}

impl Error for NbdError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
