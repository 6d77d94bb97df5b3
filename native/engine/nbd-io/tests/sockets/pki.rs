//! Certificates made up for a test, in folders as QEMU and libnbd have them.

use std::fs;
use std::path::{Path, PathBuf};

use nbd_io::server::{Server, ServerOptions};
use nbd_io::{NbdUri, TlsCredentials, Transport};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};

use crate::setup::{TempDir, export, memory};

/// A CA, and a folder that its certificates go to.
pub struct Pki {
    folder: PathBuf,
    ca: Issuer<'static, KeyPair>,
    ca_pem: String,
}

/// When a certificate is valid, in years.
pub type Years = (i32, i32);

pub const VALID: Years = (2020, 2120);
pub const EXPIRED: Years = (2020, 2021);
pub const NOT_YET: Years = (2119, 2120);

impl Pki {
    pub fn new(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let ca_pem = params.self_signed(&key).unwrap().pem();
        let pki = Self { folder, ca: Issuer::new(params, key), ca_pem };
        fs::write(pki.folder.join("ca-cert.pem"), &pki.ca_pem).unwrap();
        pki
    }

    /// All that a server and a client need, for the names `localhost` and 127.0.0.1.
    pub fn complete(folder: PathBuf) -> Self {
        let pki = Self::new(folder);
        pki.issue("server", &["localhost", "127.0.0.1"], VALID);
        pki.issue("client", &[], VALID);
        pki
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes `NAME-cert.pem` and `NAME-key.pem`, anew if they are there.
    pub fn issue(&self, name: &str, subjects: &[&str], years: Years) {
        let subjects: Vec<String> = subjects.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(subjects).unwrap();
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        params.serial_number = Some(SERIAL.into());
        params.extended_key_usages = vec![match name {
            "server" => ExtendedKeyUsagePurpose::ServerAuth,
            _ => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.ca).unwrap();
        self.put(&format!("{name}-cert.pem"), certificate.pem());
        self.put(&format!("{name}-key.pem"), key.serialize_pem());
    }

    /// Makes `ca-crl.pem`, which revokes all that [`issue`](Self::issue) made.
    pub fn revoke_all(&self, years: Years) {
        let revoked = RevokedCertParams {
            serial_number: SERIAL.into(),
            revocation_time: date_time_ymd(2021, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(years.0, 1, 1),
            next_update: date_time_ymd(years.1, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        self.put("ca-crl.pem", list.signed_by(&self.ca).unwrap().pem().unwrap());
    }

    pub fn put(&self, file: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.folder.join(file), contents).unwrap();
    }

    pub fn remove(&self, file: &str) {
        fs::remove_file(self.folder.join(file)).unwrap();
    }

    /// Takes this one's certificate authority for the trusted one.
    pub fn trust(&self, other: &Self) {
        self.put("ca-cert.pem", &other.ca_pem);
    }

    pub fn credentials(&self, verify_peer: bool) -> TlsCredentials {
        TlsCredentials { directory: self.folder.clone(), verify_peer }
    }

    /// Serves 8 MiB of memory as "disk", to clients with a certificate.
    pub fn serve(&self, listen: Transport) -> Server {
        self.serve_to(listen, true)
    }

    pub fn serve_to(&self, listen: Transport, verify_peer: bool) -> Server {
        let options =
            ServerOptions { tls: Some(self.credentials(verify_peer)), ..ServerOptions::new(listen) };
        Server::start(&options, vec![export("disk", memory(8 << 20))]).unwrap()
    }

    /// The URI with this folder; for unix sockets, with the name `localhost`.
    pub fn uri(&self, server: &Server) -> NbdUri {
        let mut uri = server.uri("disk");
        uri.tls_options.certificates = Some(self.folder.clone());
        if matches!(uri.transport, Transport::Unix { .. }) {
            uri.tls_options.hostname = Some("localhost".to_owned());
        }
        uri
    }
}

/// The usual: a folder of the test's with a PKI in it.
pub fn pki(dir: &TempDir) -> Pki {
    Pki::complete(dir.path().join("pki"))
}

const SERIAL: u64 = 77;
