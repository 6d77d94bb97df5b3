//! Simple, structured and extended messages between our client and our server.

use std::sync::Arc;

use extent::{DirtyBitmap, Run};
use nbd_io::client::{Command, ConnectOptions, Connection, Reply, info};
use nbd_io::server::{ExportConfig, Server, ServerOptions};
use nbd_io::{Descriptor, ErrorKind, Framing, NbdErrno};
use nbd_proto::wire::*;

use crate::raw_client::{Chunk, RawClient};
use crate::scripted_server::{ScriptedServer, wait_for_end};
use crate::setup::{TempDir, ask, export, memory, pattern, read, serve, write};

const TIB: u64 = 1 << 40;
const ALL: [Framing; 3] = [Framing::Simple, Framing::Structured, Framing::Extended];

/// An export of 8 TiB with two dirty bitmaps, the second one marked at 5 TiB.
fn vast() -> ExportConfig {
    let bitmaps =
        ["a", "b"].map(|name| (name.to_owned(), Arc::new(DirtyBitmap::new(8 * TIB, 1 << 20).unwrap())));
    bitmaps[1].1.mark(Run::new(5 * TIB, 1));
    ExportConfig { bitmaps: bitmaps.into(), rotational: true, ..export("vast", memory(8 * TIB)) }
}

fn connect(server: &Server, framing: Framing) -> Connection {
    let contexts = ["base:allocation", "qemu:dirty-bitmap:a", "qemu:dirty-bitmap:b"];
    let contexts = contexts.map(str::to_owned).into();
    let options = ConnectOptions { contexts, framing, ..ConnectOptions::default() };
    Connection::connect(&server.uri("vast"), &options).unwrap()
}

fn status(connection: &mut Connection, run: Run, contexts: &[&str]) -> Vec<(String, Vec<Descriptor>)> {
    let contexts = contexts.iter().map(|name| (*name).to_owned()).collect();
    let reply = ask(connection, Command::BlockStatus { run, request_one: false, contexts }).unwrap();
    let Reply::BlockStatus(statuses) = reply else { panic!("no status") };
    statuses.into_iter().map(|status| (status.context.name, status.descriptors)).collect()
}

#[test]
fn either_side_can_do_without_the_newer_ones() {
    for newest in ALL {
        let dir = TempDir::new();
        let options = ServerOptions { framing: newest, ..ServerOptions::new(dir.unix()) };
        let server = Server::start(&options, vec![vast()]).unwrap();
        for asked in ALL {
            let mut connection = connect(&server, asked);
            let export = connection.export().clone();
            assert_eq!(export.framing, newest.min(asked));
            assert!(export.rotational);
            let offset = 6 * TIB + u64::from(export.framing.has_chunks());
            let data = pattern(100_000, 7);
            write(&mut connection, offset, &data);
            assert!(read(&mut connection, offset, 100_000) == data);
            let whole = Command::Read { offset, buffer: vec![0; 100_000], dont_fragment: export.can_df };
            assert!(connection.request(whole).unwrap().buffer.unwrap() == data);
            let beyond_32_bits = Run::new(6 * TIB, 1 << 32);
            let zero = Command::Zero { run: beyond_32_bits, may_unmap: true, fast: true, fua: true };
            let trim = Command::Trim { run: Run::new(0, 8 * TIB), fua: true };
            if export.framing == Framing::Extended {
                assert_eq!(ask(&mut connection, zero).unwrap(), Reply::Done);
                assert_eq!(ask(&mut connection, trim).unwrap(), Reply::Done);
            } else {
                for command in [zero, trim] {
                    let refused = connection.request(command).unwrap_err();
                    assert_eq!(refused.kind(), ErrorKind::InvalidRequest);
                }
                let run = Run::new(6 * TIB, (1 << 32) - 512);
                let zero = Command::Zero { run, may_unmap: true, fast: true, fua: true };
                assert_eq!(ask(&mut connection, zero).unwrap(), Reply::Done);
            }
            assert!(read(&mut connection, offset, 100_000) == vec![0; 100_000]);
            connection.disconnect();
        }
    }
}

