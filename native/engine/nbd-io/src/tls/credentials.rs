//! A folder of certificates, with the file names that QEMU and libnbd use.

use std::io;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use super::failure::TlsFailure;

/// Who is trusted: the CAs of `ca-cert.pem`, less what `ca-crl.pem` revokes.
pub(super) struct Trust {
    pub(super) roots: RootCertStore,
    pub(super) revocations: Vec<CertificateRevocationListDer<'static>>,
}

/// A certificate with those of the CAs between it and the root, and its key.
pub(super) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Trust {
    /// From a folder.
    pub(super) fn of_folder(folder: &Path) -> Result<Self, TlsFailure> {
        let file = folder.join(CA);
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&file)? {
            roots.add(certificate).map_err(|error| unusable(&file, &error))?;
        }
        let revoked = folder.join(REVOCATIONS);
        let revocations = if revoked.exists() { read_all(&revoked, "CRL")? } else { Vec::new() };
        Ok(Self { roots, revocations })
    }

    /// Whoever the system trusts.
    pub(super) fn of_system() -> Result<Self, TlsFailure> {
        let bundle = SYSTEM_BUNDLES.iter().map(Path::new).find(|bundle| bundle.exists());
        let bundle = bundle.ok_or_else(|| {
            TlsFailure::credentials(
                "there is no folder of certificates and the system trusts no CA: name a folder by tls-certificates",
            )
        })?;
        let mut roots = RootCertStore::empty();
        // Among the system's many there may be some that are too old to be understood.
        roots.add_parsable_certificates(certificates(bundle)?);
        Ok(Self { roots, revocations: Vec::new() })
    }
}

/// `NAME-cert.pem` and `NAME-key.pem`; `None` where there is neither.
pub(super) fn identity(folder: &Path, name: &str) -> Result<Option<Identity>, TlsFailure> {
    let (certificate, key) =
        (folder.join(format!("{name}-cert.pem")), folder.join(format!("{name}-key.pem")));
    if !certificate.exists() && !key.exists() {
        return Ok(None);
    }
    let chain = certificates(&certificate)?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsFailure::credentials(format!(
            "{} has no private key that can be read; one with a passphrase cannot: store it without",
            key.display()
        )),
        error => unreadable(&key, &error),
    })?;
    Ok(Some((chain, key)))
}

/// Where a client's certificates are when it is not told: as libnbd looks for them.
pub(super) fn default_folder() -> Option<PathBuf> {
    let candidates = if rustix::process::geteuid().is_root() {
        vec![PathBuf::from("/etc/pki/libnbd")]
    } else {
        let home = PathBuf::from(env::var_os("HOME")?);
        vec![home.join(".pki/libnbd"), home.join(".config/pki/libnbd")]
    };
    candidates.into_iter().find(|folder| folder.join(CA).exists())
}

/// A file that is there but of no use.
pub(super) fn unusable(file: &Path, reason: &dyn std::error::Error) -> TlsFailure {
    TlsFailure::credentials(format!("{} is of no use: {reason}", file.display()))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFailure> {
    read_all(file, "certificate")
}

fn read_all<T: PemObject>(file: &Path, what: &str) -> Result<Vec<T>, TlsFailure> {
    let text = fs::read(file).map_err(|error| unreadable(file, &pem::Error::Io(error)))?;
    let items: Vec<T> =
        T::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|error| unreadable(file, &error))?;
    if items.is_empty() {
        return Err(TlsFailure::credentials(format!("{} has no {what} in PEM form", file.display())));
    }
    Ok(items)
}

fn unreadable(file: &Path, error: &pem::Error) -> TlsFailure {
    let shown = file.display();
    TlsFailure::credentials(match error {
        pem::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("{shown} is missing: put the PEM file there, or name the folder where it is")
        }
        pem::Error::Io(error) => format!("{shown} cannot be read: {error}"),
        error => format!("{shown} is no PEM file: {error}"),
    })
}

const CA: &str = "ca-cert.pem";
const REVOCATIONS: &str = "ca-crl.pem";

/// The system's CAs: Debian and Alpine, Fedora and its like, SUSE, macOS and the BSDs.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/var/lib/ca-certificates/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
