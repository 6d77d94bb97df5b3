//! Greeting and option haggling: one option is open at a time.

use crate::error::ProtocolError;
use crate::fields::{Assembly, Fields};
use crate::wire::{
    EXPORT_NAME_PADDING, NBD_FLAG_C_FIXED_NEWSTYLE, NBD_FLAG_C_NO_ZEROES, NBD_FLAG_FIXED_NEWSTYLE,
    NBD_FLAG_NO_ZEROES, NBD_MAGIC, NBD_OLDSTYLE_MAGIC, NBD_OPT_ABORT, NBD_OPT_EXPORT_NAME, NBD_OPTS_MAGIC,
    NBD_REP_MAGIC, OPTION_REPLY_HEADER_LENGTH,
};

use super::option::{self, Answer, HandshakeError, Refusal};

/// What has happened.
#[derive(Debug)]
pub(super) enum Event {
    /// The greeting is over. Only `NBD_OPT_EXPORT_NAME` is possible unless `fixed`.
    Greeted { fixed: bool },
    /// The open option was answered.
    Answered(u32, Result<Answer, Refusal>),
    /// `NBD_OPT_EXPORT_NAME` succeeded: size and transmission flags.
    ExportChosen(u64, u16),
}

/// The state of the haggling. Never reads more bytes than the message it waits for has.
#[derive(Debug)]
pub(super) struct Haggle {
    waiting_for: Waiting,
    input: Assembly,
    output: Vec<u8>,
    padding: usize,
    answer: Answer,
}

#[derive(Clone, Copy, Debug)]
enum Waiting {
    Magic,
    Flags,
    ReplyHeader { option: u32 },
    ReplyPayload { option: u32, kind: u32 },
    ExportName,
    Nothing,
}

impl Haggle {
    pub(super) fn new() -> Self {
        let mut input = Assembly::default();
        input.begin(16);
        Self {
            waiting_for: Waiting::Magic,
            input,
            output: Vec::new(),
            padding: EXPORT_NAME_PADDING,
            answer: Answer::default(),
        }
    }

    /// Asks; the answer comes as [`Event::Answered`].
    pub(super) fn ask(&mut self, option: u32, payload: &[u8]) {
        option::encode(option, payload, &mut self.output);
        self.answer = Answer::default();
        self.wait_for(Waiting::ReplyHeader { option }, OPTION_REPLY_HEADER_LENGTH);
    }

    /// Chooses an export the old way, which has no error replies.
    pub(super) fn ask_export_name(&mut self, export: &str) {
        option::encode(NBD_OPT_EXPORT_NAME, export.as_bytes(), &mut self.output);
        self.wait_for(Waiting::ExportName, 10 + self.padding);
    }

    /// Takes leave; nothing is waited for.
    pub(super) fn abort(&mut self) {
        option::encode(NBD_OPT_ABORT, &[], &mut self.output);
        self.wait_for(Waiting::Nothing, 0);
    }

    pub(super) fn is_choosing_by_name(&self) -> bool {
        matches!(self.waiting_for, Waiting::ExportName)
    }

    pub(super) fn receive_buffer(&mut self) -> &mut [u8] {
        self.input.spare()
    }

    pub(super) fn handle_received(&mut self, count: usize) -> Result<Option<Event>, HandshakeError> {
        self.input.advance(count);
        if !self.input.is_complete() {
            return Ok(None);
        }
        let mut fields = Fields::new(self.input.message());
        match self.waiting_for {
            Waiting::Magic => {
                check_greeting(fields.u64()?, fields.u64()?)?;
                self.wait_for(Waiting::Flags, 2);
                Ok(None)
            }
            Waiting::Flags => {
                let flags = fields.u16()?;
                Ok(Some(self.on_flags(flags)?))
            }
            Waiting::ReplyHeader { option } => {
                let (kind, length) = parse_reply_header(option, fields)?;
                if length == 0 {
                    return self.on_reply(option, kind);
                }
                self.wait_for(Waiting::ReplyPayload { option, kind }, length);
                Ok(None)
            }
            Waiting::ReplyPayload { option, kind } => self.on_reply(option, kind),
            Waiting::ExportName => {
                let event = Event::ExportChosen(fields.u64()?, fields.u16()?);
                self.wait_for(Waiting::Nothing, 0);
                Ok(Some(event))
            }
            Waiting::Nothing => Ok(None),
        }
    }

    pub(super) fn transmit(&self) -> &[u8] {
        &self.output
    }

    pub(super) fn handle_transmitted(&mut self, count: usize) {
        self.output.drain(..count.min(self.output.len()));
    }

    fn on_flags(&mut self, flags: u16) -> Result<Event, ProtocolError> {
        if flags & !(NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES) != 0 {
            return Err(ProtocolError::HandshakeFlags(u32::from(flags)));
        }
        let fixed = flags & NBD_FLAG_FIXED_NEWSTYLE != 0;
        let mut client_flags = if fixed { NBD_FLAG_C_FIXED_NEWSTYLE } else { 0 };
        if flags & NBD_FLAG_NO_ZEROES != 0 {
            client_flags |= NBD_FLAG_C_NO_ZEROES;
            self.padding = 0;
        }
        self.output.extend_from_slice(&client_flags.to_be_bytes());
        Ok(Event::Greeted { fixed })
    }

    fn on_reply(&mut self, option: u32, kind: u32) -> Result<Option<Event>, HandshakeError> {
        let payload = match self.waiting_for {
            Waiting::ReplyPayload { .. } => self.input.message(),
            _ => &[],
        };
        let answer = match self.answer.take(option, kind, payload) {
            Ok(false) => {
                self.wait_for(Waiting::ReplyHeader { option }, OPTION_REPLY_HEADER_LENGTH);
                return Ok(None);
            }
            Ok(true) => Ok(std::mem::take(&mut self.answer)),
            Err(HandshakeError::Refused(refusal)) => Err(refusal),
            Err(broken) => return Err(broken),
        };
        self.wait_for(Waiting::Nothing, 0);
        Ok(Some(Event::Answered(option, answer)))
    }

    fn wait_for(&mut self, what: Waiting, length: usize) {
        self.waiting_for = what;
        self.input.begin(length);
    }
}

fn check_greeting(first: u64, second: u64) -> Result<(), ProtocolError> {
    match (first, second) {
        (NBD_MAGIC, NBD_OPTS_MAGIC) => Ok(()),
        (NBD_MAGIC, NBD_OLDSTYLE_MAGIC) => Err(ProtocolError::Oldstyle),
        _ => Err(ProtocolError::NotNbd),
    }
}

/// Type and payload length of a reply to the open option.
fn parse_reply_header(open: u32, mut fields: Fields<'_>) -> Result<(u32, usize), ProtocolError> {
    let magic = fields.u64()?;
    if magic != NBD_REP_MAGIC {
        return Err(ProtocolError::Magic(magic));
    }
    let (option, kind, length) = (fields.u32()?, fields.u32()?, fields.u32()?);
    if option != open {
        return Err(ProtocolError::OptionReply { option, kind });
    }
    let longest = option::longest_reply(option, kind)?;
    usize::try_from(length)
        .ok()
        .filter(|length| *length <= longest)
        .map(|length| (kind, length))
        .ok_or(ProtocolError::TooLong { length: u64::from(length) })
}
