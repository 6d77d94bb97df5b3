//! A client's transmission with a server that keeps to the protocol, in any order and any pieces.

use std::collections::BTreeMap;

use extent::Run;
use nbd_proto::client::{Command, Completion, Reply, RequestError, Session};
use nbd_proto::context::Descriptor;
use nbd_proto::errno::NbdErrno;
use nbd_proto::export::Export;
use nbd_proto::framing::Framing;
use nbd_proto::server::{Action, Limits, ReplyEncoder, Request};

use super::client_session::{any_command, check, export, hear, transmit};
use crate::script::Script;

/// The first byte says what was negotiated; then follow what the caller, the client's socket and the server do.
/// Whatever that is, the client understands the server and the other way round, every request ends once, and as the
/// server said; data arrives where it belongs.
pub(crate) fn run(input: &[u8]) {
    let mut script = Script::new(input);
    let export = export(script.byte());
    let mut caller = Caller::new(export.clone());
    let mut server = Server::new(&export);
    while !script.is_over() {
        match script.byte() % 8 {
            0..=2 => caller.submit(any_command(&mut script, &export)),
            3 => caller.transmit(script.number().min(1 << 20) as usize, &mut server),
            4 => caller.transmit(usize::MAX, &mut server),
            _ => {
                let piece = usize::from(script.byte()) * 16 + 1;
                let answer = server.answer(&mut script);
                caller.hear(&answer, piece);
            }
        }
        if caller.submitted > MOST_REQUESTS {
            break;
        }
    }
    let mut nothing = Script::new(&[]);
    while caller.session.in_flight() > 0 {
        caller.transmit(usize::MAX, &mut server);
        let answer = server.answer(&mut nothing);
        let is_answered = caller.session.in_flight() == 0;
        assert!(is_answered || !answer.is_empty(), "all that is in flight is with the server");
        caller.hear(&answer, usize::MAX);
    }
    caller.session.disconnect();
    caller.transmit(usize::MAX, &mut server);
    assert!(server.has_been_left && !caller.session.wants_transmit());
    check(&caller.completions, &export);
    assert_eq!(caller.completions.len(), caller.submitted);
    caller.completions.iter().for_each(|over| server.check(over));
}

/// Requests hold their buffers.
const MOST_REQUESTS: usize = 40;

struct Caller {
    session: Session,
    submitted: usize,
    completions: Vec<Completion>,
}

impl Caller {
    fn new(export: Export) -> Self {
        Self { session: Session::new(export), submitted: 0, completions: Vec::new() }
    }

    fn submit(&mut self, command: Command) {
        let is_possible = command.check(self.session.export());
        let submitted = self.session.submit(0, command);
        match submitted {
            Ok(_) => self.submitted += 1,
            Err(RequestError::ServerShutdown) => {}
            Err(refused) => assert_eq!(is_possible, Err(refused)),
        }
    }

    fn transmit(&mut self, count: usize, server: &mut Server) {
        transmit(&mut self.session, count, &mut server.unread);
        server.read();
        self.collect();
    }

    fn hear(&mut self, answer: &[u8], piece: usize) {
        hear(&mut self.session, answer, piece).unwrap();
        self.collect();
    }

    fn collect(&mut self) {
        self.completions.extend(std::iter::from_fn(|| self.session.poll_completion()));
    }
}

struct Server {
    framing: Framing,
    contexts: Vec<u32>,
    limits: Limits,
    unread: Vec<u8>,
    /// What of the last request's payload has not come.
    missing: usize,
    open: Vec<Open>,
    ended: BTreeMap<u64, Result<(), NbdErrno>>,
    has_been_left: bool,
}

/// A request that is not wholly answered.
struct Open {
    request: Request,
    action: Action,
    filter: Vec<u32>,
    /// The part of a read that is not answered.
    left: Run,
}

impl Server {
    fn new(export: &Export) -> Self {
        Self {
            framing: export.framing,
            contexts: export.contexts.iter().map(|context| context.id).collect(),
            limits: Limits {
                size: export.size,
                read_only: false,
                framing: export.framing,
                contexts: export.contexts.len(),
                maximum_payload: export.block_size.maximum_payload,
            },
            unread: Vec::new(),
            missing: 0,
            open: Vec::new(),
            ended: BTreeMap::new(),
            has_been_left: false,
        }
    }

