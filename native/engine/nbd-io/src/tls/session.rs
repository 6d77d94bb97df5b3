//! One side of a TLS connection, between two buffers of ciphertext. No socket.

use std::fmt;
use std::io::{IoSlice, IoSliceMut};

use rustls::Error;
use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncryptError, UnbufferedStatus};

use super::buffer::{ByteQueue, Scatter, gather};

/// A TLS connection from its first message on.
///
/// Ciphertext goes in through [`spare`](Self::spare) and comes out of [`transmit`](Self::transmit). What it holds
/// is bounded by the two buffers: nothing is taken from a peer that does not take what it is sent.
pub(crate) struct TlsSession {
    connection: Connection,
    incoming: ByteQueue,
    outgoing: ByteQueue,
    /// Decrypted and not fetched yet: what was left of a record, or came while something was encrypted.
    plain: ByteQueue,
    /// Where pieces of messages are put together to a record.
    record: Vec<u8>,
    /// There is no whole record in `incoming`.
    is_exhausted: bool,
    has_peer_closed: bool,
    failed: Option<Error>,
}

enum Connection {
    Client(Box<UnbufferedClientConnection>),
    Server(Box<UnbufferedServerConnection>),
}

/// What is to be done where the connection takes data.
#[derive(Clone, Copy)]
enum Task<'a> {
    Nothing,
    Encrypt(&'a [u8]),
    Close,
}

enum Step {
    /// There may be more to do.
    Again,
    /// The task was done.
    Done,
    /// Nothing can be done before more ciphertext has come.
    Blocked,
    PeerClosed,
}

impl TlsSession {
    pub(super) fn client(connection: UnbufferedClientConnection) -> Self {
        Self::new(Connection::Client(Box::new(connection)))
    }

    pub(super) fn server(connection: UnbufferedServerConnection) -> Self {
        Self::new(Connection::Server(Box::new(connection)))
    }

    fn new(connection: Connection) -> Self {
        Self {
            connection,
            incoming: ByteQueue::with_capacity(INCOMING_CAPACITY),
            outgoing: ByteQueue::with_capacity(OUTGOING_CAPACITY),
            // All that fits into `incoming`, and a record.
            plain: ByteQueue::with_capacity(INCOMING_CAPACITY + RECORD),
            record: Vec::new(),
            is_exhausted: true,
            has_peer_closed: false,
            failed: None,
        }
    }

    /// Goes on with the handshake as far as possible; whether it is over.
    pub(crate) fn shake_hands(&mut self) -> Result<bool, Error> {
        while self.has_outgoing_room() {
            match self.step(Task::Nothing, &mut Scatter::none())? {
                Step::Again => {}
                Step::Done | Step::Blocked | Step::PeerClosed => {
                    self.is_exhausted = true;
                    return Ok(!self.is_handshaking());
                }
            }
        }
        Ok(false)
    }

    /// Where ciphertext of the peer goes. Empty only where the peer's handshake is larger than any.
    pub(crate) fn spare(&mut self) -> &mut [u8] {
        self.incoming.spare()
    }

    /// Says that `count` bytes of [`spare`](Self::spare) were filled.
    pub(crate) fn handle_received(&mut self, count: usize) {
        self.incoming.advance(count);
        self.is_exhausted &= count == 0;
    }

    /// Ciphertext for the peer.
    pub(crate) fn transmit(&self) -> &[u8] {
        self.outgoing.bytes()
    }

    /// Says that the first `count` bytes of [`transmit`](Self::transmit) are on their way.
    pub(crate) fn handle_transmitted(&mut self, count: usize) {
        self.outgoing.consume(count);
    }

