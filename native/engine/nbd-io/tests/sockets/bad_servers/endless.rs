//! Servers that always have one more thing to say, as fast as it can be heard.

use nbd_io::Framing;
use nbd_io::client::list;
use nbd_proto::wire::*;

use super::*;

/// Says it over and over until the client hangs up.
fn repeat(client: &mut UnixStream, message: &[u8]) {
    let batch = message.repeat((256 << 10) / message.len() + 1);
    while client.write_all(&batch).is_ok() {}
}

/// A server that answers the client's first option without end.
fn answering(dir: &TempDir, kind: u32, payload: Vec<u8>) -> ScriptedServer {
    ScriptedServer::start(dir, move |mut client| {
        greet(&mut client);
        let option = next_option(&mut client);
        repeat(&mut client, &option_reply(option, kind, &payload));
    })
}

#[test]
fn replies_to_an_option() {
    let dir = TempDir::new();
    let export = fields(&[&4_u32.to_be_bytes(), b"disk"]);
    let server = answering(&dir, NBD_REP_SERVER, export);
    assert_eq!(list(&server.uri, &options(Framing::Simple)).unwrap_err().kind(), ErrorKind::Protocol);
    for kind in [NBD_INFO_DESCRIPTION, 99] {
        let dir = TempDir::new();
        let server = answering(&dir, NBD_REP_INFO, kind.to_be_bytes().to_vec());
        let error = Connection::connect(&server.uri, &options(Framing::Simple)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }
}

#[test]
fn replies_after_the_last_one_are_not_heard_and_not_waited_for() {
    let dir = TempDir::new();
    let server = answering(&dir, NBD_REP_ACK, Vec::new());
    assert_eq!(list(&server.uri, &options(Framing::Simple)).unwrap(), []);
}

#[test]
fn errors_that_are_not_the_last_chunk() {
    for framing in WITH_CHUNKS {
        let dir = TempDir::new();
        let server = ScriptedServer::negotiated_in(framing, &dir, move |mut client| {
            let cookie = next_request(framing, &mut client);
            repeat(&mut client, &chunk(framing, cookie, false, NBD_REPLY_TYPE_ERROR, &[0, 0, 0, 5, 0, 0]));
        });
        let mut connection = Connection::connect(&server.uri, &impatient(framing)).unwrap();
        assert_eq!(connection.request(read_command()).unwrap_err().kind(), ErrorKind::Timeout);
    }
}

#[test]
fn crumbs() {
    for framing in WITH_CHUNKS {
        let dir = TempDir::new();
        let server = ScriptedServer::negotiated_in(framing, &dir, move |mut client| {
            let cookie = next_request(framing, &mut client);
            // Every other byte.
            let crumbs = (0..).step_by(2).map(|at| hole(framing, cookie, false, OFFSET + at, 1));
            for crumb in crumbs {
                if client.write_all(&crumb).is_err() {
                    break;
                }
            }
        });
        let mut connection = Connection::connect(&server.uri, &options(framing)).unwrap();
        let large = Command::Read { offset: OFFSET, buffer: vec![0; 1 << 19], dont_fragment: false };
        assert_eq!(connection.request(large).unwrap_err().kind(), ErrorKind::Protocol);
    }
}
