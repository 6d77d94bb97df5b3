//! Who is let in, who is believed, and what is said about it.

use std::error::Error;

use nbd_io::client::{ConnectOptions, Connection};
use nbd_io::server::{Server, ServerOptions};
use nbd_io::{ErrorKind, NbdError, NbdUri, TlsKind};

use crate::pki::{EXPIRED, NOT_YET, Pki, VALID, pki};
use crate::setup::{TempDir, any_tcp_port, connect, read};

fn refused(uri: &NbdUri) -> NbdError {
    Connection::connect(uri, &ConnectOptions::default()).unwrap_err()
}

/// The sentence behind an error.
fn advice(error: &NbdError) -> String {
    error.source().unwrap().to_string()
}

/// What a client makes of a server whose certificate is for these names and years.
fn judge(subjects: &[&str], years: (i32, i32), hostname: Option<&str>) -> Result<(), NbdError> {
    let dir = TempDir::new();
    let pki = pki(&dir);
    pki.issue("server", subjects, years);
    let server = pki.serve(any_tcp_port());
    let mut uri = pki.uri(&server);
    uri.tls_options.hostname = hostname.map(str::to_owned);
    Connection::connect(&uri, &ConnectOptions::default()).map(Connection::disconnect)
}

#[test]
fn the_name_that_was_connected_to_is_the_certificate_s() {
    judge(&["127.0.0.1"], VALID, None).unwrap();
    judge(&["disks.example"], VALID, Some("disks.example")).unwrap();
    judge(&["*.disks.example"], VALID, Some("a.disks.example")).unwrap();
    for (subjects, hostname) in [
        (&["localhost"][..], None),
        (&["127.0.0.2"], None),
        (&["127.0.0.1"], Some("disks.example")),
        (&["disks.example"], Some("disks.example.com")),
        (&[], None),
    ] {
        let error = judge(subjects, VALID, hostname).unwrap_err();
        assert_eq!(error.kind().code(), "NBD_TLS_HOSTNAME", "{subjects:?} {hostname:?}");
        assert!(advice(&error).contains("tls-hostname"), "{}", advice(&error));
    }
    let error = judge(&["127.0.0.1"], VALID, Some("no name")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TlsHostname);
}

#[test]
fn a_unix_socket_has_a_name_only_if_it_is_given() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let server = pki.serve(dir.unix());
    let mut uri = pki.uri(&server);
    assert_eq!(read(&mut connect(&uri), 0, 512), [0; 512]);
    uri.tls_options.hostname = Some("elsewhere.example".to_owned());
    assert_eq!(refused(&uri).kind(), ErrorKind::TlsHostname);
    uri.tls_options.hostname = None;
    let error = refused(&uri);
    assert_eq!(error.kind(), ErrorKind::TlsHostname);
    assert!(advice(&error).contains("unix socket"), "{}", advice(&error));
}

#[test]
fn certificates_count_as_long_as_they_are_valid() {
    for years in [EXPIRED, NOT_YET] {
        let error = judge(&["127.0.0.1"], years, None).unwrap_err();
        assert_eq!(error.kind().code(), "NBD_TLS_EXPIRED");
    }
    assert!(advice(&judge(&["127.0.0.1"], NOT_YET, None).unwrap_err()).contains("clocks"));
}

#[test]
fn only_a_ca_that_is_trusted_counts() {
    let dir = TempDir::new();
    let ours = pki(&dir);
    let other = Pki::complete(dir.path().join("other"));
    let server = ours.serve(any_tcp_port());
    let error = refused(&other.uri(&server));
    assert_eq!(error.kind().code(), "NBD_TLS_UNTRUSTED");
    assert!(advice(&error).contains("ca-cert.pem"), "{}", advice(&error));

    // Told not to look, it takes any; then the server looks at it.
    let mut uri = other.uri(&server);
    uri.tls_options.verify_peer = Some(false);
    assert_eq!(refused(&uri).kind(), ErrorKind::TlsClientCertificate);
    let mut uri = ours.uri(&server);
    uri.tls_options.verify_peer = Some(false);
    uri.tls_options.hostname = Some("elsewhere.example".to_owned());
    assert_eq!(read(&mut connect(&uri), 0, 512), [0; 512]);
}

