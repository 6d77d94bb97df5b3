//! From the greeting to the client's choice of an export.

use std::sync::Arc;

use crate::error::ProtocolError;
use crate::fields::{Assembly, Fields};
use crate::framing::Framing;
use crate::text;
use crate::wire::{
    EXPORT_NAME_PADDING, NBD_FLAG_C_FIXED_NEWSTYLE, NBD_FLAG_C_NO_ZEROES, NBD_FLAG_FIXED_NEWSTYLE,
    NBD_FLAG_NO_ZEROES, NBD_INFO_EXPORT, NBD_MAGIC, NBD_OPT_ABORT, NBD_OPT_EXPORT_NAME,
    NBD_OPT_EXTENDED_HEADERS, NBD_OPT_GO, NBD_OPT_INFO, NBD_OPT_LIST, NBD_OPT_LIST_META_CONTEXT,
    NBD_OPT_SET_META_CONTEXT, NBD_OPT_STARTTLS, NBD_OPT_STRUCTURED_REPLY, NBD_OPTS_MAGIC, NBD_REP_ACK,
    NBD_REP_ERR_EXT_HEADER_REQD, NBD_REP_ERR_INVALID, NBD_REP_ERR_TLS_REQD, NBD_REP_ERR_TOO_BIG,
    NBD_REP_ERR_UNKNOWN, NBD_REP_ERR_UNSUP, NBD_REP_INFO, NBD_REP_META_CONTEXT, NBD_REP_SERVER,
    OPTION_HEADER_LENGTH,
};

use super::offer::Offer;
use super::option::{encode_reply, parse_contexts, parse_info};

/// A fixed newstyle handshake. With TLS it is the protocol's FORCEDTLS mode: nothing is told before it has begun.
///
/// Never takes more bytes than its current message has: a client may send requests right behind its last option.
///
/// Source: proto.md, "Handshake".
#[derive(Debug)]
pub struct Handshake {
    offers: Arc<[Offer]>,
    waiting_for: Waiting,
    input: Assembly,
    output: Vec<u8>,
    is_fixed: bool,
    no_zeroes: bool,
    tls: Tls,
    newest: Framing,
    framing: Framing,
    options: usize,
    /// Contexts are chosen for an export: another one has none.
    contexts: Option<(usize, Vec<usize>)>,
    outcome: Option<Outcome>,
}

/// What a handshake ends with. What [`Handshake::transmit`] shows is still to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Transmission has begun.
    Connected(Choice),
    /// The client left, or asked for an export that does not exist in the way that has no error reply: hang up.
    Left,
}

/// What a client has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which of the offers.
    pub offer: usize,
    /// What was negotiated.
    pub framing: Framing,
    /// Which of the offer's contexts. Their ids on this connection are these numbers.
    pub contexts: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Waiting {
    ClientFlags,
    OptionHeader,
    OptionPayload {
        option: u32,
    },
    /// The rest of an option that is not looked at, piece by piece.
    Oversized {
        option: u32,
        left: usize,
    },
    Nothing,
}

/// How far TLS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    NotOffered,
    Demanded,
    /// The client has been told to go ahead: the next byte on the wire is TLS's.
    Due,
    Begun,
}

/// Why an option is refused: the error reply's type.
type Refusal = u32;

impl Handshake {
    /// Greets a client.
    #[must_use]
    pub fn new(offers: Arc<[Offer]>) -> Self {
        let mut output = NBD_MAGIC.to_be_bytes().to_vec();
        output.extend_from_slice(&NBD_OPTS_MAGIC.to_be_bytes());
        output.extend_from_slice(&(NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES).to_be_bytes());
        let mut input = Assembly::default();
        input.begin(size_of::<u32>());
        Self {
            offers,
            waiting_for: Waiting::ClientFlags,
            input,
            output,
            is_fixed: false,
            no_zeroes: false,
            tls: Tls::NotOffered,
            newest: Framing::default(),
            framing: Framing::Simple,
            options: 0,
            contexts: None,
            outcome: None,
        }
    }

