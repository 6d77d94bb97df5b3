//! A client's handshake with a server that says anything.

use nbd_proto::client::{Handshake, HandshakeError, Outcome};
use nbd_proto::export::Export;
use nbd_proto::framing::Framing;
use nbd_proto::wire::NBD_OPT_STARTTLS;

use crate::exchange::{LARGEST_BUFFER, fill};
use crate::message::{any_option_reply, greeting};
use crate::script::Script;

/// The first byte says what the client wants, the second in which pieces it hears the server; then follow the
/// server's messages.
pub(crate) fn run(input: &[u8]) {
    let mut script = Script::new(input);
    let (wants, piece) = (script.byte(), script.byte());
    let mut server = Server { said: Vec::new(), script };
    let first = converse(start(wants), usize::MAX, |heard| server.say(heard));
    let is_plain = first.1.windows(12).all(|said| said != STARTTLS);
    assert!(wants & 0x80 == 0 || !is_plain || !matches!(first.0, Ok(Some(_))), "nothing is done in plain");
    // However the bytes are cut, the same comes of them.
    let mut stream = Some(server.said);
    let again = converse(start(wants), usize::from(piece % 32) + 1, |_| stream.take());
    assert_eq!(first, again);
}

/// The option's magic number, and its own.
const STARTTLS: &[u8] = b"IHAVEOPT\0\0\0\x05";

fn start(wants: u8) -> Handshake {
    let contexts = ["base:allocation".to_owned(), "qemu:dirty-bitmap:b".to_owned()];
    let client = match wants % 4 {
        0 => Handshake::connect("x", &contexts).unwrap(),
        1 => Handshake::connect("x", &[]).unwrap(),
        2 => Handshake::inspect("x").unwrap(),
        _ => Handshake::list(),
    };
    let client = match wants / 4 % 4 {
        0 => client.up_to(Framing::Simple),
        1 => client.up_to(Framing::Structured),
        _ => client,
    };
    if wants & 0x80 == 0 { client } else { client.with_tls() }
}

struct Server<'a> {
    said: Vec<u8>,
    script: Script<'a>,
}

impl Server<'_> {
    /// The next message, to a client that has said this so far.
    fn say(&mut self, heard: &[u8]) -> Option<Vec<u8>> {
        if self.script.is_over() {
            return None;
        }
        let message = match last_option(heard) {
            _ if self.said.is_empty() => greeting(&mut self.script),
            Some(1) => self.script.bytes().to_vec(),
            open => any_option_reply(&mut self.script, open.unwrap_or_default()),
        };
        self.said.extend_from_slice(&message);
        Some(message)
    }
}

/// The code of the option at the end of what a client said.
fn last_option(heard: &[u8]) -> Option<u32> {
    let start = heard.windows(8).rposition(|window| window == b"IHAVEOPT")?;
    heard.get(start + 8..)?.first_chunk().map(|code| u32::from_be_bytes(*code))
}

/// What came of it: how it ended, and all that the client said.
pub(crate) type Ending = (Result<Option<Outcome>, HandshakeError>, Vec<u8>);

/// Tells a client message by message, each in pieces, until it wants to hear no more.
pub(crate) fn converse(
    mut client: Handshake,
    piece: usize,
    mut next: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Ending {
    let mut said = Vec::new();
    while let Some(message) = next(&said) {
        let mut rest = message.as_slice();
        while !rest.is_empty() {
            let buffer = client.receive_buffer();
            assert!(buffer.len() <= LARGEST_BUFFER);
            let count = fill(buffer, &rest[..rest.len().min(piece)]);
            rest = &rest[count..];
            let handled = client.handle_received(count);
            said.extend_from_slice(client.transmit());
            client.handle_transmitted(usize::MAX);
            if let Err(error) = handled {
                return (Err(error), said);
            }
            if let Some(outcome) = client.poll_outcome() {
                check(&outcome);
                return (Ok(Some(outcome)), said);
            }
            if client.wants_tls() {
                // Its flags, and one option.
                assert!(said.len() == 20 && last_option(&said) == Some(NBD_OPT_STARTTLS));
                assert!(client.receive_buffer().is_empty(), "what comes now is not NBD's");
                client.handle_tls();
                said.extend_from_slice(client.transmit());
                client.handle_transmitted(usize::MAX);
            } else {
                assert_ne!(count, 0, "a client that is not done wants to hear more");
            }
        }
    }
    (Ok(None), said)
}

fn check(outcome: &Outcome) {
    match outcome {
        Outcome::Connected(export) => {
            check_export(export);
            for (index, context) in export.contexts.iter().enumerate() {
                let earlier = &export.contexts[..index];
                assert!(earlier.iter().all(|other| other.id != context.id && other.name != context.name));
            }
        }
        Outcome::Inspected(export) => check_export(export),
        Outcome::Listed(exports) => exports.iter().for_each(|export| check_text(&export.name)),
    }
}

fn check_export(export: &Export) {
    check_text(&export.name);
    assert!(export.size < 1 << 63);
    let block = export.block_size;
    assert!(block.minimum.is_power_of_two() && block.minimum <= 65_536 && block.preferred >= block.minimum);
    assert!(block.maximum_payload >= block.minimum || export.size < u64::from(block.preferred));
    assert!(export.framing.has_chunks() || export.contexts.is_empty() && !export.can_df);
}

fn check_text(text: &str) {
    assert!(text.len() <= 4096 && !text.contains('\0'));
}