    /// Fills the buffers with what can be decrypted; less than they hold only where there is no more.
    pub(crate) fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Error> {
        let mut into = Scatter::new(buffers);
        let ready = into.put(self.plain.bytes());
        self.plain.consume(ready);
        while !into.is_full() && !self.is_exhausted && self.has_outgoing_room() {
            match self.step(Task::Nothing, &mut into) {
                Ok(Step::Again) => {}
                Ok(_) => self.is_exhausted = true,
                // What came before the error counts; the error stays.
                Err(_) if into.count() > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(into.count())
    }

    /// Whether [`read`](Self::read) may have something without more ciphertext.
    pub(crate) fn may_read(&self) -> bool {
        !self.plain.bytes().is_empty() || !self.is_exhausted
    }

    /// Whether the peer has said that nothing more comes.
    pub(crate) fn has_peer_closed(&self) -> bool {
        self.has_peer_closed
    }

    /// Encrypts from the buffers, without their first `skip` bytes, as much as there is room for.
    ///
    /// Pieces are put together to whole records; long ones are encrypted from where they are.
    pub(crate) fn write(&mut self, buffers: &[IoSlice<'_>], skip: usize) -> Result<usize, Error> {
        let mut written = 0;
        let mut record = std::mem::take(&mut self.record);
        loop {
            let records = self.outgoing_records();
            if records == 0 {
                break;
            }
            let data = gather(buffers, skip + written, RECORD, records * RECORD, &mut record);
            if data.is_empty() {
                break;
            }
            self.perform(Task::Encrypt(data))?;
            written += data.len();
        }
        self.record = record;
        Ok(written)
    }

    /// Says goodbye to the peer, by what is then to be transmitted.
    pub(crate) fn close(&mut self) {
        if self.failed.is_none() && !self.is_handshaking() && self.has_outgoing_room() {
            // A connection that cannot say so any more is closed as well.
            let _ = self.perform(Task::Close);
        }
    }

    fn perform(&mut self, task: Task<'_>) -> Result<(), Error> {
        loop {
            match self.step(task, &mut Scatter::none())? {
                Step::Again | Step::PeerClosed => {}
                Step::Done => return Ok(()),
                Step::Blocked => return Err(Error::HandshakeNotComplete),
            }
        }
    }

    /// One step of the connection. What is decrypted goes to `into` and, where that is full, to `plain`.
    fn step(&mut self, task: Task<'_>, into: &mut Scatter<'_, '_>) -> Result<Step, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let stepped = self.try_step(task, into);
        if let Err(error) = &stepped {
            self.failed = Some(error.clone());
            // The peer is told why, by an alert that has been queued. More input must not be looked at.
            while self.has_alert() && self.has_outgoing_room() {
                if self.try_step(Task::Nothing, into).is_err() {
                    break;
                }
            }
        }
        stepped
    }

    fn try_step(&mut self, task: Task<'_>, into: &mut Scatter<'_, '_>) -> Result<Step, Error> {
        let Self { connection, incoming, outgoing, plain, .. } = self;
        let mut has_room = true;
        let mut deliver = |data: &[u8]| {
            let taken = into.put(data);
            has_room &= plain.push(data.get(taken..).unwrap_or_default());
        };
        let input = incoming.bytes_mut();
        let (consumed, stepped) = match connection {
            Connection::Client(client) => {
                settle(client.process_tls_records(input), task, outgoing, &mut deliver)
            }
            Connection::Server(server) => {
                settle(server.process_tls_records(input), task, outgoing, &mut deliver)
            }
        };
        incoming.consume(consumed);
        if !has_room {
            // Nothing is taken from the socket before `plain` is empty: this cannot be.
            return Err(Error::General("more was decrypted than had been taken".to_owned()));
        }
        if matches!(stepped, Ok(Step::PeerClosed)) {
            self.has_peer_closed = true;
        }
        stepped
    }

    fn is_handshaking(&self) -> bool {
        match &self.connection {
            Connection::Client(client) => client.is_handshaking(),
            Connection::Server(server) => server.is_handshaking(),
        }
    }

    /// Whether the connection has a message of its own that is not in `outgoing` yet.
    fn has_alert(&self) -> bool {
        match &self.connection {
            Connection::Client(client) => client.wants_write(),
            Connection::Server(server) => server.wants_write(),
        }
    }

    /// Whether there is room for a message of the connection's own, whatever it is.
    fn has_outgoing_room(&self) -> bool {
        self.outgoing.room() >= SEALED_RECORD
    }

    /// Records of data that there is room for, and still for a message of the connection's own: a side whose peer
    /// takes nothing has to be able to read.
    fn outgoing_records(&self) -> usize {
        (self.outgoing.room() / SEALED_RECORD).saturating_sub(1)
    }
}

/// Does what a state of the connection asks for; also the bytes of input that are used up.
fn settle<Data>(
    status: UnbufferedStatus<'_, '_, Data>,
    task: Task<'_>,
    outgoing: &mut ByteQueue,
    deliver: &mut dyn FnMut(&[u8]),
) -> (usize, Result<Step, Error>) {
    let mut consumed = status.discard;
    let stepped = match status.state {
        Ok(ConnectionState::ReadTraffic(mut traffic)) => loop {
            match traffic.next_record() {
                Some(Ok(record)) => {
                    consumed += record.discard;
                    deliver(record.payload);
                }
                Some(Err(error)) => break Err(error),
                None => break Ok(Step::Again),
            }
        },
        Ok(ConnectionState::EncodeTlsData(mut data)) => data
            .encode(outgoing.spare())
            .map(|count| {
                outgoing.advance(count);
                Step::Again
            })
            .map_err(|error| Error::General(error.to_string())),
        Ok(ConnectionState::TransmitTlsData(data)) => {
            // What was encoded is in the queue, before all that follows.
            data.done();
            Ok(Step::Again)
        }
        Ok(ConnectionState::WriteTraffic(mut traffic)) => {
            let written = match task {
                Task::Nothing => Ok(0),
                Task::Encrypt(data) => traffic.encrypt(data, outgoing.spare()),
                Task::Close => traffic.queue_close_notify(outgoing.spare()),
            };
            match written {
                Ok(count) => {
                    outgoing.advance(count);
                    Ok(Step::Done)
                }
                Err(EncryptError::EncryptExhausted) => Err(Error::EncryptError),
                Err(error) => Err(Error::General(error.to_string())),
            }
        }
        Ok(ConnectionState::BlockedHandshake | ConnectionState::Closed) => Ok(Step::Blocked),
        Ok(ConnectionState::PeerClosed) => Ok(Step::PeerClosed),
        // Early data is not offered; other states are not known.
        Ok(_) => Err(Error::HandshakeNotComplete),
        Err(error) => Err(error),
    };
    (consumed, stepped)
}

impl fmt::Debug for TlsSession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TlsSession").field("failed", &self.failed).finish_non_exhaustive()
    }
}

/// Bytes of data in a full record.
const RECORD: usize = 16 << 10;
/// A full record with all that may come with it, a header and up to 2048 bytes of a cipher's (RFC 5246, section
/// 6.2.3), which is room for a key update before it, too.
const SEALED_RECORD: usize = RECORD + 5 + 2048;
/// Ciphertext that is taken from the socket at a time. More than the 64 KiB that a handshake message may have.
const INCOMING_CAPACITY: usize = 16 * SEALED_RECORD;
/// Ciphertext that is given to the socket at a time.
const OUTGOING_CAPACITY: usize = 17 * SEALED_RECORD;
