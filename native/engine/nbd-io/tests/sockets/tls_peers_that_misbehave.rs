//! Peers that refuse, cut, inject or babble where TLS begins: never a plain connection, never a wait for ever.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use nbd_io::client::{ConnectOptions, Connection};
use nbd_io::server::{Server, ServerOptions};
use nbd_io::{ErrorKind, NbdError, NbdUri};
use nbd_proto::wire::*;

use crate::pki::{Pki, pki};
use crate::raw_client::RawClient;
use crate::scripted_server::{ScriptedServer, wait_for_end};
use crate::setup::{TempDir, connect, export, memory, read};

/// Greets, waits for STARTTLS, and answers with a reply of this kind and what comes behind it, in one piece.
fn answer_starttls(client: &mut UnixStream, kind: u32, behind: &[u8]) {
    let flags = NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES;
    client.write_all(&[&b"NBDMAGICIHAVEOPT"[..], &flags.to_be_bytes()].concat()).unwrap();
    let mut said = [0; 4 + OPTION_HEADER_LENGTH];
    client.read_exact(&mut said).unwrap();
    assert_eq!(said[12..16], NBD_OPT_STARTTLS.to_be_bytes(), "nothing comes before STARTTLS");
    client.write_all(&[&reply(NBD_OPT_STARTTLS, kind)[..], behind].concat()).unwrap();
}

fn reply(option: u32, kind: u32) -> Vec<u8> {
    [&NBD_REP_MAGIC.to_be_bytes()[..], &option.to_be_bytes(), &kind.to_be_bytes(), &[0; 4]].concat()
}

fn option(option: u32) -> Vec<u8> {
    [&NBD_OPTS_MAGIC.to_be_bytes()[..], &option.to_be_bytes(), &[0; 4]].concat()
}

/// What a client that wants TLS makes of a server that does what the script says.
fn judge(script: impl FnOnce(UnixStream) + Send + 'static) -> NbdError {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let server = ScriptedServer::start(&dir, script);
    let short = Duration::from_millis(300);
    let options = ConnectOptions { handshake_timeout: short, ..ConnectOptions::default() };
    Connection::connect(&secure(&server.uri, &pki), &options).unwrap_err()
}

fn secure(uri: &NbdUri, pki: &Pki) -> NbdUri {
    let mut uri = NbdUri { tls: true, ..uri.clone() };
    uri.tls_options.certificates = Some(pki.folder().to_owned());
    uri.tls_options.hostname = Some("localhost".to_owned());
    uri
}

#[test]
fn a_server_that_does_no_tls_is_not_spoken_to_in_plain() {
    for kind in [NBD_REP_ERR_UNSUP, NBD_REP_ERR_POLICY, NBD_REP_ERR_PLATFORM, NBD_REP_ERR_TLS_REQD] {
        let error = judge(move |mut client| {
            answer_starttls(&mut client, kind, &[]);
            let mut more = Vec::new();
            client.read_to_end(&mut more).unwrap();
            assert!(
                more.is_empty() || more == option(NBD_OPT_ABORT),
                "nothing more is said than goodbye: {more:?}"
            );
        });
        assert_eq!(error.kind().code(), "NBD_TLS_REFUSED");
    }
    let old = judge(|mut client| {
        client.write_all(b"NBDMAGICIHAVEOPT\x00\x00").unwrap();
        wait_for_end(client);
    });
    assert_eq!(old.kind(), ErrorKind::TlsRefused);
}

#[test]
fn plain_text_behind_the_answer_to_starttls_is_an_error() {
    // What an attacker would like the client to take for the answers to its next options.
    for injected in [vec![0x16], reply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK)] {
        let error = judge(move |mut client| {
            answer_starttls(&mut client, NBD_REP_ACK, &injected);
            wait_for_end(client);
        });
        assert_eq!(error.kind().code(), "NBD_PROTOCOL");
    }
}

#[test]
fn a_server_that_is_silent_in_the_tls_handshake() {
    let error = judge(|mut client| {
        answer_starttls(&mut client, NBD_REP_ACK, &[]);
        wait_for_end(client);
    });
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, "TLS handshake"));
}

