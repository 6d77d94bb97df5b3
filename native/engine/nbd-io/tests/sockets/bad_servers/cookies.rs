//! Servers that answer what was not asked, or twice.

use std::io::Write;

use nbd_io::client::Connection;
use nbd_io::{ErrorKind, Framing};
use nbd_proto::wire::*;

use super::*;

/// A success without data.
fn done(framing: Framing, cookie: u64) -> Vec<u8> {
    match framing {
        Framing::Simple => fields(&[&NBD_SIMPLE_REPLY_MAGIC.to_be_bytes(), &[0; 4], &cookie.to_be_bytes()]),
        Framing::Structured => chunk(framing, cookie, true, NBD_REPLY_TYPE_NONE, &[]),
        Framing::Extended => {
            let mut chunk = chunk(framing, cookie, true, NBD_REPLY_TYPE_NONE, &[]);
            // A flush is about offset 0.
            chunk[16..24].fill(0);
            chunk
        }
    }
}

#[test]
fn the_cookie_of_no_request() {
    for framing in ALL {
        for wrong in [|cookie| cookie + 1, |cookie| cookie - 1, |_| 0, |_| u64::MAX] as [fn(u64) -> u64; 4] {
            assert_refused(framing, Command::Flush, move |cookie| done(framing, wrong(cookie)));
        }
    }
}

#[test]
fn an_answer_that_comes_twice_ends_the_connection_and_the_first_one_counts() {
    for framing in ALL {
        let dir = TempDir::new();
        let server = ScriptedServer::negotiated_in(framing, &dir, move |mut client| {
            let cookie = next_request(framing, &mut client);
            let twice = [done(framing, cookie), done(framing, cookie)].concat();
            client.write_all(&twice).unwrap();
            wait_for_end(client);
        });
        let mut connection = Connection::connect(&server.uri, &options(framing)).unwrap();
        connection.submit(7, Command::Flush).unwrap();
        let error = connection.request(Command::Flush).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        let first = connection.poll_completion().unwrap();
        assert_eq!(first.token, 7);
        first.result.unwrap();
        assert!(connection.poll_completion().is_none());
    }
}
