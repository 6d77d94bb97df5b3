//! Our client and our server, as they should be.

use std::collections::HashSet;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use block_device::{Access, FileDevice};
use extent::Run;
use nbd_io::client::{Command, ConnectOptions, Reply, info, list};
use nbd_io::server::ExportConfig;
use nbd_io::{Descriptor, ErrorKind};

use crate::setup::{
    TempDir, any_tcp_port, ask, connect, connect_with_contexts, export, memory, pattern, read, serve, write,
};

#[test]
fn all_commands_work_over_unix_and_tcp() {
    let dir = TempDir::new();
    for listen in [dir.unix(), any_tcp_port()] {
        let server = serve(listen, vec![export("disk", memory(8 << 20))]);
        let mut connection = connect(&server.uri("disk"));
        let data = pattern(1 << 20, 1);
        write(&mut connection, 4096, &data);
        assert!(read(&mut connection, 4096, 1 << 20) == data);
        assert_eq!(read(&mut connection, 0, 4096), [0; 4096]);

        let zero = |offset, may_unmap, fast| Command::Zero {
            run: Run::new(offset, 4096),
            may_unmap,
            fast,
            fua: true,
        };
        for (index, (may_unmap, fast)) in
            [(true, false), (false, false), (true, true)].into_iter().enumerate()
        {
            let offset = 8192 * (index as u64 + 1);
            assert_eq!(ask(&mut connection, zero(offset, may_unmap, fast)).unwrap(), Reply::Done);
            assert_eq!(read(&mut connection, offset, 4096), [0; 4096]);
            assert!(read(&mut connection, offset + 4096, 4096) == data[offset as usize..][..4096]);
        }
        for command in [
            Command::Trim { run: Run::new(0, 8 << 20), fua: false },
            Command::Cache { run: Run::new(0, 8 << 20) },
            Command::Write { offset: 0, buffer: vec![1], fua: true },
            Command::Flush,
        ] {
            assert_eq!(ask(&mut connection, command).unwrap(), Reply::Done);
        }
        connection.disconnect();
        server.close().unwrap();
    }
}

#[test]
fn many_requests_are_in_flight_at_once() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(4 << 20))]);
    let mut connection = connect(&server.uri(""));
    let data = pattern(4 << 20, 2);
    for (index, piece) in data.chunks(32 << 10).enumerate() {
        let offset = (index * (32 << 10)) as u64;
        connection.submit(offset, Command::Write { offset, buffer: piece.to_vec(), fua: false }).unwrap();
    }
    let mut expected: HashSet<u64> = (0..128).map(|index| index * (32 << 10)).collect();
    assert_eq!(connection.in_flight(), expected.len());
    while connection.in_flight() > 0 {
        wait_and_drive(&mut connection);
        while let Some(completion) = connection.poll_completion() {
            completion.result.unwrap();
            assert!(expected.remove(&completion.token), "each is completed once");
            let written = completion.buffer.unwrap();
            assert!(written == data[completion.token as usize..][..written.len()]);
        }
    }
    assert!(expected.is_empty());
    assert!(connection.deadline().is_none());
    assert!(read(&mut connection, 0, 4 << 20) == data);
}

fn wait_and_drive(connection: &mut nbd_io::client::Connection) {
    let mut flags = rustix::event::PollFlags::empty();
    flags.set(rustix::event::PollFlags::IN, connection.interest().read);
    flags.set(rustix::event::PollFlags::OUT, connection.interest().write);
    let fd = connection.as_fd().try_clone_to_owned().unwrap();
    rustix::event::poll(&mut [rustix::event::PollFd::new(&fd, flags)], None).unwrap();
    connection.drive(Instant::now()).unwrap();
}

#[test]
fn a_request_can_be_as_large_as_the_server_says() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(40 << 20))]);
    let mut connection = connect(&server.uri(""));
    let maximum = connection.export().block_size.maximum_payload as usize;
    assert_eq!(maximum, 32 << 20);
    let data = pattern(maximum, 3);
    write(&mut connection, 1, &data);
    assert!(read(&mut connection, 1, maximum) == data);
    let too_long = Command::Read { offset: 0, buffer: vec![0; maximum + 1], dont_fragment: false };
    assert_eq!(connection.request(too_long).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn several_connections_share_one_device() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(1 << 20))]);
    let mut connections: Vec<_> = (0..4).map(|_| connect(&server.uri(""))).collect();
    assert!(connections[0].export().can_multi_conn);
    assert_eq!(server.connections(), 4);
    for (index, connection) in connections.iter_mut().enumerate() {
        write(connection, index as u64 * 1000, &pattern(1000, index as u8));
    }
    for index in 0..4 {
        let seen = read(&mut connections[3 - index], index as u64 * 1000, 1000);
        assert_eq!(seen, pattern(1000, index as u8));
    }
}

