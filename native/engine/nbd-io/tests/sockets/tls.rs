//! Our client and our server over TLS.

use std::time::Instant;

use nbd_io::client::{Command, ConnectOptions, Connection, Reply, info, list};
use nbd_io::{ErrorKind, NbdUri};

use crate::pki::pki;
use crate::setup::{TempDir, any_tcp_port, ask, connect, pattern, read, write};

#[test]
fn data_goes_both_ways_over_unix_and_tcp() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    for listen in [dir.unix(), any_tcp_port()] {
        let server = pki.serve(listen);
        let uri = pki.uri(&server);
        assert!(uri.tls && uri.to_string().starts_with("nbds"));
        let mut connection = connect(&uri);
        // Shorter than a record, one record, odd, and more than the buffers hold.
        for (seed, length) in [1, 28, 16 << 10, (16 << 10) + 1, 100_001, 3 << 20].into_iter().enumerate() {
            let data = pattern(length, seed as u8);
            write(&mut connection, 4095, &data);
            assert!(read(&mut connection, 4095, length) == data, "{length} bytes");
        }
        assert_eq!(ask(&mut connection, Command::Flush).unwrap(), Reply::Done);
        assert_eq!(info(&uri, &ConnectOptions::default()).unwrap().size, 8 << 20);
        assert_eq!(list(&uri, &ConnectOptions::default()).unwrap().len(), 1);
        connection.disconnect();
        server.close().unwrap();
    }
}

/// Reads and writes at once, more than both sockets hold: each side has to read while it cannot write.
fn exchange(connection: &mut Connection) {
    let (piece, count) = (512 << 10, 8_u64);
    let offset = |index: u64| index * piece as u64;
    for round in 0..3 {
        for index in 0..count {
            let buffer = pattern(piece, (index + round) as u8);
            let command = Command::Write { offset: offset(index), buffer, fua: false };
            connection.submit(index, command).unwrap();
        }
        for index in count..16 {
            let command =
                Command::Read { offset: offset(index), buffer: vec![0; piece], dont_fragment: false };
            connection.submit(index, command).unwrap();
        }
        while connection.in_flight() > 0 {
            // Waits by itself, and sets the completions of the others aside.
            assert_eq!(connection.request(Command::Flush).unwrap().result.unwrap(), Reply::Done);
        }
        for _ in 0..16 {
            connection.poll_completion().unwrap().result.unwrap();
        }
        for index in 0..count {
            let expected = pattern(piece, (index + round) as u8);
            assert!(read(connection, offset(index), piece) == expected, "piece {index} of round {round}");
        }
    }
}

#[test]
fn both_directions_are_full_at_once() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    for listen in [dir.unix(), any_tcp_port()] {
        let server = pki.serve(listen);
        exchange(&mut connect(&pki.uri(&server)));
    }
}

#[test]
fn keys_are_renewed_in_the_middle_of_data() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let server = pki.serve(dir.unix());
    let options = ConnectOptions { tls_records_per_key: Some(5), ..ConnectOptions::default() };
    exchange(&mut Connection::connect(&pki.uri(&server), &options).unwrap());
}

#[test]
fn what_was_decrypted_is_not_waited_for() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let server = pki.serve(dir.unix());
    let mut connection = connect(&pki.uri(&server));
    // Many small replies come in few records, and after a drive none is left that the socket does not tell of.
    for token in 0..64 {
        connection
            .submit(token, Command::Read { offset: token * 100, buffer: vec![0; 100], dont_fragment: false })
            .unwrap();
    }
    while connection.in_flight() > 0 {
        let completion = connection.request(Command::Flush).unwrap();
        assert_eq!(completion.result.unwrap(), Reply::Done);
    }
    let completed = std::iter::from_fn(|| connection.poll_completion()).count();
    assert_eq!(completed, 64);
    connection.drive(Instant::now()).unwrap();
}

#[test]
fn a_server_with_tls_tells_nothing_in_plain() {
    let dir = TempDir::new();
    let pki = pki(&dir);
    let server = pki.serve(dir.unix());
    let plain = NbdUri::unix(dir.socket(), "disk");
    let options = ConnectOptions::default();
    for error in [
        Connection::connect(&plain, &options).err(),
        info(&plain, &options).err(),
        list(&plain, &options).err(),
    ] {
        assert_eq!(error.unwrap().kind(), ErrorKind::TlsRequired);
    }
    server.close().unwrap();
}