#[test]
fn a_server_that_hangs_up_or_babbles_in_the_tls_handshake() {
    let hung_up = judge(|mut client| {
        answer_starttls(&mut client, NBD_REP_ACK, &[]);
        client.read_exact(&mut [0; 5]).unwrap();
    });
    assert_eq!(hung_up.kind(), ErrorKind::Disconnected);
    for babble in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &[0xff; 64], &[0; 64]] {
        let error = judge(move |mut client| {
            answer_starttls(&mut client, NBD_REP_ACK, &[]);
            client.read_exact(&mut [0; 5]).unwrap();
            client.write_all(babble).unwrap();
            wait_for_end(client);
        });
        assert_eq!(error.kind().code(), "NBD_TLS");
    }
}

/// Passes the first `limit` bytes of the server on to its client, then hangs up; whether there were more.
fn cut_after(limit: usize, server: &Path, listener: &UnixListener) -> bool {
    let (mut client, _) = listener.accept().unwrap();
    let mut server = UnixStream::connect(server).unwrap();
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let upstream = thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
    });
    let _ = std::io::copy(&mut (&mut server).take(limit as u64), &mut client);
    let more = server.read(&mut [0]).is_ok_and(|count| count > 0);
    let _ = client.shutdown(std::net::Shutdown::Both);
    let _ = server.shutdown(std::net::Shutdown::Both);
    upstream.join().unwrap();
    more
}

#[test]
fn a_connection_that_breaks_at_any_byte_of_the_handshake_is_an_error_in_time() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let server = pki.serve(dir.unix());
    let relay = dir.path().join("relay.sock");
    let listener = UnixListener::bind(&relay).unwrap();
    let uri = secure(&NbdUri::unix(&relay, "disk"), &pki);
    for limit in (0..).step_by(41) {
        let client = thread::spawn({
            let uri = uri.clone();
            move || Connection::connect(&uri, &ConnectOptions::default()).map(Connection::disconnect)
        });
        let was_cut = cut_after(limit, &dir.socket(), &listener);
        let outcome = client.join().unwrap();
        if !was_cut {
            assert!(limit > 500, "the handshake was seen in full");
            break;
        }
        let kind = outcome.err().map(|error| error.kind());
        // Right after the handshake, an end looks like a refusal of the client's certificate.
        let expected = [ErrorKind::Disconnected, ErrorKind::TlsClientCertificate];
        assert!(kind.is_none_or(|kind| expected.contains(&kind)), "{limit}: {kind:?}");
        assert!(kind.is_some() || limit > 500, "{limit}");
    }
    assert_eq!(read(&mut connect(&pki.uri(&server)), 0, 512), [0; 512]);
}

/// A client that the server has greeted and that has said its flags.
fn greeted(path: &Path) -> RawClient {
    let mut client = RawClient::silent(path);
    client.take(18);
    client.say(&(NBD_FLAG_C_FIXED_NEWSTYLE | NBD_FLAG_C_NO_ZEROES).to_be_bytes());
    client
}

#[test]
fn plain_text_behind_starttls_ends_the_connection() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let server = pki.serve(dir.unix());
    for injected in [vec![0x16], option(NBD_OPT_STRUCTURED_REPLY), option(NBD_OPT_ABORT)] {
        let mut client = greeted(&dir.socket());
        client.say(&[option(NBD_OPT_STARTTLS), injected].concat());
        let mut said = Vec::new();
        // Reset is an end, too: the server did not read all.
        let _ = client.stream.read_to_end(&mut said);
        assert!(said.is_empty(), "the server does not agree to go on: {said:?}");
    }
    // Not told apart in time, plain text is no TLS either.
    let mut client = greeted(&dir.socket());
    client.say(&option(NBD_OPT_STARTTLS));
    assert_eq!(client.take(20), reply(NBD_OPT_STARTTLS, NBD_REP_ACK));
    client.say(&option(NBD_OPT_LIST));
    client.wait_for_end();
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_client_that_is_silent_in_the_tls_handshake_is_dropped() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let handshake_timeout = Duration::from_millis(50);
    let options = ServerOptions {
        handshake_timeout,
        tls: Some(pki.credentials(true)),
        ..ServerOptions::new(dir.unix())
    };
    let server = Server::start(&options, vec![export("disk", memory(4096))]).unwrap();
    let mut silent = greeted(&dir.socket());
    silent.say(&option(NBD_OPT_STARTTLS));
    let mut halfway = greeted(&dir.socket());
    halfway.say(&option(NBD_OPT_STARTTLS));
    halfway.take(20);
    // The beginning of a record that never comes.
    halfway.say(&[0x16, 3, 1, 0x40, 0, 1]);
    silent.wait_for_end();
    halfway.wait_for_end();
    assert_eq!(server.connections(), 0);
}
