//! Transmission: requests out, replies in, in any order.

use std::collections::{BTreeMap, VecDeque};
use std::iter;
use std::ops::Range;

use extent::Run;

use crate::errno::NbdErrno;
use crate::error::ProtocolError;
use crate::export::Export;
use crate::fields::{Assembly, copy_prefix, slice_mut};
use crate::wire::NBD_REPLY_TYPE_OFFSET_DATA;

use super::command::{Command, RequestError};
use super::in_flight::{InFlight, Sending};
use super::reply::{ChunkHeader, Failure, Header, Reply};
use super::request::{RequestHeader, StatusFilter};

/// The requests of one connection.
///
/// Owns the buffers of what is in flight, so that payload goes between socket and buffer without a copy.
/// After any [`ProtocolError`] the connection has to be given up.
#[derive(Debug)]
pub struct Session {
    export: Export,
    next_cookie: u64,
    in_flight: BTreeMap<u64, InFlight>,
    queue: VecDeque<Outgoing>,
    front_sent: usize,
    receiving: Receiving,
    scratch: Scratch,
    /// Reads in flight whose data is to be taken aside.
    reads_aside: usize,
    body: Assembly,
    completions: VecDeque<Completion>,
    /// The server goes away: nothing new is sent, and leave is taken once all is answered.
    is_leaving: bool,
    /// The request to disconnect is queued or sent.
    has_left: bool,
}

/// A request that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What [`Session::submit`] returned for it.
    pub cookie: u64,
    /// The caller's name for it.
    pub token: u64,
    /// What it was: `"read"`, `"write zeroes"`.
    pub operation: &'static str,
    /// What it was about.
    pub run: Run,
    /// The buffer that came with a read or write.
    pub buffer: Option<Vec<u8>>,
    /// How it went.
    pub result: Result<Reply, Failure>,
}

/// Payload that the caller moves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Whose: what [`Session::submit`] returned.
    pub cookie: u64,
    /// Bytes of it that were moved before.
    pub moved: usize,
    /// Bytes of it that are left; not 0.
    pub left: usize,
}

/// A request that waits to be sent; its payload is in [`Session::in_flight`].
#[derive(Debug)]
struct Outgoing {
    cookie: u64,
    header: RequestHeader,
}

/// What the next byte of the server belongs to.
#[derive(Clone, Debug)]
enum Receiving {
    Header,
    DataOffset(ChunkHeader),
    /// `aside`: the caller takes it.
    Data {
        cookie: u64,
        range: Range<usize>,
        done: bool,
        aside: bool,
    },
    Body(ChunkHeader),
}

impl Session {
    /// Begins transmission with an export that the handshake connected to.
    #[must_use]
    pub fn new(export: Export) -> Self {
        Self {
            export,
            next_cookie: 1,
            in_flight: BTreeMap::new(),
            queue: VecDeque::new(),
            front_sent: 0,
            receiving: Receiving::Header,
            scratch: Scratch::new(),
            reads_aside: 0,
            body: Assembly::default(),
            completions: VecDeque::new(),
            is_leaving: false,
            has_left: false,
        }
    }

    /// The export.
    #[must_use]
    pub fn export(&self) -> &Export {
        &self.export
    }

    /// Queues a request and returns its cookie: greater than all before. `token` comes back with its completion.
    ///
    /// Once the server has failed a request with `ESHUTDOWN` every further one is refused, and the session
    /// disconnects when those that were sent are answered.
    pub fn submit(&mut self, token: u64, command: Command) -> Result<u64, RequestError> {
        if self.is_leaving {
            return Err(RequestError::ServerShutdown);
        }
        command.check(&self.export)?;
        let cookie = self.next_cookie;
        self.next_cookie = self.next_cookie.wrapping_add(1);
        let filter = StatusFilter::of(&command, &self.export);
        let header = RequestHeader::of(&command, &filter, cookie, self.export.framing);
        self.queue.push_back(Outgoing { cookie, header });
        let request = InFlight::new(token, command, filter);
        self.reads_aside += usize::from(request.is_read_aside());
        self.in_flight.insert(cookie, request);
        Ok(cookie)
    }

    /// Queues the request to disconnect. It has no reply, and nothing may follow it.
    pub fn disconnect(&mut self) {
        if std::mem::replace(&mut self.has_left, true) {
            return;
        }
        let header = RequestHeader::disconnect(self.export.framing);
        self.queue.push_back(Outgoing { cookie: 0, header });
    }

