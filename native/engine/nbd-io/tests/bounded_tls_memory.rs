//! What clients that never finish the TLS handshake may cost. A process of its own, for it is what is measured.
#![cfg(test)]
#![expect(clippy::cast_possible_truncation, reason = "the tests' numbers are small")]

#[path = "sockets/peak_memory.rs"]
mod peak_memory;
#[expect(dead_code, reason = "shared with the other tests")]
#[path = "sockets/pki.rs"]
mod pki;
#[expect(dead_code, reason = "shared with the other tests")]
#[path = "sockets/raw_client.rs"]
mod raw_client;
#[expect(dead_code, reason = "shared with the other tests")]
#[path = "sockets/setup.rs"]
mod setup;

use std::time::Duration;

use nbd_io::server::{Server, ServerOptions};
use nbd_proto::wire::*;

use peak_memory::peak_memory;
use pki::Pki;
use raw_client::RawClient;
use setup::{TempDir, export, memory};

const CLIENTS_OF_A_KIND: usize = 50;
/// TLS's own buffers, and a thread's needs.
const BYTES_A_CLIENT: u64 = 256 << 10;

#[test]
fn a_tls_handshake_costs_no_more_than_its_buffers() {
    let dir = TempDir::new();
    let pki = Pki::complete(dir.path().join("pki"));
    let options = ServerOptions {
        tls: Some(pki.credentials(true)),
        handshake_timeout: Duration::MAX,
        max_connections: 1000,
        ..ServerOptions::new(dir.unix())
    };
    let server = Server::start(&options, vec![export("", memory(1 << 20))]).unwrap();
    drop(secured(&dir));
    let before = peak_memory();

    // The largest record, which never becomes whole; and a hello of 16 MiB, in records of the largest size.
    let unfinished = [&[22, 3, 3, 0x40, 0][..], &[0; 10_000]].concat();
    let endless = [&[22, 3, 3, 0x40, 0, 1, 0xff, 0xff, 0xff][..], &vec![0; (1 << 14) - 4]].concat();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS_OF_A_KIND {
        let silent = secured(&dir);
        let mut slow = secured(&dir);
        slow.say(&unfinished);
        let mut talker = secured(&dir);
        // The server hangs up when it has heard enough.
        while talker.try_say(&endless).is_ok() {}
        clients.extend([silent, slow]);
    }
    let grown = peak_memory() - before;
    let allowed = 3 * CLIENTS_OF_A_KIND as u64 * BYTES_A_CLIENT;
    assert!(grown < allowed, "{} MiB for {} clients", grown >> 20, 3 * CLIENTS_OF_A_KIND);
    assert!(clients.iter().all(|client| !client.is_hung_up(Duration::ZERO)));
    server.close().unwrap();
}

/// A client that was promised TLS.
fn secured(dir: &TempDir) -> RawClient {
    let mut client = RawClient::greeted(&dir.socket());
    client.say(&raw_client::option_header(NBD_OPT_STARTTLS, 0));
    client.take(OPTION_REPLY_HEADER_LENGTH);
    client
}