    /// Reads requests; a write may be answered while its payload is on the way, a filter may not.
    fn read(&mut self) {
        loop {
            let skipped = self.missing.min(self.unread.len());
            self.unread.drain(..skipped);
            self.missing -= skipped;
            let Some(header) = self.unread.get(..self.framing.request_header_length()) else { return };
            let request = Request::decode(header, &self.limits).unwrap();
            assert!(!self.has_been_left, "nothing follows the request to disconnect");
            let action = request.check(&self.limits).unwrap();
            let payload = request.payload_length() as usize;
            let body = &self.unread[header.len()..];
            let (mut filter, mut left) = (self.contexts.clone(), Run::new(0, 0));
            match action {
                Action::FilteredBlockStatus { .. } => {
                    let Some(body) = body.get(..payload) else { return };
                    (left, filter) = request.filter(body, &self.contexts, &self.limits).unwrap();
                }
                Action::Read { run, .. } | Action::BlockStatus { run, .. } => left = run,
                _ => {}
            }
            self.unread.drain(..self.framing.request_header_length());
            self.missing = payload;
            match action {
                Action::Disconnect => self.has_been_left = true,
                _ => self.open.push(Open { request, action, filter, left }),
            }
        }
    }

    /// Answers one of the open requests, or a part of it.
    fn answer(&mut self, script: &mut Script<'_>) -> Vec<u8> {
        let mut answer = Vec::new();
        if self.open.is_empty() {
            return answer;
        }
        let index = usize::from(script.byte()) % self.open.len();
        let open = &mut self.open[index];
        let (reply, cookie) = (open.request.reply(), open.request.cookie);
        let how = script.byte();
        let result = match (how, open.action) {
            (0xf8.., _) => {
                let errno = if how == 0xff { NbdErrno::Eshutdown } else { NbdErrno::Eio };
                reply.failed(errno, &mut answer);
                Err(errno)
            }
            (_, Action::Read { dont_fragment, .. }) => {
                let is_whole = dont_fragment || !self.framing.has_chunks();
                let length = if is_whole { u64::MAX } else { script.number().wrapping_sub(1) };
                let run = Run::new(open.left.offset, length.clamp(1, open.left.length));
                open.left = Run::new(run.end(), open.left.length - run.length);
                let is_last = open.left.length == 0;
                if !is_whole && how & 1 != 0 {
                    reply.hole(run, is_last, &mut answer);
                } else {
                    reply.data_header(run, is_last, &mut answer);
                    answer.extend((run.offset..run.end()).map(|offset| data_at(cookie, offset)));
                }
                if !is_last {
                    return answer;
                }
                Ok(())
            }
            (_, Action::BlockStatus { request_one, .. } | Action::FilteredBlockStatus { request_one }) => {
                status(reply, open, how, request_one, &mut answer);
                Ok(())
            }
            _ => {
                reply.done(&mut answer);
                Ok(())
            }
        };
        self.open.remove(index);
        assert!(self.ended.insert(cookie, result).is_none(), "cookies are there once");
        answer
    }

    fn check(&self, over: &Completion) {
        let told = over.result.as_ref().map(drop).map_err(|failure| failure.errno);
        match self.ended.get(&over.cookie) {
            Some(ended) => assert_eq!(told, *ended),
            None => assert_eq!(told, Err(NbdErrno::Eshutdown), "only these are not sent"),
        }
        if let (Ok(Reply::Done), "read", Some(buffer)) = (&over.result, over.operation, &over.buffer) {
            let mut bytes = (over.run.offset..).zip(buffer);
            assert!(bytes.all(|(offset, byte)| *byte == 0 || *byte == data_at(over.cookie, offset)));
        }
    }
}

fn status(reply: ReplyEncoder, open: &Open, how: u8, request_one: bool, answer: &mut Vec<u8>) {
    let most = if request_one { 1 } else { u64::from(how % 4) + 1 };
    let each = (open.left.length / most).clamp(1, u64::from(u32::MAX));
    let count = most.min(open.left.length);
    let descriptors: Vec<_> = (0..count).map(|index| Descriptor { length: each, flags: index & 1 }).collect();
    for (index, id) in open.filter.iter().enumerate() {
        reply.block_status(*id, &descriptors, index + 1 == open.filter.len(), answer);
    }
}

/// What the server's disk holds there, for a request; never zero, which is a hole's.
fn data_at(cookie: u64, offset: u64) -> u8 {
    (offset.wrapping_mul(31) >> 3 ^ offset ^ cookie) as u8 | 0x80
}
