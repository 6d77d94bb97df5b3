//! Starting, sharing an address, and closing.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nbd_io::client::{Command, ConnectOptions, Connection, Reply};
use nbd_io::server::{Listen, Server, ServerOptions};
use nbd_io::{ErrorKind, NbdUri, Transport};
use nbd_proto::wire::{NBD_CMD_FLAG_DF, NBD_CMD_READ};

use crate::devices::{HookedDevice, gated};
use crate::raw_client::RawClient;
use crate::setup::{TempDir, any_tcp_port, connect, export, memory, read, serve};

#[test]
fn a_socket_file_comes_and_goes_with_its_server() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("a b", memory(512))]);
    assert!(dir.socket().exists());
    let uri: NbdUri = server.uri("a b").to_string().parse().unwrap();
    assert_eq!(read(&mut connect(&uri), 0, 512), [0; 512]);
    server.close().unwrap();
    assert!(!dir.socket().exists());

    drop(serve(dir.unix(), vec![]));
    assert!(!dir.socket().exists(), "dropping closes, too");
}

#[test]
fn only_a_dead_server_s_socket_file_is_replaced() {
    let dir = TempDir::new();
    drop(UnixListener::bind(dir.socket()).unwrap());
    let server = serve(dir.unix(), vec![export("", memory(512))]);
    let refused = || Server::start(&ServerOptions::new(dir.unix()), vec![]).err().unwrap().kind().code();
    assert_eq!(refused(), "NBD_LISTEN");
    assert_eq!(read(&mut connect(&server.uri("")), 0, 512), [0; 512], "the first one still has it");
    server.close().unwrap();

    fs::write(dir.socket(), "precious").unwrap();
    assert_eq!(refused(), "NBD_LISTEN");
    assert_eq!(fs::read(dir.socket()).unwrap(), b"precious");
}

#[test]
fn a_socket_file_that_is_another_server_s_by_now_stays() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![]);
    fs::remove_file(dir.socket()).unwrap();
    let _other = UnixListener::bind(dir.socket()).unwrap();
    server.close().unwrap();
    assert!(dir.socket().exists());
}

#[test]
fn addresses_that_cannot_be_had() {
    let dir = TempDir::new();
    let too_long = Transport::Unix { path: dir.path().join("x".repeat(108)) };
    let error = Server::start(&ServerOptions::new(too_long), vec![]).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("107 bytes"));

    let server = serve(any_tcp_port(), vec![]);
    let Transport::Tcp { port, .. } = server.transport() else { panic!("not TCP") };
    assert_ne!(*port, 0);
    let error = Server::start(&ServerOptions::new(server.transport().clone()), vec![]).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Listen);
}

#[test]
fn exports_have_names_of_their_own() {
    let dir = TempDir::new();
    let start = |exports| Server::start(&ServerOptions::new(dir.unix()), exports).err().unwrap().kind();
    let twice = vec![export("a", memory(512)), export("a", memory(512))];
    assert_eq!(start(twice), ErrorKind::InvalidRequest);
    assert_eq!(start(vec![export(&"n".repeat(4097), memory(512))]), ErrorKind::InvalidRequest);
    assert!(!dir.socket().exists());
}

#[test]
fn sockets_that_listen_already_are_served_on_and_outlive_the_server() {
    let dir = TempDir::new();
    let unix = UnixListener::bind(dir.socket()).unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let sockets: [OwnedFd; 2] = [unix.try_clone().unwrap().into(), tcp.into()];
    let options = ServerOptions::new(Listen::On(Arc::new(sockets)));
    let server = Server::start(&options, vec![export("disk", memory(512))]).unwrap();
    assert_eq!(server.uri("disk"), NbdUri::unix(dir.socket(), "disk"));
    for uri in [server.uri("disk"), NbdUri::tcp("127.0.0.1", port, "disk")] {
        assert_eq!(read(&mut connect(&uri), 0, 512), [0; 512]);
    }
    server.close().unwrap();
    assert!(dir.socket().exists(), "it is not the server's to remove");
    drop(options);
    let refused = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let again = Listen::On(Arc::new([unix.into()]));
    let server = Server::start(&ServerOptions::new(again), vec![export("", memory(512))]).unwrap();
    assert_eq!(read(&mut connect(&server.uri("")), 0, 512), [0; 512]);
}

