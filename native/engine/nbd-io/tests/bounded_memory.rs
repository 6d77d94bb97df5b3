//! What clients that ask for all and take nothing may cost. A process of its own, for it is what is measured.
#![cfg(test)]
#![expect(clippy::cast_possible_truncation, reason = "the tests' numbers are small")]

#[path = "sockets/peak_memory.rs"]
mod peak_memory;
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
use raw_client::RawClient;
use setup::{TempDir, connect, export, memory, read};

const LARGEST: u32 = NBD_DEFAULT_MAX_PAYLOAD;
const CLIENTS_OF_A_KIND: usize = 40;
/// A piece of a message, and a thread's needs.
const BYTES_A_CLIENT: u64 = (1 << 20) + (256 << 10);

#[test]
fn a_client_costs_no_more_than_a_piece_of_its_messages() {
    let dir = TempDir::new();
    let (handshake_timeout, stall_timeout) = (Duration::MAX, Duration::MAX);
    let options = ServerOptions {
        handshake_timeout,
        stall_timeout,
        max_connections: 1000,
        ..ServerOptions::new(dir.unix())
    };
    let server = Server::start(&options, vec![export("", memory(64 << 20))]).unwrap();
    let uri = server.uri("");
    let payload = vec![1; 20 << 20];
    assert_eq!(read(&mut connect(&uri), 0, 512), [0; 512]);
    let before = peak_memory();

    let mut clients = Vec::new();
    for _ in 0..CLIENTS_OF_A_KIND {
        let mut simple = RawClient::connect_plainly(&uri);
        let mut in_one_chunk = RawClient::connect(&uri);
        for client in [&mut simple, &mut in_one_chunk] {
            client.request(NBD_CMD_READ, 0, 0, LARGEST);
        }
        for _ in 0..16 {
            simple.request(NBD_CMD_READ, 0, 0, LARGEST);
            in_one_chunk.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, LARGEST);
        }
        // The first answer has begun.
        simple.take(SIMPLE_REPLY_LENGTH);
        in_one_chunk.take(CHUNK_HEADER_LENGTH);

        let mut writer = RawClient::connect(&uri);
        writer.request(NBD_CMD_WRITE, 0, 0, LARGEST);
        writer.say(&payload);
        let mut refused_writer = RawClient::connect(&uri);
        refused_writer.request(NBD_CMD_WRITE, 0, 0, u32::MAX);
        refused_writer.say(&payload);
        let mut negotiator = RawClient::greeted(&dir.socket());
        negotiator.say(&raw_client::option_header(NBD_OPT_SET_META_CONTEXT, 64 << 10));
        negotiator.say(&payload[..60 << 10]);
        clients.extend([simple, in_one_chunk, writer, refused_writer, negotiator]);
    }

    assert_eq!(server.connections(), clients.len());
    let grown = peak_memory() - before;
    let allowed = clients.len() as u64 * BYTES_A_CLIENT;
    assert!(grown < allowed, "{} MiB for {} clients", grown >> 20, clients.len());
    drop(clients);
    assert_eq!(read(&mut connect(&uri), 40 << 20, 512), [0; 512], "and others are served");
    server.close().unwrap();
}
