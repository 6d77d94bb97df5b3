//! Any bytes at all: an answer or an error, never a panic, and no memory that was not paid for in bytes.

use extent::Run;
use proptest::prelude::*;

use super::*;
use crate::client::{Command, Handshake, Session};
use crate::server::{Limits, Request};

/// Bytes that get past the magic numbers often enough to reach what lies behind.
fn hostile_stream() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(NBD_REP_MAGIC.to_be_bytes().to_vec()),
        Just(NBD_OPTS_MAGIC.to_be_bytes().to_vec()),
        Just(NBD_STRUCTURED_REPLY_MAGIC.to_be_bytes().to_vec()),
        Just(NBD_SIMPLE_REPLY_MAGIC.to_be_bytes().to_vec()),
        Just(NBD_EXTENDED_REPLY_MAGIC.to_be_bytes().to_vec()),
        (0_u32..12).prop_map(|number| number.to_be_bytes().to_vec()),
        (0_u16..9).prop_map(|number| number.to_be_bytes().to_vec()),
        (0_u64..5).prop_map(|number| number.to_be_bytes().to_vec()),
        Just(vec![0xff; 4]),
        Just(vec![0x80, 0x00, 0x00, 0x01]),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn told_to_a_client_s_handshake(stream in hostile_stream(), goal in 0..3) {
        let contexts = ["base:allocation".to_owned()];
        let mut client = match goal {
            0 => Handshake::connect("x", &contexts).unwrap(),
            1 => Handshake::inspect("x").unwrap(),
            _ => Handshake::list(),
        };
        tell_client(&mut client, &fixed_greeting()).unwrap();
        let mut stream = stream.as_slice();
        while !stream.is_empty() && client.poll_outcome().is_none() {
            let count = copy_prefix(client.receive_buffer(), stream);
            if count == 0 || client.handle_received(count).is_err() {
                break;
            }
            stream = &stream[count..];
        }
    }

    #[test]
    fn told_to_a_server_s_handshake(stream in hostile_stream()) {
        let mut server = server_of(vec![offer("", &["base:allocation"])]);
        tell_server(&mut server, &message![NBD_FLAG_C_FIXED_NEWSTYLE]).unwrap();
        let mut stream = stream.as_slice();
        while !stream.is_empty() && server.poll_outcome().is_none() {
            let count = copy_prefix(server.receive_buffer(), stream);
            if count == 0 || server.handle_received(count).is_err() {
                break;
            }
            stream = &stream[count..];
        }
    }

    #[test]
    fn told_to_a_session(
        stream in hostile_stream(),
        pieces in proptest::collection::vec(1_usize..50, 1..5),
        framing in prop_oneof![Just(Framing::Simple), Just(Framing::Structured), Just(Framing::Extended)],
        with_aside: bool,
    ) {
        let mut session = Session::new(Export { framing, ..capable_export() });
        session.submit(0, Command::Read { offset: 0, buffer: vec![0; 100], dont_fragment: false }).unwrap();
        session.submit(0, Command::Write { offset: 0, buffer: vec![0; 100], fua: false }).unwrap();
        session.submit(0, Command::Flush).unwrap();
        if with_aside {
            session.submit(0, Command::ReadAside { run: Run::new(0, 100) }).unwrap();
        }
        take_requests(&mut session);
        let _ = tell_session(&mut session, &stream, &pieces);
    }

    #[test]
    fn told_to_a_server_as_requests(
        header: [u8; EXTENDED_REQUEST_HEADER_LENGTH],
        payload in proptest::collection::vec(any::<u8>(), 0..40),
        with_magic: bool,
        framing in prop_oneof![Just(Framing::Simple), Just(Framing::Structured), Just(Framing::Extended)],
    ) {
        let mut header = header[..framing.request_header_length()].to_vec();
        let magic = if framing == Framing::Extended { NBD_EXTENDED_REQUEST_MAGIC } else { NBD_REQUEST_MAGIC };
        if with_magic {
            header[..4].copy_from_slice(&magic.to_be_bytes());
        }
        let limits = Limits {
            size: 1 << 20,
            read_only: false,
            framing,
            contexts: 2,
            maximum_payload: 1 << 20,
        };
        let request = Request::decode(&header, &limits);
        if framing < Framing::Extended {
            prop_assert!(request.is_ok() == (header[..4] == magic.to_be_bytes()));
        }
        if let Ok(request) = request {
            let _ = request.check(&limits);
            let _ = request.filter(&payload, &[0, 1], &limits);
        }
    }
}
