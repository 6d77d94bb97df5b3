//! The cryptography: ring's, in the order in which it suits long transfers.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustls::crypto::{CryptoProvider, ring};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion, Tls13CipherSuite};

/// TLS 1.2 is for old peers.
pub(super) const VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// Ring's provider.
///
/// TLS 1.3 renews its keys by itself before they have encrypted what they should (2^24 records with AES-GCM, some
/// 256 GiB); `records_per_key` makes that fewer. TLS 1.2 cannot, so there it prefers ChaCha20-Poly1305, which
/// needs no renewal.
pub(super) fn provider(records_per_key: Option<u64>) -> Arc<CryptoProvider> {
    static USUAL: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(arranged(None)));
    static RENEWING: LazyLock<Mutex<HashMap<u64, Arc<CryptoProvider>>>> = LazyLock::new(Mutex::default);
    let Some(records) = records_per_key else { return Arc::clone(&USUAL) };
    let mut renewing = RENEWING.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(renewing.entry(records).or_insert_with(|| Arc::new(arranged(Some(records)))))
}

fn arranged(records_per_key: Option<u64>) -> CryptoProvider {
    use ring::cipher_suite as suite;
    let tls13 = [
        suite::TLS13_AES_128_GCM_SHA256,
        suite::TLS13_AES_256_GCM_SHA384,
        suite::TLS13_CHACHA20_POLY1305_SHA256,
    ];
    let tls12 = [
        suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ];
    let tls13 = tls13.map(|suite| records_per_key.map_or(suite, |records| renewed_after(suite, records)));
    CryptoProvider { cipher_suites: [&tls13[..], &tls12].concat(), ..ring::default_provider() }
}

/// The suite with another limit. It lives as long as the process, like all of rustls's suites.
fn renewed_after(suite: SupportedCipherSuite, records: u64) -> SupportedCipherSuite {
    let SupportedCipherSuite::Tls13(usual) = suite else { return suite };
    let common = rustls::CipherSuiteCommon { confidentiality_limit: records, ..copy_of(&usual.common) };
    let renewing =
        Tls13CipherSuite { common, hkdf_provider: usual.hkdf_provider, aead_alg: usual.aead_alg, quic: None };
    SupportedCipherSuite::Tls13(Box::leak(Box::new(renewing)))
}

fn copy_of(common: &rustls::CipherSuiteCommon) -> rustls::CipherSuiteCommon {
    rustls::CipherSuiteCommon {
        suite: common.suite,
        hash_provider: common.hash_provider,
        confidentiality_limit: common.confidentiality_limit,
    }
}