    /// Offers no newer framing than this one.
    #[must_use]
    pub fn up_to(self, newest: Framing) -> Self {
        Self { newest, ..self }
    }

    /// Demands TLS before anything is told.
    #[must_use]
    pub fn with_tls(self) -> Self {
        Self { tls: Tls::Demanded, ..self }
    }

    /// Whether TLS has to begin once [`transmit`](Self::transmit) is sent, and [`handle_tls`](Self::handle_tls) to
    /// be called when it has.
    ///
    /// Nothing more is taken until then: a client sends nothing before it is answered, so what has come is not its.
    #[must_use]
    pub fn wants_tls(&self) -> bool {
        self.tls == Tls::Due
    }

    /// Says that what is received and transmitted from now on is protected by TLS.
    pub fn handle_tls(&mut self) {
        self.tls = Tls::Begun;
        // Whoever spoke before need not be the client that speaks now.
        self.framing = Framing::Simple;
        self.contexts = None;
        self.wait_for(Waiting::OptionHeader, OPTION_HEADER_LENGTH);
    }

    /// Where bytes of the client go.
    pub fn receive_buffer(&mut self) -> &mut [u8] {
        self.input.spare()
    }

    /// Says that `count` bytes of the buffer were filled. After an error, hang up.
    pub fn handle_received(&mut self, count: usize) -> Result<(), ProtocolError> {
        self.input.advance(count);
        if !self.input.is_complete() {
            return Ok(());
        }
        let mut fields = Fields::new(self.input.message());
        match self.waiting_for {
            Waiting::ClientFlags => {
                let flags = fields.u32()?;
                self.on_client_flags(flags)?;
            }
            Waiting::OptionHeader => {
                let (magic, option, length) = (fields.u64()?, fields.u32()?, fields.u32()?);
                self.on_option_header(magic, option, length)?;
            }
            Waiting::OptionPayload { option } => self.on_option(option),
            Waiting::Oversized { option, left } => self.on_oversized(option, left),
            Waiting::Nothing => {}
        }
        Ok(())
    }

    /// Bytes for the client.
    #[must_use]
    pub fn transmit(&self) -> &[u8] {
        &self.output
    }

    /// Says that the first `count` bytes of [`transmit`](Self::transmit) are on their way.
    pub fn handle_transmitted(&mut self, count: usize) {
        self.output.drain(..count.min(self.output.len()));
    }

    /// What came of it, once it is over.
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    fn on_client_flags(&mut self, flags: u32) -> Result<(), ProtocolError> {
        if flags & !(NBD_FLAG_C_FIXED_NEWSTYLE | NBD_FLAG_C_NO_ZEROES) != 0 {
            return Err(ProtocolError::HandshakeFlags(flags));
        }
        self.is_fixed = flags & NBD_FLAG_C_FIXED_NEWSTYLE != 0;
        self.no_zeroes = flags & NBD_FLAG_C_NO_ZEROES != 0;
        self.wait_for(Waiting::OptionHeader, OPTION_HEADER_LENGTH);
        Ok(())
    }

    fn on_option_header(&mut self, magic: u64, option: u32, length: u32) -> Result<(), ProtocolError> {
        if magic != NBD_OPTS_MAGIC {
            return Err(ProtocolError::Magic(magic));
        }
        self.options += 1;
        if self.options > MAX_OPTIONS {
            return Err(ProtocolError::TooManyOptions);
        }
        if !self.is_fixed && option != NBD_OPT_EXPORT_NAME {
            return Err(ProtocolError::OptionReply { option, kind: 0 });
        }
        match usize::try_from(length) {
            Ok(0) => {
                self.wait_for(Waiting::OptionPayload { option }, 0);
                self.on_option(option);
            }
            Ok(length) if length <= MAX_OPTION_LENGTH => {
                self.wait_for(Waiting::OptionPayload { option }, length);
            }
            // By name there is no error reply, and nobody has so much to say.
            Ok(length) if length <= MAX_SKIPPED_LENGTH && option != NBD_OPT_EXPORT_NAME => {
                self.on_oversized(option, length);
            }
            _ => return Err(ProtocolError::TooLong { length: u64::from(length) }),
        }
        Ok(())
    }