    /// Requests that have not completed.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The cookie of the request that has waited longest.
    #[must_use]
    pub fn oldest(&self) -> Option<u64> {
        self.in_flight.first_key_value().map(|(cookie, _)| *cookie)
    }

    /// Whether there are bytes to send.
    #[must_use]
    pub fn wants_transmit(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The bytes to send, in order: headers and payloads, none empty; up to a payload that the caller
    /// [has aside](Self::transmit_aside).
    pub fn transmit(&self) -> impl Iterator<Item = &[u8]> {
        let mut skip = self.front_sent;
        let is_aside =
            |outgoing: &Outgoing| self.in_flight.get(&outgoing.cookie).is_some_and(InFlight::is_write_aside);
        let mut is_blocked = false;
        let sendable = self
            .queue
            .iter()
            .take_while(move |outgoing| !std::mem::replace(&mut is_blocked, is_aside(outgoing)));
        let slices = sendable.flat_map(|outgoing| {
            iter::once(outgoing.header.as_slice()).chain(iter::once(self.payload(outgoing.cookie)))
        });
        slices.filter_map(move |slice| {
            let skipped = skip.min(slice.len());
            skip -= skipped;
            slice.get(skipped..).filter(|rest| !rest.is_empty())
        })
    }

    /// The payload that is to be sent now, and that the caller has; [`transmit`](Self::transmit) has nothing then.
    #[must_use]
    pub fn transmit_aside(&self) -> Option<Aside> {
        let Outgoing { cookie, header } = self.queue.front()?;
        let request = self.in_flight.get(cookie).filter(|request| request.is_write_aside())?;
        let moved = self.front_sent.checked_sub(header.as_slice().len())?;
        Some(Aside { cookie: *cookie, moved, left: request.payload_length() - moved })
    }

    /// Says that the first `count` bytes of [`transmit`](Self::transmit), or of
    /// [`transmit_aside`](Self::transmit_aside), are on their way.
    pub fn handle_transmitted(&mut self, count: usize) {
        self.front_sent += count;
        while let Some(Outgoing { cookie, header }) = self.queue.front() {
            let cookie = *cookie;
            let header = header.as_slice().len();
            let whole = header + self.payload_length(cookie);
            let sending = match self.front_sent {
                sent if sent >= whole => Sending::Sent,
                sent if sent >= header => Sending::Begun,
                _ => break,
            };
            if let Some(request) = self.in_flight.get_mut(&cookie) {
                request.sending = sending;
            }
            if sending == Sending::Begun {
                break;
            }
            self.queue.pop_front();
            self.front_sent -= whole;
            self.complete(cookie);
        }
    }

    /// Where bytes of the server go: first the one, then the other. Either may be empty; both only where
    /// what comes is to be taken [`aside`](Self::aside).
    pub fn receive_buffers(&mut self) -> [&mut [u8]; 2] {
        // Nothing that is to be taken aside is read ahead: it begins after one header at the earliest.
        let ahead = match (&self.receiving, self.reads_aside) {
            (_, 0) => SCRATCH_SIZE,
            (Receiving::DataOffset(_), _) => size_of::<u64>(),
            _ => self.export.framing.shortest_data_header(),
        };
        match &self.receiving {
            Receiving::Data { aside: true, .. } => [&mut [], &mut []],
            Receiving::Data { cookie, range, .. } => {
                let request = self.in_flight.get_mut(cookie);
                let slice = request.map(|request| request.read_slice(range.clone()));
                [slice.unwrap_or_default(), self.scratch.spare(ahead)]
            }
            Receiving::Body(_) => [self.body.spare(), &mut []],
            Receiving::Header | Receiving::DataOffset(_) => [self.scratch.spare(ahead), &mut []],
        }
    }

    /// The data of a [`Command::ReadAside`] that comes next, to be taken off the connection by the caller.
    ///
    /// Of a read that is answered in parts, none is: that comes into a buffer, as of any other read.
    #[must_use]
    pub fn aside(&self) -> Option<Aside> {
        match &self.receiving {
            Receiving::Data { cookie, range, aside: true, .. } => {
                Some(Aside { cookie: *cookie, moved: range.start, left: range.len() })
            }
            _ => None,
        }
    }

    /// Says that `count` bytes of what [`aside`](Self::aside) tells of were taken.
    pub fn handle_taken_aside(&mut self, count: usize) -> Result<(), ProtocolError> {
        if let Receiving::Data { range, aside: true, .. } = &mut self.receiving {
            range.start = range.end.min(range.start.saturating_add(count));
        }
        while self.step()? {}
        Ok(())
    }

    /// Has what [`aside`](Self::aside) tells of come into a buffer instead, which comes with the completion.
    ///
    /// Returns the first part of that buffer: for what was taken before.
    pub fn read_into_memory(&mut self) -> &mut [u8] {
        let Receiving::Data { cookie, range, aside, .. } = &mut self.receiving else { return &mut [] };
        *aside = false;
        let Some(request) = self.in_flight.get_mut(cookie) else { return &mut [] };
        request.read_into_memory();
        request.read_slice(0..range.start)
    }

    /// Says that `count` bytes of the [buffers](Self::receive_buffers) were filled.
    pub fn handle_received(&mut self, count: usize) -> Result<(), ProtocolError> {
        match &mut self.receiving {
            Receiving::Data { range, .. } => {
                let direct = count.min(range.len());
                range.start += direct;
                self.scratch.advance(count - direct);
            }
            Receiving::Body(_) => self.body.advance(count),
            Receiving::Header | Receiving::DataOffset(_) => self.scratch.advance(count),
        }
        while self.step()? {}
        Ok(())
    }

    /// The next request that is over.
    pub fn poll_completion(&mut self) -> Option<Completion> {
        self.completions.pop_front()
    }

    /// Does one thing with what has come; `false` when more has to come first.
    fn step(&mut self) -> Result<bool, ProtocolError> {
        match self.receiving.clone() {
            Receiving::Header => {
                let framing = self.export.framing;
                let Some((header, length)) = Header::parse(self.scratch.bytes(), framing)? else {
                    return Ok(false);
                };
                self.scratch.consume(length);
                match header {
                    Header::Simple { cookie, error } => self.on_simple_reply(cookie, error)?,
                    Header::Chunk(chunk) => self.on_chunk_header(chunk)?,
                }
            }
            Receiving::DataOffset(chunk) => {
                let Some(offset) = self.scratch.bytes().first_chunk() else { return Ok(false) };
                let offset = u64::from_be_bytes(*offset);
                self.scratch.consume(size_of::<u64>());
                let length = chunk.length - size_of::<u64>() as u64;
                let range = self.request(chunk.cookie)?.on_data(offset, length)?;
                self.receiving = self.data(chunk.cookie, range, chunk.done);
            }
            Receiving::Data { range, aside: true, .. } if !range.is_empty() => return Ok(false),
            Receiving::Data { cookie, mut range, done, aside } => {
                let request = self.in_flight.get_mut(&cookie).ok_or(ProtocolError::Cookie(cookie))?;
                let copied = copy_prefix(request.read_slice(range.clone()), self.scratch.bytes());
                self.scratch.consume(copied);
                range.start += copied;
                if !range.is_empty() {
                    self.receiving = Receiving::Data { cookie, range, done, aside };
                    return Ok(false);
                }
                if done {
                    request.conclude()?;
                    self.complete(cookie);
                }
                self.receiving = Receiving::Header;
            }
            Receiving::Body(chunk) => {
                let taken = self.body.take_from(self.scratch.bytes());
                self.scratch.consume(taken);
                if !self.body.is_complete() {
                    return Ok(false);
                }
                let request = self.in_flight.get_mut(&chunk.cookie);
                let request = request.ok_or(ProtocolError::Cookie(chunk.cookie))?;
                request.on_chunk(chunk, self.body.message(), &self.export.contexts)?;
                self.complete(chunk.cookie);
                self.receiving = Receiving::Header;
            }
        }
        Ok(true)
    }

    fn on_simple_reply(&mut self, cookie: u64, error: u32) -> Result<(), ProtocolError> {
        let framing = self.export.framing;
        match self.request(cookie)?.on_simple_reply(error, framing)? {
            Some(range) => self.receiving = self.data(cookie, range, true),
            None => self.complete(cookie),
        }
        Ok(())
    }

    /// Data begins: it is the caller's to take where that was asked for, and nothing of it was read ahead.
    fn data(&mut self, cookie: u64, range: Range<usize>, done: bool) -> Receiving {
        let request = self.in_flight.get_mut(&cookie);
        let aside = request.is_some_and(|request| {
            if !self.scratch.bytes().is_empty() {
                request.read_into_memory();
            }
            request.is_read_aside()
        });
        Receiving::Data { cookie, range, done, aside }
    }

    fn on_chunk_header(&mut self, chunk: ChunkHeader) -> Result<(), ProtocolError> {
        let request = self.request(chunk.cookie)?;
        if let Some(offset) = chunk.offset.filter(|offset| *offset != request.run.offset) {
            return Err(ProtocolError::ReplyOffset(offset));
        }
        let is_read = request.is_read();
        let length = chunk.bounded_length()?;
        self.receiving = match chunk.kind {
            NBD_REPLY_TYPE_OFFSET_DATA if is_read => Receiving::DataOffset(chunk),
            NBD_REPLY_TYPE_OFFSET_DATA => return Err(ProtocolError::ChunkType(chunk.kind)),
            _ => {
                self.body.begin(length);
                Receiving::Body(chunk)
            }
        };
        Ok(())
    }

    /// The request that a reply is for: one that was sent and is not answered yet.
    fn request(&mut self, cookie: u64) -> Result<&mut InFlight, ProtocolError> {
        let request = self.in_flight.get_mut(&cookie);
        let open = request.filter(|request| request.result.is_none() && request.sending != Sending::Queued);
        open.ok_or(ProtocolError::Cookie(cookie))
    }

    /// Completes a request that is answered and wholly sent: before that its buffer is still needed.
    fn complete(&mut self, cookie: u64) {
        let is_over = |request: &InFlight| request.result.is_some() && request.sending == Sending::Sent;
        if !self.in_flight.get(&cookie).is_some_and(is_over) {
            return;
        }
        let Some(mut request) = self.in_flight.remove(&cookie) else { return };
        if let Some(result) = request.result.take() {
            let is_shutdown = matches!(&result, Err(failure) if failure.errno == NbdErrno::Eshutdown);
            self.reads_aside -= usize::from(request.was_read_aside);
            let (token, operation, run) = (request.token, request.operation(), request.run);
            let buffer = request.into_buffer();
            self.completions.push_back(Completion { cookie, token, operation, run, buffer, result });
            if is_shutdown && !self.is_leaving && !self.has_left {
                self.leave();
            }
        }
        if self.is_leaving && self.in_flight.is_empty() && !self.has_left {
            self.disconnect();
        }
    }

    /// The server goes away: what it has not heard of yet fails as what it has heard of did.
    fn leave(&mut self) {
        self.is_leaving = true;
        for Outgoing { cookie, .. } in self.queue.split_off(self.begun()) {
            if let Some(request) = self.in_flight.get_mut(&cookie) {
                request.sending = Sending::Sent;
                request.result =
                    Some(Err(Failure { errno: NbdErrno::Eshutdown, offset: None, message: None }));
            }
            self.complete(cookie);
        }
    }

    /// How many of the queued requests are on their way, at least in part.
    fn begun(&self) -> usize {
        let mut start = 0;
        let begun = self.queue.iter().take_while(|outgoing| {
            let is_begun = start < self.front_sent;
            start += outgoing.header.as_slice().len() + self.payload_length(outgoing.cookie);
            is_begun
        });
        begun.count()
    }

    fn payload_length(&self, cookie: u64) -> usize {
        self.in_flight.get(&cookie).map_or(0, InFlight::payload_length)
    }

    fn payload(&self, cookie: u64) -> &[u8] {
        self.in_flight.get(&cookie).map(InFlight::payload).unwrap_or_default()
    }
}

/// Bytes read ahead: reply headers, small payloads, and the beginnings of larger ones.
#[derive(Debug)]
struct Scratch {
    bytes: Box<[u8]>,
    filled: Range<usize>,
}

/// What is read ahead beyond a header is copied once more: enough to batch small replies, not more.
const SCRATCH_SIZE: usize = 4096;

impl Scratch {
    fn new() -> Self {
        Self { bytes: vec![0; SCRATCH_SIZE].into_boxed_slice(), filled: 0..0 }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(self.filled.clone()).unwrap_or_default()
    }

    /// Room behind what is there, for `limit` bytes in all, which is a header or more. Less than one header is
    /// ever left over, so there always is some.
    fn spare(&mut self, limit: usize) -> &mut [u8] {
        self.bytes.copy_within(self.filled.clone(), 0);
        self.filled = 0..self.filled.len();
        let end = self.filled.end;
        slice_mut(&mut self.bytes, end..limit.min(SCRATCH_SIZE).max(end))
    }

    fn advance(&mut self, count: usize) {
        self.filled.end = SCRATCH_SIZE.min(self.filled.end + count);
    }

    fn consume(&mut self, count: usize) {
        self.filled.start = self.filled.end.min(self.filled.start + count);
    }
}
