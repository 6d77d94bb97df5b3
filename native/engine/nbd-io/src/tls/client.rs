//! TLS as a client does it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nbd_proto::uri::{NbdUri, TlsKind, Transport};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientConfig, ResolvesClientCert, Resumption, UnbufferedClientConnection, WebPkiServerVerifier,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use super::credentials::{Trust, default_folder, identity, unusable};
use super::failure::{CLIENT_CERTIFICATE, TlsFailure};
use super::provider::{VERSIONS, provider};
use super::session::TlsSession;
use crate::error::ErrorKind;

/// What a connection of a client needs for TLS.
#[derive(Debug)]
pub(crate) struct ClientTls {
    config: Arc<ClientConfig>,
    server: ServerName<'static>,
    identity: Arc<ClientIdentity>,
}

impl ClientTls {
    /// Reads what the URI names, or what is at the usual places.
    pub(crate) fn new(uri: &NbdUri, records_per_key: Option<u64>) -> Result<Self, TlsFailure> {
        let options = &uri.tls_options;
        if options.kind == Some(TlsKind::Psk) || options.psk_file.is_some() {
            return Err(unsupported("TLS with pre-shared keys (PSK) is not supported: use certificates"));
        }
        if options.kind == Some(TlsKind::Anonymous) {
            return Err(unsupported(
                "anonymous TLS protects from no one who can get in between: use certificates",
            ));
        }
        let verify = options.verify_peer.unwrap_or(true);
        let server = server_name(uri, verify)?;
        let provider = provider(records_per_key);
        let folder = options.certificates.clone().or_else(default_folder);
        let folder = folder.as_deref();
        let verifier: Arc<dyn ServerCertVerifier> = if verify {
            let trust = folder.map_or_else(Trust::of_system, Trust::of_folder)?;
            verifier(trust, &provider)?
        } else {
            Arc::new(Anyone(Arc::clone(&provider)))
        };
        let identity = Arc::new(ClientIdentity::of_folder(folder, &provider)?);
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(VERSIONS)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(Arc::clone(&identity) as Arc<dyn ResolvesClientCert>);
        // A connection lasts; resuming an earlier one would only skip the checks.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), server, identity })
    }

    /// A connection from its first message on.
    pub(crate) fn session(&self) -> Result<TlsSession, TlsFailure> {
        let connection = UnbufferedClientConnection::new(Arc::clone(&self.config), self.server.clone())?;
        Ok(TlsSession::client(connection))
    }

    /// Why a server may have hung up right after the handshake, which is how some refuse a client's certificate.
    pub(crate) fn suspicion(&self) -> Option<TlsFailure> {
        let has_certificate = self.identity.certificate.is_some();
        let sentence = match (self.identity.was_asked.load(Ordering::Acquire), has_certificate) {
            (false, _) => return None,
            (true, false) => "the server asked for a certificate, got none and hung up",
            (true, true) => "the server asked for a certificate and hung up when it had seen this side's",
        };
        Some(TlsFailure::new(ErrorKind::TlsClientCertificate, format!("{sentence}: {CLIENT_CERTIFICATE}")))
    }
}

/// The name that the server's certificate has to be for.
fn server_name(uri: &NbdUri, verify: bool) -> Result<ServerName<'static>, TlsFailure> {
    let name = match (&uri.tls_options.hostname, &uri.transport) {
        (Some(name), _) => name.as_str(),
        // An address's zone is this host's affair.
        (None, Transport::Tcp { host, .. }) => host.split('%').next().unwrap_or_default(),
        (None, Transport::Unix { .. }) if !verify => "localhost",
        (None, Transport::Unix { .. }) => {
            let sentence = "a unix socket has no name that a certificate could be for: \
                            give the name in the server's certificate as tls-hostname";
            return Err(TlsFailure::new(ErrorKind::TlsHostname, sentence));
        }
    };
    ServerName::try_from(name.to_owned()).map_err(|_| {
        let sentence =
            format!("no certificate can be for the name {name:?}: give another one as tls-hostname");
        TlsFailure::new(ErrorKind::TlsHostname, sentence)
    })
}

fn verifier(trust: Trust, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, TlsFailure> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(trust.roots), Arc::clone(provider))
        .with_crls(trust.revocations)
        // A list says who is revoked; who is on none is not.
        .allow_unknown_revocation_status()
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| unusable(Path::new("ca-crl.pem"), &error))
}

fn unsupported(sentence: &str) -> TlsFailure {
    TlsFailure::new(ErrorKind::Unsupported, sentence)
}

/// This side's certificate, if it has one.
#[derive(Debug)]
struct ClientIdentity {
    certificate: Option<Arc<CertifiedKey>>,
    was_asked: AtomicBool,
}

impl ClientIdentity {
    fn of_folder(folder: Option<&Path>, provider: &CryptoProvider) -> Result<Self, TlsFailure> {
        let found = folder.map_or(Ok(None), |folder| identity(folder, "client"))?;
        let certificate = found
            .map(|(chain, key)| CertifiedKey::from_der(chain, key, provider).map(Arc::new))
            .transpose()
            .map_err(|error| unusable(Path::new("client-cert.pem with client-key.pem"), &error))?;
        Ok(Self { certificate, was_asked: AtomicBool::new(false) })
    }
}

impl ResolvesClientCert for ClientIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Release);
        self.certificate.clone()
    }

    fn has_certs(&self) -> bool {
        // So that it is asked, and remembers.
        true
    }
}

/// Takes any server for the right one, where the user says so (`tls-verify-peer=0`).
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