    /// Skips a piece of an option; refuses it at its end.
    fn on_oversized(&mut self, option: u32, left: usize) {
        if left == 0 {
            encode_reply(option, NBD_REP_ERR_TOO_BIG, &[], &mut self.output);
            self.wait_for(Waiting::OptionHeader, OPTION_HEADER_LENGTH);
        } else {
            let piece = left.min(MAX_OPTION_LENGTH);
            self.wait_for(Waiting::Oversized { option, left: left - piece }, piece);
        }
    }

    fn on_option(&mut self, option: u32) {
        let input = std::mem::take(&mut self.input);
        let payload = input.message();
        let answered = match option {
            NBD_OPT_ABORT => {
                self.finish(Outcome::Left);
                Ok(())
            }
            NBD_OPT_STARTTLS => self.on_starttls(payload),
            // This one has no error reply.
            NBD_OPT_EXPORT_NAME if self.tls == Tls::Demanded => return self.finish(Outcome::Left),
            _ if self.tls == Tls::Demanded => Err(NBD_REP_ERR_TLS_REQD),
            NBD_OPT_EXPORT_NAME => {
                return self.on_export_name(payload);
            }
            NBD_OPT_LIST => self.on_list(payload),
            NBD_OPT_INFO | NBD_OPT_GO => self.on_info(option, payload),
            NBD_OPT_STRUCTURED_REPLY => self.on_framing(Framing::Structured, payload),
            NBD_OPT_EXTENDED_HEADERS => self.on_framing(Framing::Extended, payload),
            NBD_OPT_LIST_META_CONTEXT | NBD_OPT_SET_META_CONTEXT => self.on_contexts(option, payload),
            _ => Err(NBD_REP_ERR_UNSUP),
        };
        let kind = answered.err().unwrap_or(NBD_REP_ACK);
        encode_reply(option, kind, &[], &mut self.output);
        if self.tls == Tls::Due {
            self.wait_for(Waiting::Nothing, 0);
        } else if self.outcome.is_none() {
            self.wait_for(Waiting::OptionHeader, OPTION_HEADER_LENGTH);
        }
    }

    fn on_starttls(&mut self, payload: &[u8]) -> Result<(), Refusal> {
        match self.tls {
            Tls::NotOffered => Err(NBD_REP_ERR_UNSUP),
            Tls::Demanded if payload.is_empty() => {
                self.tls = Tls::Due;
                Ok(())
            }
            _ => Err(NBD_REP_ERR_INVALID),
        }
    }

    fn on_export_name(&mut self, name: &[u8]) {
        let chosen = text::parse(name).ok().and_then(|name| self.find(&name).ok());
        // With extended headers a client may not choose in this way: it and we would not agree on them.
        let chosen = chosen.filter(|_| self.framing < Framing::Extended);
        let Some((index, offer)) = chosen else { return self.finish(Outcome::Left) };
        let size_and_flags = offer.size_and_flags(self.framing, self.has_contexts(index));
        self.output.extend_from_slice(&size_and_flags);
        if !self.no_zeroes {
            self.output.extend_from_slice(&[0; EXPORT_NAME_PADDING]);
        }
        self.connect(index);
    }

    fn on_list(&mut self, payload: &[u8]) -> Result<(), Refusal> {
        if !payload.is_empty() {
            return Err(NBD_REP_ERR_INVALID);
        }
        for offer in self.offers.iter() {
            let mut entry = Vec::new();
            text::put_counted(offer.name(), &mut entry);
            entry.extend(offer.description().bytes());
            encode_reply(NBD_OPT_LIST, NBD_REP_SERVER, &entry, &mut self.output);
        }
        Ok(())
    }