#[test]
fn the_status_of_8_tib_takes_one_request() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![vast()]);
    let mut connection = connect(&server, Framing::Extended);
    let all = Run::new(0, 8 * TIB);
    let hole = u64::from(NBD_STATE_HOLE | NBD_STATE_ZERO);
    let descriptor = |length, flags| Descriptor { length, flags };
    let marked = vec![descriptor(5 * TIB, 0), descriptor(1 << 20, 1), descriptor(3 * TIB - (1 << 20), 0)];
    assert_eq!(
        status(&mut connection, all, &[]),
        [
            ("base:allocation".to_owned(), vec![descriptor(8 * TIB, hole)]),
            ("qemu:dirty-bitmap:a".to_owned(), vec![descriptor(8 * TIB, 0)]),
            ("qemu:dirty-bitmap:b".to_owned(), marked.clone()),
        ]
    );
    assert!(connection.export().can_block_status_payload);
    let one = status(&mut connection, all, &["qemu:dirty-bitmap:b"]);
    assert_eq!(one, [("qemu:dirty-bitmap:b".to_owned(), marked)]);
    let contexts = vec!["qemu:allocation-depth".to_owned()];
    let unknown = Command::BlockStatus { run: all, request_one: false, contexts };
    assert_eq!(connection.request(unknown).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn requests_of_no_bytes_are_never_sent() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![vast()]);
    let mut connection = connect(&server, Framing::Extended);
    let run = Run::new(4096, 0);
    for command in [
        Command::Read { offset: 4096, buffer: Vec::new(), dont_fragment: false },
        Command::Write { offset: 4096, buffer: Vec::new(), fua: false },
        Command::Zero { run, may_unmap: true, fast: false, fua: false },
        Command::Trim { run, fua: false },
        Command::Cache { run },
        Command::BlockStatus { run, request_one: false, contexts: Vec::new() },
    ] {
        assert_eq!(connection.request(command).unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
}

#[test]
fn what_a_server_refuses_with_is_told_apart() {
    for (refusal, kind, word) in [
        (NBD_REP_ERR_SHUTDOWN, ErrorKind::Server(NbdErrno::Eshutdown), "shutting down"),
        (NBD_REP_ERR_TLS_REQD, ErrorKind::TlsRequired, "TLS"),
        (NBD_REP_ERR_EXT_HEADER_REQD, ErrorKind::Handshake, "extended headers are required"),
        (NBD_REP_ERR_BLOCK_SIZE_REQD, ErrorKind::Handshake, "block sizes"),
        (NBD_REP_ERR_TOO_BIG, ErrorKind::Handshake, "too big"),
        (NBD_REP_ERR_UNKNOWN, ErrorKind::ExportNotFound, "no such export"),
        (NBD_REP_ERR_POLICY, ErrorKind::Policy, "policy"),
    ] {
        let dir = TempDir::new();
        let server = ScriptedServer::start(&dir, move |mut client| {
            use std::io::{Read, Write};
            let flags = NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES;
            client.write_all(b"NBDMAGICIHAVEOPT").unwrap();
            client.write_all(&flags.to_be_bytes()).unwrap();
            client.read_exact(&mut [0; 4]).unwrap();
            let mut header = [0; OPTION_HEADER_LENGTH];
            client.read_exact(&mut header).unwrap();
            let length = u32::from_be_bytes(header[12..].try_into().unwrap());
            client.read_exact(&mut vec![0; length as usize]).unwrap();
            client.write_all(&NBD_REP_MAGIC.to_be_bytes()).unwrap();
            client.write_all(&header[8..12]).unwrap();
            client.write_all(&refusal.to_be_bytes()).unwrap();
            client.write_all(&[0; 4]).unwrap();
            client.read_exact(&mut header).unwrap();
            assert_eq!(header[8..12], NBD_OPT_ABORT.to_be_bytes(), "leave was taken");
            wait_for_end(client);
        });
        // The form of replies is asked for first; without one, the export.
        let options = ConnectOptions { framing: Framing::Simple, ..ConnectOptions::default() };
        let error = Connection::connect(&server.uri, &options).unwrap_err();
        assert_eq!(error.kind(), kind);
        let reason = std::error::Error::source(&error).unwrap().to_string();
        assert!(reason.contains(word), "{reason}");
    }
}

#[test]
fn descriptions_say_what_was_agreed_on() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![vast()]);
    for framing in ALL {
        let options = ConnectOptions { framing, ..ConnectOptions::default() };
        let export = info(&server.uri("vast"), &options).unwrap();
        assert_eq!((export.framing, export.rotational), (framing, true));
        assert_eq!(export.contexts.len(), if framing.has_chunks() { 3 } else { 0 });
    }
}

