//! Why there is no TLS, or none any more.

use std::error::Error;
use std::{fmt, io};

use rustls::{AlertDescription, CertRevocationListError, CertificateError, PeerIncompatible};

use crate::error::ErrorKind;

/// A failure of TLS: its kind, and a sentence that says what to do.
#[derive(Debug)]
pub(crate) struct TlsFailure {
    kind: ErrorKind,
    sentence: String,
}

impl TlsFailure {
    pub(super) fn new(kind: ErrorKind, sentence: impl Into<String>) -> Self {
        Self { kind, sentence: sentence.into() }
    }

    /// This side's certificates are not there or of no use.
    pub(super) fn credentials(sentence: impl Into<String>) -> Self {
        Self::new(ErrorKind::TlsCredentials, sentence)
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The failure behind an error of a socket, if that is what it is.
    pub(crate) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref().and_then(|inner| inner.downcast_ref())
    }
}

impl From<rustls::Error> for TlsFailure {
    fn from(error: rustls::Error) -> Self {
        match &error {
            rustls::Error::InvalidCertificate(reason) => of_certificate(reason, &error),
            rustls::Error::NoCertificatesPresented => Self::new(
                ErrorKind::TlsClientCertificate,
                "the client has shown no certificate: give it client-cert.pem and client-key.pem",
            ),
            rustls::Error::AlertReceived(alert) => of_alert(*alert, &error),
            rustls::Error::InvalidCertRevocationList(reason) => of_revocation_list(reason, &error),
            rustls::Error::InvalidMessage(_) => Self::new(
                ErrorKind::Tls,
                format!("the peer sent what is not TLS where TLS was agreed on ({error})"),
            ),
            rustls::Error::EncryptError => Self::new(
                ErrorKind::Tls,
                "the keys of this TLS 1.2 connection are used up: connect anew, or let the peer do TLS 1.3",
            ),
            rustls::Error::PeerIncompatible(
                PeerIncompatible::NoCipherSuitesInCommon
                | PeerIncompatible::NoKxGroupsInCommon
                | PeerIncompatible::NoSignatureSchemesInCommon
                | PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::SupportedVersionsExtensionRequired,
            ) => Self::new(
                ErrorKind::Tls,
                format!("the peer's TLS is too old or too narrow: TLS 1.2 or 1.3 is needed ({error})"),
            ),
            _ => Self::new(ErrorKind::Tls, format!("TLS failed: {error}")),
        }
    }
}

impl From<rustls::Error> for Box<TlsFailure> {
    fn from(error: rustls::Error) -> Self {
        Self::new(error.into())
    }
}

impl From<TlsFailure> for io::Error {
    fn from(failure: TlsFailure) -> Self {
        Self::new(io::ErrorKind::InvalidData, failure)
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentence)
    }
}

impl Error for TlsFailure {}

fn of_certificate(reason: &CertificateError, error: &rustls::Error) -> TlsFailure {
    use CertificateError as Reason;
    let (kind, advice) = match reason {
        Reason::Expired | Reason::ExpiredContext { .. } => {
            (ErrorKind::TlsExpired, "the peer's certificate has expired: have a new one made")
        }
        Reason::NotValidYet | Reason::NotValidYetContext { .. } => (
            ErrorKind::TlsExpired,
            "the peer's certificate is not valid yet: set the clocks of both sides right",
        ),
        Reason::NotValidForName | Reason::NotValidForNameContext { .. } => (
            ErrorKind::TlsHostname,
            "the server's certificate is for another name: connect by a name that it is for, or give that name as tls-hostname",
        ),
        Reason::UnknownIssuer | Reason::BadSignature => (
            ErrorKind::TlsUntrusted,
            "no CA that is trusted has signed the peer's certificate: put its CA's certificate into ca-cert.pem",
        ),
        Reason::Revoked => {
            (ErrorKind::TlsUntrusted, "the peer's certificate was revoked: have a new one made")
        }
        Reason::ExpiredRevocationList | Reason::ExpiredRevocationListContext { .. } => {
            (ErrorKind::TlsCredentials, "the list of revoked certificates is out of date: renew ca-crl.pem")
        }
        _ => (ErrorKind::TlsUntrusted, "the peer's certificate is not acceptable"),
    };
    TlsFailure::new(kind, format!("{advice} ({error})"))
}

fn of_alert(alert: AlertDescription, error: &rustls::Error) -> TlsFailure {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRequired
        | Alert::NoCertificate
        | Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied => TlsFailure::new(
            ErrorKind::TlsClientCertificate,
            format!(
                "the peer does not accept this side's certificate, or wants one: {CLIENT_CERTIFICATE} ({error})"
            ),
        ),
        _ => TlsFailure::new(ErrorKind::Tls, format!("the peer gave TLS up ({error})")),
    }
}

fn of_revocation_list(reason: &CertRevocationListError, error: &rustls::Error) -> TlsFailure {
    let advice = match reason {
        CertRevocationListError::BadSignature => "ca-crl.pem was not signed by a CA of ca-cert.pem",
        _ => "ca-crl.pem is of no use",
    };
    TlsFailure::credentials(format!("{advice} ({error})"))
}

/// What a client does about a server that asks who it is.
pub(super) const CLIENT_CERTIFICATE: &str = "put client-cert.pem and client-key.pem, signed by a CA that the server trusts, into the folder of tls-certificates";
