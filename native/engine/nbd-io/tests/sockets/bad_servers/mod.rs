//! Servers that hang, vanish, lie or never come to an end: the client says so in time, and is not led astray.
//!
//! What they may cost in memory is `bounded_client_memory`'s.

mod chunks;
mod cookies;
mod deaf;
mod endless;
mod lengths;
mod magic;
mod names;
mod silent;
mod vanishing;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use extent::Run;
use nbd_io::client::{Command, ConnectOptions, Connection};
use nbd_io::{ErrorKind, Framing};
use nbd_proto::wire::*;

use crate::scripted_server::{ScriptedServer, wait_for_end};
use crate::setup::TempDir;

const WITH_CHUNKS: [Framing; 2] = [Framing::Structured, Framing::Extended];
const ALL: [Framing; 3] = [Framing::Simple, Framing::Structured, Framing::Extended];

/// Where the requests below begin, and how long they are.
const OFFSET: u64 = 4096;
const LENGTH: u64 = 8192;

fn read_command() -> Command {
    Command::Read { offset: OFFSET, buffer: vec![0; LENGTH as usize], dont_fragment: false }
}

fn status_command() -> Command {
    Command::BlockStatus { run: Run::new(OFFSET, LENGTH), request_one: false, contexts: Vec::new() }
}

fn options(framing: Framing) -> ConnectOptions {
    ConnectOptions { framing, contexts: vec!["base:allocation".to_owned()], ..ConnectOptions::default() }
}

/// The client's next request has this cookie.
fn next_request(framing: Framing, client: &mut UnixStream) -> u64 {
    let mut header = vec![0; framing.request_header_length()];
    client.read_exact(&mut header).unwrap();
    u64::from_be_bytes(header[8..16].try_into().unwrap())
}

/// Fields one behind the other.
fn fields(fields: &[&[u8]]) -> Vec<u8> {
    fields.concat()
}

/// The header of a chunk that announces so much.
fn chunk_header(framing: Framing, cookie: u64, done: bool, kind: u16, length: u64) -> Vec<u8> {
    let (done, kind, cookie) = (u16::from(done).to_be_bytes(), kind.to_be_bytes(), cookie.to_be_bytes());
    if framing == Framing::Extended {
        let magic = NBD_EXTENDED_REPLY_MAGIC.to_be_bytes();
        fields(&[&magic, &done, &kind, &cookie, &OFFSET.to_be_bytes(), &length.to_be_bytes()])
    } else {
        let magic = NBD_STRUCTURED_REPLY_MAGIC.to_be_bytes();
        fields(&[&magic, &done, &kind, &cookie, &(length as u32).to_be_bytes()])
    }
}

fn chunk(framing: Framing, cookie: u64, done: bool, kind: u16, payload: &[u8]) -> Vec<u8> {
    [chunk_header(framing, cookie, done, kind, payload.len() as u64), payload.to_vec()].concat()
}

fn data(framing: Framing, cookie: u64, done: bool, offset: u64, length: usize) -> Vec<u8> {
    let payload = fields(&[&offset.to_be_bytes(), &vec![7; length]]);
    chunk(framing, cookie, done, NBD_REPLY_TYPE_OFFSET_DATA, &payload)
}

fn hole(framing: Framing, cookie: u64, done: bool, offset: u64, length: u32) -> Vec<u8> {
    let payload = fields(&[&offset.to_be_bytes(), &length.to_be_bytes()]);
    chunk(framing, cookie, done, NBD_REPLY_TYPE_OFFSET_HOLE, &payload)
}

/// A client sends `command` to a server that answers it so and then waits: the client finds the protocol broken, and
/// the connection is dead.
fn assert_refused(framing: Framing, command: Command, answer: impl FnOnce(u64) -> Vec<u8> + Send + 'static) {
    let dir = TempDir::new();
    let server = ScriptedServer::negotiated_in(framing, &dir, move |mut client| {
        let cookie = next_request(framing, &mut client);
        client.write_all(&answer(cookie)).unwrap();
        wait_for_end(client);
    });
    let mut connection = Connection::connect(&server.uri, &options(framing)).unwrap();
    let error = connection.request(command).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{framing:?}: {error}");
    assert_eq!(connection.request(read_command()).unwrap_err().kind(), ErrorKind::Disconnected);
}

/// Reads the client's next option; returns its number.
fn next_option(client: &mut UnixStream) -> u32 {
    let mut header = [0; OPTION_HEADER_LENGTH];
    client.read_exact(&mut header).unwrap();
    let field = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
    client.read_exact(&mut vec![0; field(12) as usize]).unwrap();
    field(8)
}

/// Greets a client as a server of today does.
fn greet(client: &mut UnixStream) {
    let flags = NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES;
    client.write_all(&fields(&[b"NBDMAGICIHAVEOPT", &flags.to_be_bytes()])).unwrap();
    client.read_exact(&mut [0; 4]).unwrap();
}

fn option_reply(option: u32, kind: u32, payload: &[u8]) -> Vec<u8> {
    let (magic, length) = (NBD_REP_MAGIC.to_be_bytes(), (payload.len() as u32).to_be_bytes());
    fields(&[&magic, &option.to_be_bytes(), &kind.to_be_bytes(), &length, payload])
}

/// With a time-out of requests that a test can wait for.
fn impatient(framing: Framing) -> ConnectOptions {
    ConnectOptions { request_timeout: Duration::from_millis(200), ..options(framing) }
}