#[test]
fn extended_requests_that_cannot_be_fail_and_the_connection_goes_on() {
    const PAYLOAD: u16 = NBD_CMD_FLAG_PAYLOAD_LEN;
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![vast()]);
    let mut client = RawClient::connect_extended(&server.uri("vast"));
    let filter = |length: u64, ids: &[u32]| {
        let ids = ids.iter().flat_map(|id| id.to_be_bytes());
        length.to_be_bytes().into_iter().chain(ids).collect::<Vec<u8>>()
    };
    for (kind, flags, length, payload) in [
        (NBD_CMD_READ, 0, 0, vec![]),
        (NBD_CMD_READ, 0, 1 << 32, vec![]),
        (NBD_CMD_TRIM, 0, 8 * TIB + 1, vec![]),
        (NBD_CMD_CACHE, 0, u64::MAX, vec![]),
        (NBD_CMD_READ, PAYLOAD, 4096, vec![1; 4096]),
        (NBD_CMD_TRIM, PAYLOAD, 3, vec![1; 3]),
        (NBD_CMD_BLOCK_STATUS, 0, 0, vec![]),
        (NBD_CMD_BLOCK_STATUS, PAYLOAD, 12, filter(512, &[1])),
        (NBD_CMD_BLOCK_STATUS, PAYLOAD, 16, filter(512, &[0, 0])),
        (NBD_CMD_BLOCK_STATUS, PAYLOAD, 8, filter(512, &[])),
        (NBD_CMD_BLOCK_STATUS, PAYLOAD, 12, filter(8 * TIB + 1, &[0])),
        (NBD_CMD_BLOCK_STATUS, PAYLOAD, 1 << 20, vec![0; 1 << 20]),
    ] {
        client.extended_request(kind, flags, 0, length);
        client.say(&payload);
        let Chunk { done, kind: reply, payload } = client.extended_chunk(0);
        assert_eq!((done, reply), (true, NBD_REPLY_TYPE_ERROR), "{kind} {length}");
        assert_eq!(payload[..4], NbdErrno::Einval.to_wire().to_be_bytes());
    }
    client.extended_request(NBD_CMD_BLOCK_STATUS, PAYLOAD, 7, 12);
    client.say(&filter(8 * TIB - 7, &[0]));
    let status = client.extended_chunk(7);
    let expected = [0_u32, 1].into_iter().flat_map(u32::to_be_bytes);
    let expected: Vec<u8> = expected.chain([8 * TIB - 7, 3].into_iter().flat_map(u64::to_be_bytes)).collect();
    assert_eq!(status, Chunk { done: true, kind: NBD_REPLY_TYPE_BLOCK_STATUS_EXT, payload: expected });
}

#[test]
fn a_payload_that_no_server_takes_ends_the_connection() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![vast()]);
    for (kind, length) in [(NBD_CMD_WRITE, (32 << 20) + 1), (NBD_CMD_READ, 1 << 63), (NBD_CMD_TRIM, u64::MAX)]
    {
        let mut client = RawClient::connect_extended(&server.uri("vast"));
        client.extended_request(kind, NBD_CMD_FLAG_PAYLOAD_LEN, 0, length);
        client.wait_for_end();
    }
}