    fn on_info(&mut self, option: u32, payload: &[u8]) -> Result<(), Refusal> {
        let (name, mut kinds) = parse_info(payload).map_err(|_| NBD_REP_ERR_INVALID)?;
        let (index, _) = self.find(&name)?;
        kinds.push(NBD_INFO_EXPORT);
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let offer = self.offers.get(index);
            let has_contexts = self.has_contexts(index);
            if let Some(info) = offer.and_then(|offer| offer.info(kind, self.framing, has_contexts)) {
                encode_reply(option, NBD_REP_INFO, &info, &mut self.output);
            }
        }
        if option == NBD_OPT_GO {
            self.connect(index);
        }
        Ok(())
    }

    fn on_framing(&mut self, framing: Framing, payload: &[u8]) -> Result<(), Refusal> {
        if framing > self.newest {
            return Err(NBD_REP_ERR_UNSUP);
        }
        if !payload.is_empty() || framing == self.framing {
            return Err(NBD_REP_ERR_INVALID);
        }
        if framing < self.framing {
            return Err(NBD_REP_ERR_EXT_HEADER_REQD);
        }
        self.framing = framing;
        Ok(())
    }

    fn on_contexts(&mut self, option: u32, payload: &[u8]) -> Result<(), Refusal> {
        let listing = option == NBD_OPT_LIST_META_CONTEXT;
        if !listing {
            self.contexts = None;
        }
        if !self.framing.has_chunks() {
            return Err(NBD_REP_ERR_INVALID);
        }
        let (name, queries) = parse_contexts(payload).map_err(|_| NBD_REP_ERR_INVALID)?;
        let (index, offer) = self.find(&name)?;
        let chosen = offer.select(&queries, listing);
        let mut replies = Vec::new();
        for context in &chosen {
            let id = if listing { 0 } else { u32::try_from(*context).unwrap_or(u32::MAX) };
            let mut entry = id.to_be_bytes().to_vec();
            entry.extend(offer.contexts().get(*context).into_iter().flat_map(|name| name.bytes()));
            encode_reply(option, NBD_REP_META_CONTEXT, &entry, &mut replies);
        }
        self.output.append(&mut replies);
        if !listing {
            self.contexts = Some((index, chosen));
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Result<(usize, &Offer), Refusal> {
        self.offers.iter().enumerate().find(|(_, offer)| offer.name() == name).ok_or(NBD_REP_ERR_UNKNOWN)
    }

    /// Whether contexts were chosen for this offer.
    fn has_contexts(&self, offer: usize) -> bool {
        let chosen = self.contexts.as_ref();
        chosen.is_some_and(|(chosen_for, contexts)| *chosen_for == offer && !contexts.is_empty())
    }

    fn connect(&mut self, offer: usize) {
        let contexts = self.contexts.take().filter(|(chosen_for, _)| *chosen_for == offer);
        self.finish(Outcome::Connected(Choice {
            offer,
            framing: self.framing,
            contexts: contexts.map(|(_, contexts)| contexts).unwrap_or_default(),
        }));
    }

    fn finish(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
        self.wait_for(Waiting::Nothing, 0);
    }

    fn wait_for(&mut self, what: Waiting, length: usize) {
        self.waiting_for = what;
        self.input.begin(length);
    }
}

/// An export's name and a handful of queries; the longest option of a real client is far shorter.
const MAX_OPTION_LENGTH: usize = 64 << 10;

/// So much more is read and forgotten, to be able to say that it was too much.
const MAX_SKIPPED_LENGTH: usize = 256 << 10;

/// A client lists what there is, perhaps asks about each, and chooses: more options keep a server busy in vain.
const MAX_OPTIONS: usize = 1024;