#[test]
fn what_does_not_listen_cannot_be_served_on() {
    let connected = std::os::unix::net::UnixStream::pair().unwrap().0;
    let file = fs::File::open("/dev/null").unwrap();
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let none: [OwnedFd; 0] = [];
    for sockets in [
        Arc::from([connected.into()]),
        Arc::from([file.into()]),
        Arc::from([datagrams.into()]),
        Arc::from(none),
    ] {
        let refused = Server::start(&ServerOptions::new(Listen::On(sockets)), vec![]);
        assert_eq!(refused.err().unwrap().kind(), ErrorKind::Listen);
    }
}

#[test]
fn clients_beyond_the_limit_are_turned_away() {
    let dir = TempDir::new();
    let options = ServerOptions { max_connections: 1, ..ServerOptions::new(dir.unix()) };
    let server = Server::start(&options, vec![export("", memory(512))]).unwrap();
    let first = connect(&server.uri(""));
    assert!(!first.export().can_multi_conn, "there is no second one to be had");
    let second = Connection::connect(&server.uri(""), &ConnectOptions::default());
    assert_eq!(second.err().unwrap().kind(), ErrorKind::Disconnected);
    let mut raw = RawClient::silent(&dir.socket());
    raw.wait_for_end();
    assert_eq!(server.connections(), 1);
}

#[test]
fn closing_ends_idle_connections() {
    let dir = TempDir::new();
    for listen in [dir.unix(), any_tcp_port()] {
        let server = serve(listen, vec![export("", memory(512))]);
        let mut connection = connect(&server.uri(""));
        server.close().unwrap();
        assert_eq!(connection.request(Command::Flush).unwrap_err().kind(), ErrorKind::Disconnected);
    }
}

#[test]
fn closing_waits_for_the_request_that_is_being_worked_on() {
    let dir = TempDir::new();
    let (device, gate) = gated(4096);
    let server = serve(dir.unix(), vec![export("", device)]);
    let mut connection = connect(&server.uri(""));
    thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let write = Command::Write { offset: 0, buffer: vec![1; 512], fua: false };
            connection.request(write).unwrap().result.unwrap()
        });
        gate.arrived.recv().unwrap();
        let closer = scope.spawn(move || server.close());
        gate.let_go.send(()).unwrap();
        assert_eq!(writer.join().unwrap(), Reply::Done);
        closer.join().unwrap().unwrap();
    });
}

#[test]
fn closing_does_not_wait_for_a_client_that_takes_no_replies() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(16 << 20))]);
    let mut client = RawClient::connect(&server.uri(""));
    client.request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, 16 << 20);
    // The reply has begun, and will not fit into the socket.
    client.take(20);
    server.close().unwrap();
}

#[test]
fn closing_flushes_and_tells_what_went_wrong() {
    let dir = TempDir::new();
    let device = HookedDevice::new(512, |call| match call {
        "flush" => Err(std::io::Error::from_raw_os_error(28)),
        _ => Ok(()),
    });
    let server = serve(dir.unix(), vec![export("", device)]);
    let error = server.close().unwrap_err();
    assert_eq!((error.kind().code(), error.operation()), ("NBD_ENOSPC", "flush"));
}

#[test]
fn a_client_that_does_not_negotiate_does_not_hold_up_the_end() {
    let dir = TempDir::new();
    let handshake_timeout = Duration::MAX;
    let options = ServerOptions { handshake_timeout, ..ServerOptions::new(dir.unix()) };
    let server = Server::start(&options, vec![]).unwrap();
    let mut client = RawClient::silent(&dir.socket());
    client.take(18);
    server.close().unwrap();
    client.wait_for_end();
}
