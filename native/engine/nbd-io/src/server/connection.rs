//! One client: negotiation, then its requests, one after the other.

use std::io::{self, IoSlice, IoSliceMut};
use std::time::{Duration, Instant};

use block_device::ZeroMode;
use extent::Run;
use nbd_proto::errno::NbdErrno;
use nbd_proto::error::ProtocolError;
use nbd_proto::server::{Action, Choice, Handshake, Limits, Outcome, ReplyEncoder, Request};
use nbd_proto::wire::{EXTENDED_REQUEST_HEADER_LENGTH, NBD_DEFAULT_MAX_PAYLOAD};

use super::block_status::block_status;
use super::export::{ServedExport, errno};
use super::input::Input;
use super::output::Output;
use super::patience::Patience;
use super::read::Read;
use super::registry::Registry;
use super::staging::{PIECE, Staging};
use super::write::Payload;
use crate::tls::ServerTls;
use crate::transport::{Interest, Socket, deadline_in};

/// Negotiates with a client before the deadline; `None` when it left.
pub(super) fn negotiate(
    socket: &Socket,
    mut handshake: Handshake,
    tls: Option<&ServerTls>,
    timeout: Duration,
) -> io::Result<Option<Choice>> {
    let end = deadline_in(timeout);
    let deadline = Some(end);
    socket.set_nonblocking(true)?;
    if tls.is_some() {
        handshake = handshake.with_tls();
    }
    loop {
        let outcome = handshake.poll_outcome();
        if handshake.wants_tls() && socket.has_input()? {
            // A client waits for the answer: whoever spoke already is not the client.
            return Err(io::Error::other(ProtocolError::PlainTextBeforeTls));
        }
        let pending = handshake.transmit().len();
        socket.send_all(&mut [IoSlice::new(handshake.transmit())], deadline)?;
        handshake.handle_transmitted(pending);
        match outcome {
            Some(Outcome::Connected(choice)) => return Ok(Some(choice)),
            Some(Outcome::Left) => return Ok(None),
            None => {}
        }
        if let Some(tls) = tls.filter(|_| handshake.wants_tls()) {
            socket.start_tls(tls.session()?, end)?;
            handshake.handle_tls();
        }
        // A client that always has one more option to say is not waited for either.
        if Instant::now() >= end || !socket.wait(Interest::READ, deadline)? {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match socket.receive(&mut [IoSliceMut::new(handshake.receive_buffer())]) {
            Ok(0) => return Ok(None),
            Ok(count) => handshake.handle_received(count).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// A client in transmission.
pub(super) struct Connection<'a> {
    input: Input<'a>,
    output: Output<'a>,
    export: &'a ServedExport,
    choice: Choice,
    limits: Limits,
    registry: &'a Registry,
    staging: Staging,
}

impl<'a> Connection<'a> {
    pub(super) fn new(
        socket: &'a Socket,
        export: &'a ServedExport,
        choice: Choice,
        registry: &'a Registry,
        patience: Patience,
    ) -> Self {
        let limits = Limits {
            size: export.device.size(),
            read_only: export.read_only,
            framing: choice.framing,
            contexts: choice.contexts.len(),
            maximum_payload: NBD_DEFAULT_MAX_PAYLOAD,
        };
        let input = Input::new(socket, patience, choice.framing.request_header_length());
        let output = Output::new(socket, patience);
        Self { input, output, export, choice, limits, registry, staging: Staging::new(socket) }
    }

    /// Serves until the client leaves. An error means that it vanished or cannot be understood: hang up.
    pub(super) fn serve(mut self) -> io::Result<()> {
        let served = self.serve_requests();
        // What was answered before is told in any case.
        let sent = self.output.send();
        served.and(sent)
    }

    fn serve_requests(&mut self) -> io::Result<()> {
        let mut room = [0; EXTENDED_REQUEST_HEADER_LENGTH];
        while let Some(header) = self.next_header(&mut room)? {
            let request = Request::decode(header, &self.limits).map_err(io::Error::other)?;
            self.prefetch_waiting(&request);
            let action = if self.registry.is_closing() {
                Err(NbdErrno::Eshutdown)
            } else {
                request.check(&self.limits)
            };
            if matches!(action, Ok(Action::Disconnect)) {
                return Ok(());
            }
            self.answer(&request, action)?;
        }
        Ok(())
    }

    /// The next request's header; `None` when the client has closed. No reply waits for it to come.
    fn next_header<'b>(
        &mut self,
        room: &'b mut [u8; EXTENDED_REQUEST_HEADER_LENGTH],
    ) -> io::Result<Option<&'b [u8]>> {
        if !self.input.has_header() || self.output.is_due() {
            self.output.send()?;
        }
        let header = self.input.header(room)?;
        self.output.begin();
        Ok(header)
    }

    /// Reads that have come already, behind `current`: one is answered after the other, and the system may begin
    /// with all of them.
    fn prefetch_waiting(&mut self, current: &Request) {
        let header_length = self.choice.framing.request_header_length();
        let mut payload = current.payload_length();
        let mut rest = self.input.news().unwrap_or_default();
        while let Some(header) = usize::try_from(payload).ok().and_then(|payload| rest.get(payload..)) {
            let Some((header, behind)) = header.split_at_checked(header_length) else { return };
            let Ok(request) = Request::decode(header, &self.limits) else { return };
            if let Ok(Action::Read { run, .. }) = request.check(&self.limits) {
                self.export.device.prefetch(run);
            }
            (payload, rest) = (request.payload_length(), behind);
        }
    }

    fn answer(&mut self, request: &Request, action: Result<Action, NbdErrno>) -> io::Result<()> {
        let reply = request.reply();
        let is_quick = matches!(action, Err(_) | Ok(Action::Read { .. } | Action::Write { fua: false, .. }));
        if !is_quick || self.has_to_wait_for(request.payload_length()) {
            self.output.send()?;
        }
        let done = match action {
            Ok(Action::Read { run, dont_fragment }) => return self.read(run, dont_fragment, reply),
            Ok(Action::BlockStatus { run, request_one }) => {
                return self.tell_status(run, &self.chosen(), request_one, reply);
            }
            Ok(Action::FilteredBlockStatus { request_one }) => match self.take_filter(request)? {
                Ok((run, contexts)) => return self.tell_status(run, &contexts, request_one, reply),
                Err(errno) => Err(errno),
            },
            Ok(Action::Write { run, fua }) => self.write(run)?.and_then(|()| self.flush_if(fua)),
            Ok(Action::Zero { run, may_unmap, fast, fua }) => {
                let zeroed = self.export.zero(run, ZeroMode { may_unmap, fast });
                zeroed.and_then(|()| self.flush_if(fua))
            }
            Ok(Action::Trim { run, fua }) => self.export.trim(run).and_then(|()| self.flush_if(fua)),
            Ok(Action::Flush) => self.export.flush(),
            Ok(Action::Cache { run }) => self.prefetch(run),
            // Disconnect was dealt with; it has no payload, and no reply.
            Ok(Action::Disconnect) => return Ok(()),
            Err(errno) => {
                self.payload().discard(request.payload_length())?;
                Err(errno)
            }
        };
        match done {
            Ok(()) => reply.done(self.output.held()),
            Err(errno) => reply.failed(errno, self.output.held()),
        }
        Ok(())
    }

    /// Whether not all of a payload is at hand.
    fn has_to_wait_for(&self, payload: u64) -> bool {
        payload > self.input.at_hand() as u64
    }

    fn read(&mut self, run: Run, dont_fragment: bool, reply: ReplyEncoder) -> io::Result<()> {
        let Self { output, staging, .. } = self;
        let mut read = Read { device: self.export.device.as_ref(), reply, output, staging };
        let in_chunks = self.choice.framing.has_chunks() && !dont_fragment;
        if in_chunks { read.chunks(run) } else { read.whole(run) }
    }

    fn write(&mut self, run: Run) -> io::Result<Result<(), NbdErrno>> {
        let export = self.export;
        self.payload().write(run, export)
    }

    fn payload(&mut self) -> Payload<'_, 'a> {
        Payload { input: &mut self.input, staging: &mut self.staging }
    }

    /// Reads a range so that the system has it at hand, as far as one request may.
    fn prefetch(&mut self, run: Run) -> Result<(), NbdErrno> {
        let end = run.offset + run.length.min(u64::from(self.limits.maximum_payload));
        let mut position = run.offset;
        while position < end {
            let length = (end - position).min(PIECE as u64);
            let room = self.staging.room(length);
            self.export.device.read_at(room, position).map_err(|error| errno(&error))?;
            position += length;
        }
        Ok(())
    }

    /// The ids of the contexts that the client has chosen.
    fn chosen(&self) -> Vec<u32> {
        self.choice.contexts.iter().filter_map(|index| u32::try_from(*index).ok()).collect()
    }

    /// What a block status request is for, as its payload tells.
    fn take_filter(&mut self, request: &Request) -> io::Result<Result<(Run, Vec<u32>), NbdErrno>> {
        let chosen = self.chosen();
        let payload = self.staging.room(request.payload_length());
        self.input.read_exact(payload)?;
        Ok(request.filter(payload, &chosen, &self.limits))
    }

    /// One chunk a context, each sent before the next is made: of a large map, one is enough to hold.
    fn tell_status(
        &mut self,
        run: Run,
        contexts: &[u32],
        request_one: bool,
        reply: ReplyEncoder,
    ) -> io::Result<()> {
        let mut contexts = contexts.iter().peekable();
        while let Some(&id) = contexts.next() {
            let index = usize::try_from(id).ok();
            let source = index.and_then(|index| self.export.context(index)).ok_or(NbdErrno::Einval);
            let status = source.and_then(|source| block_status(self.export, &source, run, request_one));
            match status {
                Ok(descriptors) => {
                    let is_last = contexts.peek().is_none();
                    reply.block_status(id, &descriptors, is_last, self.output.held());
                    self.output.send()?;
                }
                Err(errno) => {
                    reply.failed(errno, self.output.held());
                    break;
                }
            }
        }
        Ok(())
    }

    fn flush_if(&self, fua: bool) -> Result<(), NbdErrno> {
        if fua { self.export.flush() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;

    use std::sync::Arc;

    use block_device::MemoryDevice;
    use nbd_proto::framing::Framing;
    use nbd_proto::uri::NbdUri;
    use nbd_proto::wire::{NBD_CMD_FLUSH, NBD_CMD_WRITE, NBD_REQUEST_MAGIC, NBD_SIMPLE_REPLY_MAGIC};

    use super::*;
    use crate::server::{ExportConfig, ServerOptions};

    #[test]
    fn requests_that_come_while_the_server_closes_fail_with_eshutdown() {
        let device = Arc::new(MemoryDevice::new(4096).unwrap());
        let config = ExportConfig {
            name: String::new(),
            description: String::new(),
            device,
            rotational: false,
            read_only: false,
            bitmaps: Vec::new(),
        };
        let (export, _) = ServedExport::new(config, true).unwrap();
        let (ours, mut client) = UnixStream::pair().unwrap();
        for (kind, length) in [(NBD_CMD_WRITE, 512_u32), (NBD_CMD_FLUSH, 0)] {
            client.write_all(&NBD_REQUEST_MAGIC.to_be_bytes()).unwrap();
            client.write_all(&[0, 0]).unwrap();
            client.write_all(&kind.to_be_bytes()).unwrap();
            client.write_all(&[0; 16]).unwrap();
            client.write_all(&length.to_be_bytes()).unwrap();
            client.write_all(&vec![1; length as usize]).unwrap();
        }
        client.shutdown(Shutdown::Write).unwrap();

        let registry = Registry::default();
        registry.begin_closing();
        let choice = Choice { offer: 0, framing: Framing::Simple, contexts: Vec::new() };
        let socket = Socket::new(ours.into());
        let patience = Patience::new(&ServerOptions::new(NbdUri::unix("", "").transport));
        Connection::new(&socket, &export, choice, &registry, patience).serve().unwrap();
        drop(socket);

        let mut replies = Vec::new();
        client.read_to_end(&mut replies).unwrap();
        let refusal = [NBD_SIMPLE_REPLY_MAGIC.to_be_bytes(), 108_u32.to_be_bytes(), [0; 4], [0; 4]].concat();
        assert_eq!(replies, [refusal.clone(), refusal].concat());
    }
}
