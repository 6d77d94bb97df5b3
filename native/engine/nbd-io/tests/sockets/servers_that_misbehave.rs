//! Servers that hang, die or lie: the client says which, and never waits for ever.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nbd_io::client::{Command, ConnectOptions, Connection};
use nbd_io::{ErrorKind, Framing, NbdError, NbdUri};
use nbd_proto::errno::NbdErrno;
use nbd_proto::server::ReplyEncoder;
use nbd_proto::wire::*;
use rustix::event::{PollFd, PollFlags, poll};

use crate::scripted_server::{ScriptedServer, next_read, wait_for_end};
use crate::setup::TempDir;

/// Short, so that a test of it is short; long enough for a server that does answer.
fn impatient() -> ConnectOptions {
    let short = Duration::from_millis(300);
    ConnectOptions { handshake_timeout: short, request_timeout: short, ..ConnectOptions::default() }
}

fn read_command() -> Command {
    Command::Read { offset: 0, buffer: vec![0; 4096], dont_fragment: false }
}

/// What becomes of a read, and that the connection is dead afterwards.
fn dying_read(server: &ScriptedServer, options: &ConnectOptions) -> NbdError {
    let mut connection = Connection::connect(&server.uri, options).unwrap();
    let error = connection.request(read_command()).unwrap_err();
    let afterwards = connection.request(read_command()).unwrap_err();
    assert_eq!(afterwards.kind(), ErrorKind::Disconnected, "dead is dead");
    connection.disconnect();
    error
}

/// The header of a chunk with all of the read's data.
fn data_header(cookie: u64) -> Vec<u8> {
    let mut header = Vec::new();
    ReplyEncoder::new(Framing::Structured, cookie, 0).data_header(
        extent::Run::new(0, 4096),
        true,
        &mut header,
    );
    header
}

#[test]
fn a_server_that_hangs_in_a_reply() {
    let dir = TempDir::new();
    let server = ScriptedServer::negotiated(&dir, |mut client| {
        let cookie = next_read(&mut client);
        client.write_all(&data_header(cookie)).unwrap();
        client.write_all(&[1; 1000]).unwrap();
        wait_for_end(client);
    });
    assert_eq!(dying_read(&server, &impatient()).kind().code(), "NBD_TIMEOUT");
}

#[test]
fn a_server_that_hangs_in_the_handshake() {
    let dir = TempDir::new();
    let server = ScriptedServer::start(&dir, |mut client| {
        client.write_all(b"NBDMAGIC").unwrap();
        wait_for_end(client);
    });
    let error = Connection::connect(&server.uri, &impatient()).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, "handshake"));
}

#[test]
fn a_server_that_dies_in_a_reply() {
    let dir = TempDir::new();
    let server = ScriptedServer::negotiated(&dir, |mut client| {
        let cookie = next_read(&mut client);
        client.write_all(&data_header(cookie)).unwrap();
        client.write_all(&[1; 1000]).unwrap();
    });
    assert_eq!(dying_read(&server, &ConnectOptions::default()).kind().code(), "NBD_DISCONNECTED");
}

#[test]
fn a_server_that_dies_in_the_handshake() {
    let dir = TempDir::new();
    let server = ScriptedServer::start(&dir, |mut client| client.write_all(b"NBDMAGIC").unwrap());
    let error = Connection::connect(&server.uri, &ConnectOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disconnected);
}

#[test]
fn a_server_that_lies() {
    for lie in [
        |cookie: u64| data_header(cookie + 1),
        |cookie: u64| [&NBD_SIMPLE_REPLY_MAGIC.to_be_bytes()[..], &[0; 4], &cookie.to_be_bytes()].concat(),
        |_| b"an HTTP answer, for instance".to_vec(),
    ] {
        let dir = TempDir::new();
        let server = ScriptedServer::negotiated(&dir, move |mut client| {
            let cookie = next_read(&mut client);
            client.write_all(&lie(cookie)).unwrap();
            wait_for_end(client);
        });
        assert_eq!(dying_read(&server, &ConnectOptions::default()).kind().code(), "NBD_PROTOCOL");
    }
}

#[test]
fn what_was_said_before_the_end_is_heard() {
    let dir = TempDir::new();
    let server = ScriptedServer::negotiated(&dir, |mut client| {
        let mut answer = Vec::new();
        ReplyEncoder::new(Framing::Structured, next_read(&mut client), 0).failed(NbdErrno::Eio, &mut answer);
        client.write_all(&answer).unwrap();
    });
    let mut connection = Connection::connect(&server.uri, &ConnectOptions::default()).unwrap();
    connection.submit(1, read_command()).unwrap();
    connection.drive(Instant::now()).unwrap();
    let hung_up = PollFlags::empty();
    poll(&mut [PollFd::from_borrowed_fd(connection.as_fd(), hung_up)], None).unwrap();

    // There is something to be sent, which fails, and something to be heard.
    connection.submit(2, read_command()).unwrap();
    assert_eq!(connection.drive(Instant::now()).unwrap_err().kind(), ErrorKind::Disconnected);
    let completion = connection.poll_completion().unwrap();
    assert_eq!(completion.result.unwrap_err().kind().code(), "NBD_EIO");
    assert_eq!(completion.buffer.unwrap().len(), 4096, "the buffer comes back");
    assert!(connection.poll_completion().is_none());
}