#[test]
fn a_server_lets_in_whom_its_ca_knows() {
    let dir = TempDir::new();
    let ours = pki(&dir);
    let server = ours.serve(any_tcp_port());
    let stranger = Pki::complete(dir.path().join("stranger"));
    stranger.trust(&ours);
    let error = refused(&stranger.uri(&server));
    assert_eq!(error.kind().code(), "NBD_TLS_CLIENT_CERTIFICATE");
    assert!(advice(&error).contains("client-cert.pem"), "{}", advice(&error));

    stranger.remove("client-cert.pem");
    stranger.remove("client-key.pem");
    let error = refused(&stranger.uri(&server));
    assert_eq!(error.kind(), ErrorKind::TlsClientCertificate);

    ours.issue("client", &[], EXPIRED);
    assert_eq!(refused(&ours.uri(&server)).kind(), ErrorKind::TlsClientCertificate);
    server.close().unwrap();

    let open = ours.serve_to(any_tcp_port(), false);
    assert_eq!(read(&mut connect(&stranger.uri(&open)), 0, 512), [0; 512]);
}

#[test]
fn who_is_revoked_is_out() {
    let dir = TempDir::new();
    let (server_s, client_s) = (pki(&dir), Pki::complete(dir.path().join("client")));
    client_s.trust(&server_s);
    let server = server_s.serve_to(any_tcp_port(), false);
    let uri = client_s.uri(&server);
    connect(&uri).disconnect();
    let list = |years| {
        server_s.revoke_all(years);
        client_s.put("ca-crl.pem", std::fs::read(server_s.folder().join("ca-crl.pem")).unwrap());
        refused(&uri)
    };
    let error = list(VALID);
    assert_eq!(error.kind(), ErrorKind::TlsUntrusted);
    assert!(advice(&error).contains("revoked"), "{}", advice(&error));
    let error = list(EXPIRED);
    assert_eq!(error.kind(), ErrorKind::TlsCredentials, "{}", advice(&error));
    client_s.put("ca-crl.pem", "");
    assert_eq!(refused(&uri).kind(), ErrorKind::TlsCredentials);

    // The list is the server's own, too.
    server_s.revoke_all(VALID);
    let strict = server_s.serve(any_tcp_port());
    server_s.remove("ca-crl.pem");
    assert_eq!(refused(&server_s.uri(&strict)).kind(), ErrorKind::TlsClientCertificate);
}

#[test]
fn credentials_that_are_of_no_use_are_told_before_anyone_is_spoken_to() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    // Nobody listens there.
    let mut uri = NbdUri::unix(dir.socket(), "disk");
    uri.tls = true;
    uri.tls_options.hostname = Some("localhost".to_owned());
    uri.tls_options.certificates = Some(pki.folder().to_owned());
    assert_eq!(refused(&uri).kind(), ErrorKind::Connect);

    let told = |what: &str| {
        let error = refused(&uri);
        assert_eq!(error.kind().code(), "NBD_TLS_CREDENTIALS", "{error}");
        assert!(advice(&error).contains(what), "{}", advice(&error));
    };
    let key = std::fs::read(pki.folder().join("client-key.pem")).unwrap();
    pki.put(
        "client-key.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    told("passphrase");
    pki.issue("server", &[], VALID);
    pki.put("client-key.pem", std::fs::read(pki.folder().join("server-key.pem")).unwrap());
    told("client-cert.pem");
    pki.remove("client-key.pem");
    told("client-key.pem is missing");
    pki.put("client-key.pem", key);
    pki.put("client-cert.pem", "no certificate");
    told("has no certificate");
    pki.remove("ca-cert.pem");
    told("ca-cert.pem is missing");
}

#[test]
fn a_server_without_usable_credentials_does_not_start() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let start = || {
        let options = ServerOptions { tls: Some(pki.credentials(true)), ..ServerOptions::new(dir.unix()) };
        Server::start(&options, Vec::new()).map(drop)
    };
    start().unwrap();
    pki.put("ca-cert.pem", "");
    assert_eq!(start().unwrap_err().kind(), ErrorKind::TlsCredentials);
    pki.remove("server-key.pem");
    assert!(advice(&start().unwrap_err()).contains("server-key.pem is missing"));
    pki.remove("server-cert.pem");
    assert!(advice(&start().unwrap_err()).contains("server-cert.pem and server-key.pem"));
    assert!(!dir.socket().exists());
}

#[test]
fn what_rustls_cannot_do_is_refused() {
    let dir = TempDir::new();
    let mut uri = NbdUri::unix(dir.socket(), "disk");
    uri.tls = true;
    for (kind, psk_file, word) in [
        (Some(TlsKind::Psk), None, "PSK"),
        (None, Some(dir.path().join("keys.psk")), "PSK"),
        (Some(TlsKind::Anonymous), None, "anonymous"),
    ] {
        uri.tls_options.kind = kind;
        uri.tls_options.psk_file = psk_file;
        let error = refused(&uri);
        assert_eq!(error.kind().code(), "NBD_UNSUPPORTED");
        assert!(advice(&error).contains(word), "{}", advice(&error));
    }
}
