//! A client that says what a well-behaved one never would.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nbd_io::{Framing, NbdErrno, NbdUri, Transport};
use nbd_proto::client::Handshake;
use nbd_proto::wire::*;
use rustix::event::{PollFd, PollFlags, poll};

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

    /// Greeted back, with options to be said.
    pub fn greeted(path: &Path) -> Self {
        let mut client = Self::silent(path);
        client.take(18);
        client.say(&(NBD_FLAG_C_FIXED_NEWSTYLE | NBD_FLAG_C_NO_ZEROES).to_be_bytes());
        client
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
        let mut client = Self::greeted(path);
        client.option(NBD_OPT_EXPORT_NAME, uri.export.as_bytes());
        client.take(10);
        client
    }

    pub fn say(&mut self, bytes: &[u8]) {
        self.try_say(bytes).unwrap();
    }

    pub fn try_say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    pub fn take(&mut self, length: usize) -> Vec<u8> {
        self.try_take(length).unwrap()
    }

    fn try_take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// All that comes until the server hangs up.
    pub fn take_all(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// Waits until the server hangs up.
    pub fn wait_for_end(&mut self) {
        // Reset is an end, too: the server need not have read all that was said.
        if let Err(error) = self.stream.read_to_end(&mut Vec::new()) {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }

    /// Waits until the server hangs up, and takes nothing of what it has sent.
    pub fn wait_for_hang_up(&self) {
        assert!(self.is_hung_up(PATIENCE), "the server is still there");
    }

    /// Whether the server has hung up, or does within `patience`.
    pub fn is_hung_up(&self, patience: Duration) -> bool {
        let mut end = [PollFd::new(&self.stream, PollFlags::empty())];
        poll(&mut end, Some(&patience.try_into().unwrap())).unwrap() > 0
    }

    pub fn option(&mut self, kind: u32, payload: &[u8]) {
        self.try_option(kind, payload).unwrap();
    }

    pub fn try_option(&mut self, kind: u32, payload: &[u8]) -> io::Result<()> {
        self.try_say(&option(kind, payload))
    }

    /// Kind and payload of the reply to an option.
    pub fn option_reply(&mut self) -> (u32, Vec<u8>) {
        let header = self.take(OPTION_REPLY_HEADER_LENGTH);
        assert_eq!(header[..8], NBD_REP_MAGIC.to_be_bytes());
        let field = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        (field(12), self.take(field(16) as usize))
    }

    pub fn request(&mut self, kind: u16, flags: u16, offset: u64, length: u32) {
        self.try_request(kind, flags, offset, length).unwrap();
    }

    pub fn try_request(&mut self, kind: u16, flags: u16, offset: u64, length: u32) -> io::Result<()> {
        self.try_say(&request(kind, flags, offset, length))
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

/// An option as it goes over the wire.
pub fn option(kind: u32, payload: &[u8]) -> Vec<u8> {
    [&option_header(kind, payload.len() as u32), payload].concat()
}

pub fn option_header(kind: u32, length: u32) -> Vec<u8> {
    [&NBD_OPTS_MAGIC.to_be_bytes()[..], &kind.to_be_bytes(), &length.to_be_bytes()].concat()
}

/// A request's header as it goes over the wire.
pub fn request(kind: u16, flags: u16, offset: u64, length: u32) -> Vec<u8> {
    let mut header = NBD_REQUEST_MAGIC.to_be_bytes().to_vec();
    header.extend(flags.to_be_bytes());
    header.extend(kind.to_be_bytes());
    header.extend(COOKIE.to_be_bytes());
    header.extend(offset.to_be_bytes());
    header.extend(length.to_be_bytes());
    header
}

/// A server that says nothing for so long has failed the test.
const PATIENCE: Duration = Duration::from_secs(30);

const COOKIE: u64 = 0x0123_4567_89ab_cdef;
