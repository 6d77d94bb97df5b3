//! What servers that announce much, or never come to an end, may cost. A process of its own, for it is what is measured.
#![cfg(test)]
#![expect(clippy::cast_possible_truncation, reason = "the tests' numbers are small")]

#[path = "sockets/peak_memory.rs"]
mod peak_memory;
#[expect(dead_code, reason = "shared with the other tests")]
#[path = "sockets/scripted_server.rs"]
mod scripted_server;
#[expect(dead_code, reason = "shared with the other tests")]
#[path = "sockets/setup.rs"]
mod setup;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use extent::Run;
use nbd_io::client::{Command, ConnectOptions, Connection, list};
use nbd_io::{ErrorKind, Framing};
use nbd_proto::wire::*;

use peak_memory::peak_memory;
use scripted_server::{ScriptedServer, wait_for_end};
use setup::TempDir;

const MIB: u64 = 1 << 20;

/// One test, so that nothing else is measured.
#[test]
fn a_server_costs_no_more_than_it_has_said_and_no_more_than_it_may_say() {
    // The first of everything: threads, sockets, buffers of the standard library.
    announced_status(0);
    let before = peak_memory();
    announced_status(1000);
    assert_grown(before, 16 * MIB, "64 servers that announce 16 MiB each");
    let before = peak_memory();
    long_list();
    assert_grown(before, 16 * MIB, "a list without end, of the longest names");
    let before = peak_memory();
    endless_errors();
    assert_grown(before, 8 * MIB, "a request that fails without end");
}

/// Many servers that announce the longest block status there is, and send so much of it.
fn announced_status(sent: usize) {
    let options =
        ConnectOptions { contexts: vec!["base:allocation".to_owned()], ..ConnectOptions::default() };
    let servers: Vec<_> = (0..64)
        .map(|_| {
            let dir = TempDir::new();
            let server = ScriptedServer::negotiated_in(Framing::Extended, &dir, move |mut client| {
                let cookie = next_cookie(&mut client);
                let length = 8 + 16 * NBD_MAX_DESCRIPTORS as u64;
                client.write_all(&chunk_header(NBD_REPLY_TYPE_BLOCK_STATUS_EXT, cookie, length)).unwrap();
                client.write_all(&vec![0; sent]).unwrap();
                client.shutdown(std::net::Shutdown::Write).unwrap();
                wait_for_end(client);
            });
            let connection = Connection::connect(&server.uri, &options).unwrap();
            (dir, server, connection)
        })
        .collect();
    for (_, _, connection) in servers {
        let mut connection = connection;
        let run = Run::new(0, 1 << 20);
        let status = Command::BlockStatus { run, request_one: false, contexts: Vec::new() };
        assert_eq!(connection.request(status).unwrap_err().kind(), ErrorKind::Disconnected);
    }
}

/// A server with more exports than there can be, each with the longest name and description.
fn long_list() {
    let dir = TempDir::new();
    let server = ScriptedServer::start(&dir, |mut client| {
        let flags = NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES;
        client.write_all(&[&b"NBDMAGICIHAVEOPT"[..], &flags.to_be_bytes()].concat()).unwrap();
        client.read_exact(&mut [0; 4 + OPTION_HEADER_LENGTH]).unwrap();
        let header = [NBD_OPT_LIST, NBD_REP_SERVER, 4 + 2 * 4096, 4096].map(u32::to_be_bytes).concat();
        let reply = [&NBD_REP_MAGIC.to_be_bytes()[..], &header, &[b'x'; 8192]].concat();
        while client.write_all(&reply).is_ok() {}
    });
    let error = list(&server.uri, &ConnectOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

/// A server that fails a request again and again, each time with the longest message, and never for the last time.
fn endless_errors() {
    let dir = TempDir::new();
    let server = ScriptedServer::negotiated_in(Framing::Extended, &dir, |mut client| {
        let cookie = next_cookie(&mut client);
        let header = chunk_header(NBD_REPLY_TYPE_ERROR, cookie, 6 + 4096);
        let error = [&header[..], &[0, 0, 0, 5, 0x10, 0], &[b'x'; 4096]].concat();
        for _ in 0..10_000 {
            client.write_all(&error).unwrap();
        }
    });
    let mut connection = Connection::connect(&server.uri, &ConnectOptions::default()).unwrap();
    let read = Command::Read { offset: 0, buffer: vec![0; 4096], dont_fragment: false };
    assert_eq!(connection.request(read).unwrap_err().kind(), ErrorKind::Disconnected);
}

fn next_cookie(client: &mut UnixStream) -> u64 {
    let mut header = [0; EXTENDED_REQUEST_HEADER_LENGTH];
    client.read_exact(&mut header).unwrap();
    u64::from_be_bytes(header[8..16].try_into().unwrap())
}

fn chunk_header(kind: u16, cookie: u64, length: u64) -> Vec<u8> {
    let magic = NBD_EXTENDED_REPLY_MAGIC.to_be_bytes();
    let rest = [cookie, 0, length].map(u64::to_be_bytes).concat();
    [&magic[..], &[0, 0], &kind.to_be_bytes(), &rest].concat()
}

fn assert_grown(before: u64, allowed: u64, what: &str) {
    let grown = peak_memory() - before;
    assert!(grown < allowed, "{what}: {} KiB", grown >> 10);
}
