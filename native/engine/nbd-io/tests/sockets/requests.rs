//! What the server makes of requests, byte by byte.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use extent::Run;
use nbd_io::NbdErrno::{Einval, Eio, Enomem, Enospc, Enotsup, Eperm};
use nbd_io::client::{Command, Reply};
use nbd_io::server::ExportConfig;
use nbd_io::{ErrorKind, NbdErrno};
use nbd_proto::wire::*;

use crate::devices::HookedDevice;
use crate::raw_client::{Chunk, RawClient, request};
use crate::setup::{TempDir, ask, connect, export, memory, pattern, read, serve, write};

#[test]
fn requests_that_cannot_be_fail_and_the_connection_goes_on() {
    let dir = TempDir::new();
    let read_only = ExportConfig { read_only: true, ..export("ro", memory(4096)) };
    let server = serve(dir.unix(), vec![export("rw", memory(4096)), read_only]);
    for (name, kind, flags, offset, length, errno) in [
        ("rw", NBD_CMD_READ, 0, 4000, 97, Einval),
        ("rw", NBD_CMD_READ, 0, 0, 0, Einval),
        ("rw", NBD_CMD_READ, 0, 0, u32::MAX, Einval),
        ("rw", NBD_CMD_TRIM, 0, 4096, 1, Einval),
        ("rw", NBD_CMD_WRITE_ZEROES, 0, 4096, 1, Enospc),
        ("rw", NBD_CMD_WRITE_ZEROES, 0, u64::MAX, u32::MAX, Enospc),
        ("rw", NBD_CMD_BLOCK_STATUS, 0, 0, 512, Einval),
        ("rw", NBD_CMD_FLUSH, 1 << 9, 0, 0, Einval),
        ("rw", 99, 0, 0, 512, Einval),
        ("ro", NBD_CMD_TRIM, 0, 0, 512, Eperm),
        ("ro", NBD_CMD_WRITE_ZEROES, 0, 0, 512, Eperm),
    ] {
        let mut client = RawClient::connect(&server.uri(name));
        client.request(kind, flags, offset, length);
        assert_eq!(client.failure(), errno, "{name} {kind} {offset} {length}");
        client.request(NBD_CMD_FLUSH, 0, 0, 0);
        assert_eq!(client.simple_reply(), None);
    }
}

#[test]
fn the_payload_of_a_refused_write_is_taken() {
    let dir = TempDir::new();
    let read_only = ExportConfig { read_only: true, ..export("ro", memory(64 << 20)) };
    let server = serve(dir.unix(), vec![export("rw", memory(64 << 20)), read_only]);
    for (name, offset, length, errno) in
        [("ro", 0, 4096, Eperm), ("rw", (64 << 20) - 10, 11, Enospc), ("rw", 0, (32 << 20) + 1, Einval)]
    {
        let mut client = RawClient::connect(&server.uri(name));
        client.request(NBD_CMD_WRITE, 0, offset, length);
        client.say(&vec![0xff; length as usize]);
        assert_eq!(client.failure(), errno);
        client.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, 512);
        let unchanged = [0_u64.to_be_bytes().to_vec(), vec![0; 512]].concat();
        let chunk = Chunk { done: true, kind: NBD_REPLY_TYPE_OFFSET_DATA, payload: unchanged };
        assert_eq!(client.chunk(), chunk);
    }
}

#[test]
fn reads_are_one_chunk_where_the_client_wants_it_so() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(4 << 20))]);
    let data = pattern(4096, 5);
    write(&mut connect(&server.uri("")), 1 << 20, &data);
    let mut client = RawClient::connect(&server.uri(""));

    client.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, 3 << 20);
    let whole = client.chunk();
    assert_eq!(
        (whole.done, whole.kind, whole.payload.len()),
        (true, NBD_REPLY_TYPE_OFFSET_DATA, 8 + (3 << 20))
    );
    assert!(whole.payload[8 + (1 << 20)..][..4096] == data);

    client.request(NBD_CMD_READ, 0, 0, 4 << 20);
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|(_, done)| !done) {
        let chunk = client.chunk();
        kinds.push((chunk.kind, chunk.done));
    }
    assert_eq!(kinds[0], (NBD_REPLY_TYPE_OFFSET_HOLE, false), "a hole costs no bytes");
    assert!(kinds.contains(&(NBD_REPLY_TYPE_OFFSET_DATA, false)));
}

#[test]
fn a_client_without_structured_replies_gets_simple_ones() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(4096))]);
    let mut client = RawClient::connect_plainly(&server.uri(""));
    client.request(NBD_CMD_WRITE, NBD_CMD_FLAG_FUA, 10, 5);
    client.say(b"hello");
    assert_eq!(client.simple_reply(), None);
    client.request(NBD_CMD_READ, 0, 9, 7);
    assert_eq!(client.simple_reply(), None);
    assert_eq!(client.take(7), b"\0hello\0");
    client.request(NBD_CMD_READ, 0, 4096, 1);
    assert_eq!(client.simple_reply(), Some(Einval));
    client.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, 1);
    assert_eq!(client.simple_reply(), Some(Einval), "it was not negotiated");
}

