//! NBD URIs: `nbd://host:port/export`, `nbd+unix:///export?socket=PATH`, and `nbds` for both.
//!
//! Source: NetworkBlockDevice/nbd doc/uri.md; RFC 3986; `tls-certificates` and `tls-psk-file` are libnbd's.

mod format;
mod parse;
mod percent;

use std::path::PathBuf;

use thiserror::Error;

/// Where an export is found, and how to get there.
///
/// Parses with [`str::parse`], formats with [`ToString`]; the two are inverse to each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NbdUri {
    /// The server's address.
    pub transport: Transport,
    /// The export's name, decoded; may be empty (the default export) and begin with a slash.
    pub export: String,
    /// Whether the scheme demands TLS (`nbds`, `nbds+unix`). It is never given up where it is demanded.
    pub tls: bool,
    /// Who the client says it is (TLS-PSK), decoded.
    pub user: Option<String>,
    /// How TLS is to be set up.
    pub tls_options: TlsOptions,
}

impl NbdUri {
    /// `nbd://host:port/export`.
    #[must_use]
    pub fn tcp(host: impl Into<String>, port: u16, export: impl Into<String>) -> Self {
        Self::plain(Transport::Tcp { host: host.into(), port }, export.into())
    }

    /// `nbd+unix:///export?socket=path`.
    #[must_use]
    pub fn unix(path: impl Into<PathBuf>, export: impl Into<String>) -> Self {
        Self::plain(Transport::Unix { path: path.into() }, export.into())
    }

    /// A URI of this transport and export, without TLS.
    #[must_use]
    pub fn plain(transport: Transport, export: String) -> Self {
        Self { transport, export, tls: false, user: None, tls_options: TlsOptions::default() }
    }
}

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP.
    Tcp {
        /// Name or address; IPv6 without brackets.
        host: String,
        /// Port; 10809 where a URI names none. To listen on 0 takes any free one.
        port: u16,
    },
    /// A unix stream socket.
    Unix {
        /// Path of the socket file.
        path: PathBuf,
    },
}

/// The TLS parameters of a URI's query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsOptions {
    /// `tls-type`: how the sides authenticate.
    pub kind: Option<TlsKind>,
    /// `tls-certificates`: folder with `ca-cert.pem`, `client-cert.pem`, `client-key.pem`.
    pub certificates: Option<PathBuf>,
    /// `tls-psk-file`: file with `user:key` lines.
    pub psk_file: Option<PathBuf>,
    /// `tls-hostname`: the name that the server's certificate has to be for.
    pub hostname: Option<String>,
    /// `tls-verify-peer`: whether the server's identity is checked; unset means yes.
    pub verify_peer: Option<bool>,
}

/// Values of `tls-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsKind {
    /// No authentication.
    Anonymous,
    /// Certificates.
    X509,
    /// Pre-shared keys.
    Psk,
}

/// Why a text is no NBD URI.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UriError {
    /// The scheme is none of `nbd`, `nbds`, `nbd+unix`, `nbds+unix`, or `//` does not follow it.
    #[error("an NBD URI begins with nbd://, nbds://, nbd+unix:// or nbds+unix://")]
    Scheme,
    /// The host is malformed, such as an IPv6 address without its bracket.
    #[error("the host is malformed; IPv6 addresses go in brackets")]
    Host,
    /// The port is no number up to 65535.
    #[error("the port is not a number from 0 to 65535")]
    Port,
    /// A unix URI names a host.
    #[error("a unix socket URI has no host: write nbd+unix:///EXPORT?socket=PATH")]
    HostWithUnix,
    /// A unix URI lacks `socket=`, or it is empty.
    #[error("a unix socket URI needs the parameter socket=PATH")]
    MissingSocket,
    /// `%` without two hexadecimal digits.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    PercentEscape,
    /// Decoded text is not UTF-8.
    #[error("the decoded text is not UTF-8")]
    NotUtf8,
    /// Decoded text contains NUL.
    #[error("the decoded text contains a NUL byte")]
    Nul,
    /// The export's name is longer than the protocol's 4096 bytes.
    #[error("the export name is longer than 4096 bytes")]
    ExportTooLong,
    /// A space, a control character or a fragment.
    #[error("the URI contains a character that has to be percent-encoded")]
    Character,
    /// A query parameter that means nothing here.
    #[error("unknown query parameter {name:?}")]
    UnknownParameter {
        /// Its name.
        name: String,
    },
    /// A query parameter twice.
    #[error("query parameter {name:?} is given twice")]
    DuplicateParameter {
        /// Its name.
        name: String,
    },
    /// A query parameter has a value that it cannot have.
    #[error("query parameter {name:?} has an invalid value")]
    ParameterValue {
        /// Its name.
        name: String,
    },
}
