//! A client that says what a well-behaved one never would.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nbd_io::{Framing, NbdErrno, NbdUri, Transport};
use nbd_proto::client::Handshake;
use nbd_proto::wire::*;

pub struct RawClient {
    pub stream: UnixStream,
}

/// A chunk of a structured reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Chunk {
    pub done: bool,
    pub kind: u16,
    pub payload: Vec<u8>,
}

impl RawClient {
    /// Connected and not a word said.
    pub fn silent(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream }
    }

    /// In transmission, with structured replies.
    pub fn connect(uri: &NbdUri) -> Self {
        Self::connect_with(uri, Framing::Structured, &[])
    }

    /// In transmission, with extended headers and `base:allocation`, whose id is 0.
    pub fn connect_extended(uri: &NbdUri) -> Self {
        Self::connect_with(uri, Framing::Extended, &["base:allocation".to_owned()])
    }

    fn connect_with(uri: &NbdUri, framing: Framing, contexts: &[String]) -> Self {
        let Transport::Unix { path } = &uri.transport else { panic!("a unix socket is wanted") };
        let mut client = Self::silent(path);
        let mut handshake = Handshake::connect(&uri.export, contexts).unwrap().up_to(framing);
        while handshake.poll_outcome().is_none() {
            client.stream.write_all(handshake.transmit()).unwrap();
            handshake.handle_transmitted(handshake.transmit().len());
            let count = client.stream.read(handshake.receive_buffer()).unwrap();
            handshake.handle_received(count).unwrap();
        }
        client
    }

    /// In transmission, by name alone: simple replies.
    pub fn connect_plainly(uri: &NbdUri) -> Self {
        let Transport::Unix { path } = &uri.transport else { panic!("a unix socket is wanted") };
        let mut client = Self::silent(path);
        client.take(18);
        client.say(&(NBD_FLAG_C_FIXED_NEWSTYLE | NBD_FLAG_C_NO_ZEROES).to_be_bytes());
        client.say(&NBD_OPTS_MAGIC.to_be_bytes());
        client.say(&NBD_OPT_EXPORT_NAME.to_be_bytes());
        client.say(&(uri.export.len() as u32).to_be_bytes());
        client.say(uri.export.as_bytes());
        client.take(10);
        client
    }

    pub fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub fn take(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Waits until the server hangs up.
    pub fn wait_for_end(&mut self) {
        // Reset is an end, too: the server need not have read all that was said.
        if let Err(error) = self.stream.read_to_end(&mut Vec::new()) {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }

    pub fn request(&mut self, kind: u16, flags: u16, offset: u64, length: u32) {
        let mut header = NBD_REQUEST_MAGIC.to_be_bytes().to_vec();
        header.extend(flags.to_be_bytes());
        header.extend(kind.to_be_bytes());
        header.extend(COOKIE.to_be_bytes());
        header.extend(offset.to_be_bytes());
        header.extend(length.to_be_bytes());
        self.say(&header);
    }

    pub fn extended_request(&mut self, kind: u16, flags: u16, offset: u64, length: u64) {
        let mut header = NBD_EXTENDED_REQUEST_MAGIC.to_be_bytes().to_vec();
        header.extend(flags.to_be_bytes());
        header.extend(kind.to_be_bytes());
        header.extend(COOKIE.to_be_bytes());
        header.extend(offset.to_be_bytes());
        header.extend(length.to_be_bytes());
        self.say(&header);
    }

    /// A chunk with an extended header, which repeats the request's offset.
    pub fn extended_chunk(&mut self, offset: u64) -> Chunk {
        let header = self.take(EXTENDED_CHUNK_HEADER_LENGTH);
        assert_eq!(header[..4], NBD_EXTENDED_REPLY_MAGIC.to_be_bytes());
        assert_eq!(header[8..16], COOKIE.to_be_bytes());
        assert_eq!(header[16..24], offset.to_be_bytes());
        let length = u64::from_be_bytes(header[24..].try_into().unwrap());
        let kind = u16::from_be_bytes([header[6], header[7]]);
        Chunk { done: header[5] == 1, kind, payload: self.take(length as usize) }
    }

    /// The error of a simple reply; `None` for success.
    pub fn simple_reply(&mut self) -> Option<NbdErrno> {
        let reply = self.take(SIMPLE_REPLY_LENGTH);
        assert_eq!(reply[..4], NBD_SIMPLE_REPLY_MAGIC.to_be_bytes());
        assert_eq!(reply[8..], COOKIE.to_be_bytes());
        let error = u32::from_be_bytes(reply[4..8].try_into().unwrap());
        (error != 0).then(|| NbdErrno::from_wire(error))
    }

    pub fn chunk(&mut self) -> Chunk {
        let header = self.take(CHUNK_HEADER_LENGTH);
        assert_eq!(header[..4], NBD_STRUCTURED_REPLY_MAGIC.to_be_bytes());
        assert_eq!(header[8..16], COOKIE.to_be_bytes());
        let length = u32::from_be_bytes(header[16..].try_into().unwrap());
        let kind = u16::from_be_bytes([header[6], header[7]]);
        Chunk { done: header[5] == 1, kind, payload: self.take(length as usize) }
    }

    /// The error of an error chunk.
    pub fn failure(&mut self) -> NbdErrno {
        let chunk = self.chunk();
        assert_eq!((chunk.done, chunk.kind), (true, NBD_REPLY_TYPE_ERROR), "{chunk:?}");
        NbdErrno::from_wire(u32::from_be_bytes(chunk.payload[..4].try_into().unwrap()))
    }
}

/// A server that says nothing for so long has failed the test.
const PATIENCE: Duration = Duration::from_secs(30);

const COOKIE: u64 = 0x0123_4567_89ab_cdef;
