//! Servers that are none, or lose the thread.

use std::io::Write;

use nbd_io::client::Connection;
use nbd_io::{ErrorKind, Framing};
use nbd_proto::wire::*;

use super::*;

#[test]
fn who_greets_with_something_else() {
    for (greeting, kind) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], ErrorKind::Protocol),
        (b"NBDMAGICIHAVEOPs\x00\x03", ErrorKind::Protocol),
        (b"NBDMAGICIHAVEOPT\x80\x03", ErrorKind::Protocol),
        (b"NBDMAGIC\x00\x00\x42\x02\x81\x86\x12\x53", ErrorKind::Unsupported),
    ] {
        let dir = TempDir::new();
        let server = ScriptedServer::start(&dir, |mut client| {
            client.write_all(greeting).unwrap();
            wait_for_end(client);
        });
        let error = Connection::connect(&server.uri, &options(Framing::Extended)).unwrap_err();
        assert_eq!(error.kind(), kind, "{greeting:?}");
    }
}

#[test]
fn who_answers_an_option_with_something_else() {
    let reply = |option| option_reply(option, NBD_REP_ACK, &[]);
    for answer in [
        |_| vec![0; 20],
        |option| option_reply(option + 1, NBD_REP_ACK, &[]),
        |option| option_reply(option, 99, &[]),
        |option| option_reply(option, NBD_REP_ACK, b"nothing belongs here"),
    ] as [fn(u32) -> Vec<u8>; 4]
    {
        let dir = TempDir::new();
        let server = ScriptedServer::start(&dir, move |mut client| {
            greet(&mut client);
            let first = next_option(&mut client);
            client.write_all(&reply(first)).unwrap();
            let second = next_option(&mut client);
            client.write_all(&answer(second)).unwrap();
            wait_for_end(client);
        });
        let error = Connection::connect(&server.uri, &options(Framing::Extended)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }
}

#[test]
fn who_answers_a_request_with_something_else() {
    for framing in ALL {
        assert_refused(framing, Command::Flush, |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
        assert_refused(framing, Command::Flush, |_| vec![0; 32]);
        let request = |magic: u32| fields(&[&magic.to_be_bytes(), &[0; 28]]);
        assert_refused(framing, Command::Flush, move |_| request(NBD_REQUEST_MAGIC));
        assert_refused(framing, Command::Flush, move |_| request(NBD_EXTENDED_REQUEST_MAGIC));
    }
}

#[test]
fn who_answers_in_a_form_that_was_not_agreed_on() {
    let simple =
        |cookie: u64| fields(&[&NBD_SIMPLE_REPLY_MAGIC.to_be_bytes(), &[0; 4], &cookie.to_be_bytes()]);
    assert_refused(Framing::Extended, read_command(), simple);
    assert_refused(Framing::Structured, read_command(), simple);
    for (agreed, used) in [
        (Framing::Simple, Framing::Structured),
        (Framing::Simple, Framing::Extended),
        (Framing::Structured, Framing::Extended),
        (Framing::Extended, Framing::Structured),
    ] {
        assert_refused(agreed, read_command(), move |cookie| {
            data(used, cookie, true, OFFSET, LENGTH as usize)
        });
    }
}