#[test]
fn a_server_that_goes_away_is_asked_nothing_more_and_taken_leave_of() {
    let dir = TempDir::new();
    let server = ScriptedServer::negotiated(&dir, |mut client| {
        let mut answer = Vec::new();
        ReplyEncoder::new(Framing::Structured, next_read(&mut client), 0)
            .failed(NbdErrno::Eshutdown, &mut answer);
        client.write_all(&answer).unwrap();
        let mut header = [0; REQUEST_HEADER_LENGTH];
        client.read_exact(&mut header).unwrap();
        assert_eq!(header[6..8], NBD_CMD_DISC.to_be_bytes());
        assert_eq!(client.read(&mut header).unwrap(), 0, "nothing follows");
    });
    let mut connection = Connection::connect(&server.uri, &ConnectOptions::default()).unwrap();
    let failed = connection.request(read_command()).unwrap().result.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Server(NbdErrno::Eshutdown));
    let refused = connection.request(read_command()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Server(NbdErrno::Eshutdown));
    connection.disconnect();
}

#[test]
fn a_request_that_has_waited_too_long_ends_the_connection_even_if_others_go_on() {
    let dir = TempDir::new();
    let server = ScriptedServer::negotiated(&dir, |mut client| {
        next_read(&mut client);
        let mut header = [0; REQUEST_HEADER_LENGTH];
        while client.read_exact(&mut header).is_ok() {
            let cookie = u64::from_be_bytes(header[8..16].try_into().unwrap());
            let mut answer = Vec::new();
            ReplyEncoder::new(Framing::Structured, cookie, 0).failed(NbdErrno::Eio, &mut answer);
            if client.write_all(&answer).is_err() {
                break;
            }
        }
    });
    let mut connection = Connection::connect(&server.uri, &impatient()).unwrap();
    connection.submit(1, read_command()).unwrap();
    let deadline = connection.deadline();
    let end = loop {
        match connection.request(read_command()) {
            Ok(_) => assert_eq!(connection.deadline(), deadline),
            Err(error) => break error,
        }
    };
    assert_eq!(end.kind(), ErrorKind::Timeout);
}

#[test]
fn servers_that_cannot_be_reached() {
    let dir = TempDir::new();
    let options = ConnectOptions::default();
    let refused = |uri: &NbdUri| Connection::connect(uri, &options).unwrap_err();
    let nobody = refused(&NbdUri::unix(dir.socket(), ""));
    assert_eq!(nobody.kind().code(), "NBD_CONNECT");
    assert!(nobody.to_string().contains("nbd.sock"), "{nobody}");
    let too_long = refused(&NbdUri::unix(dir.path().join("x".repeat(108)), ""));
    assert_eq!(too_long.kind(), ErrorKind::Connect);
    let reason = std::error::Error::source(&too_long).unwrap().to_string();
    assert!(reason.contains("107 bytes"), "{reason}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(refused(&NbdUri::tcp("127.0.0.1", port, "")).kind(), ErrorKind::Connect);
}

#[test]
fn a_demand_for_tls_is_told() {
    let dir = TempDir::new();
    let server = ScriptedServer::start(&dir, |mut client| {
        let flags = NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES;
        client.write_all(b"NBDMAGICIHAVEOPT").unwrap();
        client.write_all(&flags.to_be_bytes()).unwrap();
        let mut said = [0; 4 + OPTION_HEADER_LENGTH];
        client.read_exact(&mut said).unwrap();
        client.write_all(&NBD_REP_MAGIC.to_be_bytes()).unwrap();
        client.write_all(&said[12..16]).unwrap();
        client.write_all(&NBD_REP_ERR_TLS_REQD.to_be_bytes()).unwrap();
        client.write_all(&[0; 4]).unwrap();
        wait_for_end(client);
    });
    let error = Connection::connect(&server.uri, &ConnectOptions::default()).unwrap_err();
    assert_eq!(error.kind().code(), "NBD_TLS_REQUIRED");
}

#[test]
fn oldstyle_is_refused_and_says_so() {
    let dir = TempDir::new();
    let server = ScriptedServer::start(&dir, |mut client| {
        client.write_all(b"NBDMAGIC\x00\x00\x42\x02\x81\x86\x12\x53").unwrap();
        wait_for_end(client);
    });
    let error = Connection::connect(&server.uri, &ConnectOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("oldstyle"));
}

#[test]
fn hanging_up_on_export_name_means_that_there_is_no_such_export() {
    let dir = TempDir::new();
    let server = ScriptedServer::start(&dir, |mut client| {
        client.write_all(b"NBDMAGICIHAVEOPT\x00\x00").unwrap();
        let mut said = [0; 4 + OPTION_HEADER_LENGTH + 4];
        client.read_exact(&mut said).unwrap();
    });
    let error = Connection::connect(&server.uri, &ConnectOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExportNotFound);
}