#[test]
fn sparse_files_are_read_with_their_holes() {
    let dir = TempDir::new();
    let path = dir.path().join("sparse");
    drop(FileDevice::create(&path, 5 << 20).unwrap());
    let device = Arc::new(FileDevice::open(&path, Access::ReadWrite).unwrap());
    let server = serve(dir.unix(), vec![export("", device)]);
    let mut connection = connect_with_contexts(&server.uri(""), &["base:allocation"]);
    write(&mut connection, 1 << 20, &pattern(1 << 20, 4));
    write(&mut connection, 3 << 20, &[9; 4096]);
    let all = read(&mut connection, 0, 5 << 20);
    let mut expected = vec![0; 5 << 20];
    expected[1 << 20..2 << 20].copy_from_slice(&pattern(1 << 20, 4));
    expected[3 << 20..(3 << 20) + 4096].fill(9);
    assert!(all == expected);

    let status = Command::BlockStatus { run: Run::new(0, 5 << 20), request_one: false, contexts: Vec::new() };
    let Reply::BlockStatus(statuses) = ask(&mut connection, status).unwrap() else { panic!("no status") };
    assert_eq!(statuses.len(), 1);
    let descriptor = |length, flags| Descriptor { length, flags };
    let known = statuses[0].descriptors.as_slice();
    assert_eq!(known[..2], [descriptor(1 << 20, 3), descriptor(1 << 20, 0)]);
    assert_eq!(known.iter().map(|descriptor| descriptor.length).sum::<u64>(), 5 << 20);

    let one =
        Command::BlockStatus { run: Run::new(1 << 20, 4 << 20), request_one: true, contexts: Vec::new() };
    let Reply::BlockStatus(statuses) = ask(&mut connection, one).unwrap() else { panic!("no status") };
    assert_eq!(statuses[0].descriptors, [descriptor(1 << 20, 0)]);
}

#[test]
fn exports_of_odd_sizes_are_read_to_their_last_byte() {
    let dir = TempDir::new();
    let sizes = [0, 1, 511, 513, (1 << 20) + 1];
    let exports = sizes.iter().map(|size| export(&size.to_string(), memory(*size)));
    let server = serve(dir.unix(), exports.collect());
    for size in sizes {
        let mut connection = connect(&server.uri(&size.to_string()));
        assert_eq!(connection.export().size, size);
        let beyond = Command::Read { offset: size, buffer: vec![0; 1], dont_fragment: false };
        assert_eq!(connection.request(beyond).unwrap_err().kind(), ErrorKind::InvalidRequest);
        if size > 0 {
            write(&mut connection, size - 1, &[7]);
            assert_eq!(read(&mut connection, 0, size as usize).last(), Some(&7));
        }
    }
}

#[test]
fn lists_and_describes_exports() {
    let dir = TempDir::new();
    let described =
        ExportConfig { description: "a disk".to_owned(), read_only: true, ..export("b", memory(512)) };
    let server = serve(dir.unix(), vec![export("", memory(1 << 20)), described]);
    let for_ever = Duration::MAX;
    let options = ConnectOptions {
        handshake_timeout: for_ever,
        request_timeout: for_ever,
        ..ConnectOptions::default()
    };
    let exports = list(&server.uri(""), &options).unwrap();
    let names: Vec<&str> = exports.iter().map(|export| export.name.as_str()).collect();
    assert_eq!(names, ["", "b"]);
    let b = info(&server.uri("b"), &options).unwrap();
    assert_eq!(b, exports[1]);
    assert_eq!((b.size, b.read_only, b.description.as_deref()), (512, true, Some("a disk")));
    assert!(!b.can_trim && !b.can_zero && b.context("base:allocation").is_some());
    let missing = info(&server.uri("c"), &options).unwrap_err();
    assert_eq!(missing.kind().code(), "NBD_EXPORT_NOT_FOUND");
}
