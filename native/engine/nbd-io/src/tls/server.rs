//! TLS as a server does it.

use std::path::Path;
use std::sync::Arc;

use rustls::server::{
    NoServerSessionStorage, ServerConfig, UnbufferedServerConnection, WebPkiClientVerifier,
};

use super::TlsCredentials;
use super::credentials::{Trust, identity, unusable};
use super::failure::TlsFailure;
use super::provider::{VERSIONS, provider};
use super::session::TlsSession;

/// What the connections of a server need for TLS.
#[derive(Clone, Debug)]
pub(crate) struct ServerTls {
    config: Arc<ServerConfig>,
}

impl ServerTls {
    /// Reads the folder: once, when the server starts.
    pub(crate) fn new(credentials: &TlsCredentials) -> Result<Self, TlsFailure> {
        let folder = &credentials.directory;
        let (chain, key) = identity(folder, "server")?.ok_or_else(|| {
            TlsFailure::credentials(format!(
                "{} has no server-cert.pem and server-key.pem: put them there, or name the folder where they are",
                folder.display()
            ))
        })?;
        let provider = provider(None);
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(VERSIONS)?;
        let builder = if credentials.verify_peer {
            let trust = Trust::of_folder(folder)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(trust.roots), provider)
                .with_crls(trust.revocations)
                // A list says who is revoked; who is on none is not.
                .allow_unknown_revocation_status()
                .enforce_revocation_expiration()
                .build()
                .map_err(|error| unusable(&folder.join("ca-cert.pem or ca-crl.pem"), &error))?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(|error| unusable(Path::new("server-cert.pem with server-key.pem"), &error))?;
        // A connection lasts; tickets to resume it are of no use.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        // Its order is that of the provider: TLS 1.2 with keys that last.
        config.ignore_client_order = true;
        Ok(Self { config: Arc::new(config) })
    }

    /// A connection from its first message on.
    pub(crate) fn session(&self) -> Result<TlsSession, TlsFailure> {
        Ok(TlsSession::server(UnbufferedServerConnection::new(Arc::clone(&self.config))?))
    }
}