#[test]
fn a_device_s_errors_reach_the_client_by_name() {
    let dir = TempDir::new();
    for (index, (error, errno)) in [
        (io::Error::from_raw_os_error(28), Enospc),
        (io::Error::from_raw_os_error(122), Enospc),
        (io::Error::from_raw_os_error(5), Eio),
        (io::Error::from_raw_os_error(12), Enomem),
        (io::Error::from_raw_os_error(1), Eperm),
        (io::Error::from_raw_os_error(30), Eperm),
        (io::Error::from_raw_os_error(95), Enotsup),
        (io::ErrorKind::Unsupported.into(), Enotsup),
        (io::ErrorKind::InvalidInput.into(), Einval),
        (io::ErrorKind::UnexpectedEof.into(), Eio),
        (io::Error::other("anything"), Eio),
    ]
    .into_iter()
    .enumerate()
    {
        let (kind, number) = (error.kind(), error.raw_os_error());
        let device = HookedDevice::new(8 << 20, move |call| match (call, number) {
            ("extents" | "flush", _) => Ok(()),
            (_, Some(number)) => Err(io::Error::from_raw_os_error(number)),
            (_, None) => Err(kind.into()),
        });
        let server = serve(dir.unix(), vec![export("", device)]);
        let mut connection = connect(&server.uri(""));
        let failed =
            ask(&mut connection, Command::Write { offset: 512, buffer: vec![1; 3 << 20], fua: true });
        let failed = failed.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Server(errno), "{index}");
        assert_eq!(
            (failed.operation(), failed.offset(), failed.length()),
            ("write", Some(512), Some(3 << 20))
        );
        assert_eq!(ask(&mut connection, Command::Flush).unwrap(), Reply::Done, "the connection goes on");
    }
}

#[test]
fn fua_and_flush_reach_the_device() {
    let dir = TempDir::new();
    let flushes = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&flushes);
    let device = HookedDevice::new(4096, move |call| {
        counter.fetch_add(u32::from(call == "flush"), Ordering::Relaxed);
        Ok(())
    });
    let server = serve(dir.unix(), vec![export("", device)]);
    let mut connection = connect(&server.uri(""));
    let zero = |fua| Command::Zero { run: Run::new(0, 512), may_unmap: true, fast: false, fua };
    let write = |fua| Command::Write { offset: 0, buffer: vec![1], fua };
    for (command, expected) in [(write(false), 0), (zero(false), 0), (write(true), 1), (zero(true), 2)] {
        ask(&mut connection, command).unwrap();
        assert_eq!(flushes.load(Ordering::Relaxed), expected);
    }
    ask(&mut connection, Command::Flush).unwrap();
    assert_eq!(flushes.load(Ordering::Relaxed), 3);
}

#[test]
fn reads_that_wait_behind_others_are_begun_with() {
    let dir = TempDir::new();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&calls);
    let device = HookedDevice::new(1 << 20, move |call| {
        log.lock().unwrap().push(call.to_owned());
        Ok(())
    });
    let server = serve(dir.unix(), vec![export("", device)]);
    let mut client = RawClient::connect_plainly(&server.uri(""));
    let all = [
        request(NBD_CMD_WRITE, 0, 0, 5),
        b"hello".to_vec(),
        request(NBD_CMD_READ, 0, 0, 5),
        request(NBD_CMD_READ, 0, 1 << 30, 5),
        request(NBD_CMD_FLUSH, 0, 0, 0),
        request(NBD_CMD_READ, 0, 4096, 5),
    ];
    client.say(&all.concat());
    assert_eq!(client.simple_reply(), None);
    assert_eq!((client.simple_reply(), client.take(5)), (None, b"hello".to_vec()));
    assert_eq!(client.simple_reply(), Some(Einval));
    assert_eq!(client.simple_reply(), None);
    assert_eq!((client.simple_reply(), client.take(5)), (None, vec![0; 5]));
    let expected = ["prefetch", "prefetch", "write", "read", "flush", "read"];
    assert_eq!(*calls.lock().unwrap(), expected);
}

#[test]
fn a_read_that_fails_halfway_is_a_failure_of_the_whole() {
    let dir = TempDir::new();
    let calls = AtomicU32::new(0);
    let device = HookedDevice::new(8 << 20, move |call| match call {
        "extents" => Err(io::ErrorKind::Unsupported.into()),
        "read" if calls.fetch_add(1, Ordering::Relaxed) == 2 => Err(io::Error::other("bad block")),
        _ => Ok(()),
    });
    let server = serve(dir.unix(), vec![export("", device)]);
    let mut connection = connect(&server.uri(""));
    let read_all = Command::Read { offset: 0, buffer: vec![0; 8 << 20], dont_fragment: false };
    assert_eq!(ask(&mut connection, read_all).unwrap_err().kind(), ErrorKind::Server(NbdErrno::Eio));
    assert_eq!(read(&mut connection, 0, 8 << 20), vec![0; 8 << 20]);
}
