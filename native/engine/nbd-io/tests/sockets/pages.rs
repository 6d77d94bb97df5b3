//! Large reads and writes between plain sockets and files, whose pages go through a pipe.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;

use block_device::{Access, FileDevice};
use extent::DirtyBitmap;
use nbd_io::NbdErrno::{Eio, Eperm};
use nbd_io::client::Command;
use nbd_io::server::ExportConfig;
use nbd_io::{ErrorKind, NbdErrno};
use nbd_proto::wire::*;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use crate::raw_client::{RawClient, request};
use crate::setup::{TempDir, any_tcp_port, ask, connect, export, memory, pattern, read, serve, write};

const SIZE: u64 = 8 << 20;

/// Offsets and lengths around pages, pieces and what a pipe holds.
const RUNS: [(u64, usize); 9] = [
    (0, 64 << 10),
    (1, 64 << 10),
    (4095, (64 << 10) - 1),
    (8192, 512 << 10),
    (4096, 1 << 20),
    (4097, 1 << 20),
    (77_777, (1 << 20) + 12_345),
    (511, 3 << 20),
    (SIZE - (2 << 20) - 7, (2 << 20) + 7),
];

#[test]
fn large_runs_that_begin_and_end_anywhere_stay_as_they_are() {
    let dir = TempDir::new();
    for listen in [dir.unix(), any_tcp_port()] {
        let server = serve(listen, vec![export("", memory(SIZE))]);
        let mut connection = connect(&server.uri(""));
        let mut contents = vec![0; SIZE as usize];
        for (seed, (offset, length)) in RUNS.into_iter().enumerate() {
            let data = pattern(length, seed as u8);
            write(&mut connection, offset, &data);
            contents[offset as usize..offset as usize + length].copy_from_slice(&data);
            assert!(read(&mut connection, 0, SIZE as usize) == contents, "{offset} {length}");
        }
        for (offset, length) in RUNS {
            let expected = &contents[offset as usize..offset as usize + length];
            assert!(read(&mut connection, offset, length) == expected, "{offset} {length}");
        }
        server.close().unwrap();
    }
}

#[test]
fn simple_replies_have_large_runs_in_one_piece() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(SIZE))]);
    let contents = pattern(SIZE as usize, 1);
    write(&mut connect(&server.uri("")), 0, &contents);
    let mut client = RawClient::connect_plainly(&server.uri(""));
    for (offset, length) in RUNS {
        client.request(NBD_CMD_READ, 0, offset, length as u32);
        assert_eq!(client.simple_reply(), None);
        assert!(client.take(length) == contents[offset as usize..offset as usize + length]);
    }
}

#[test]
fn a_payload_that_comes_in_crumbs_is_written() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(SIZE))]);
    let data = pattern(200_000, 3);
    let mut client = RawClient::connect(&server.uri(""));
    client.request(NBD_CMD_WRITE, 0, 1000, data.len() as u32);
    // Each crumb takes a page's place in a pipe: it is full long before all of them are there.
    for crumb in data.chunks(100) {
        client.say(crumb);
    }
    assert_eq!(client.simple_reply(), None);
    assert!(read(&mut connect(&server.uri("")), 1000, data.len()) == data);
}

/// A file that a test holds, and the device that it is.
fn shared_file() -> (File, FileDevice) {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = File::from(memfd_create("blockferry-test", flags).unwrap());
    file.set_len(SIZE).unwrap();
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let device = FileDevice::open(Path::new(&path), Access::ReadWrite).unwrap();
    (file, device)
}

fn errno_of(connection: &mut nbd_io::client::Connection, command: Command) -> NbdErrno {
    match ask(connection, command).unwrap_err().kind() {
        ErrorKind::Server(errno) => errno,
        kind => panic!("{kind:?}"),
    }
}

#[test]
fn a_write_that_fails_half_way_is_told_and_marked_and_the_connection_goes_on() {
    let dir = TempDir::new();
    let (file, device) = shared_file();
    let bitmap = Arc::new(DirtyBitmap::new(SIZE, 64 << 10).unwrap());
    let bitmaps = vec![("b".to_owned(), Arc::clone(&bitmap))];
    let server = serve(dir.unix(), vec![ExportConfig { bitmaps, ..export("", Arc::new(device)) }]);
    // From here on the system itself refuses what lies behind the first MiB.
    file.set_len(1 << 20).unwrap();
    fcntl_add_seals(&file, SealFlags::GROW).unwrap();
    let mut connection = connect(&server.uri(""));
    let offset = (1 << 20) - (128 << 10);
    let failing = Command::Write { offset, buffer: vec![7; 3 << 20], fua: false };
    assert_eq!(errno_of(&mut connection, failing), Eperm);
    assert!(bitmap.count() >= 128 << 10, "what was written before it failed");
    write(&mut connection, 5, &pattern(300_000, 4));
    assert!(read(&mut connection, 5, 300_000) == pattern(300_000, 4));
}

#[test]
fn a_read_of_what_was_cut_off_fails_and_the_connection_goes_on() {
    let dir = TempDir::new();
    let (file, device) = shared_file();
    let server = serve(dir.unix(), vec![export("", Arc::new(device))]);
    let contents = pattern(SIZE as usize, 5);
    let mut connection = connect(&server.uri(""));
    write(&mut connection, 0, &contents);
    file.set_len(4 << 20).unwrap();
    for length in [1 << 20, 3 << 20] {
        let buffer = vec![0; length];
        let cut = Command::Read { offset: (4 << 20) - 4096, buffer, dont_fragment: true };
        assert_eq!(errno_of(&mut connection, cut), Eio);
    }
    assert!(read(&mut connection, 0, 4 << 20) == contents[..4 << 20]);
}

#[test]
fn of_a_client_that_vanishes_no_half_of_a_piece_is_written() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(SIZE))]);
    let mut client = RawClient::connect(&server.uri(""));
    client.say(&request(NBD_CMD_WRITE, 0, 0, 256 << 10));
    client.say(&vec![7; 200 << 10]);
    client.stream.shutdown(std::net::Shutdown::Write).unwrap();
    client.wait_for_end();
    assert!(read(&mut connect(&server.uri("")), 0, 256 << 10) == vec![0; 256 << 10]);
}
