//! From the greeting to an export, or to a description of exports.

use crate::context::Context;
use crate::error::{LimitError, ProtocolError};
use crate::export::Export;
use crate::framing::Framing;
use crate::text;
use crate::wire::{
    NBD_OPT_EXTENDED_HEADERS, NBD_OPT_GO, NBD_OPT_INFO, NBD_OPT_LIST, NBD_OPT_LIST_META_CONTEXT,
    NBD_OPT_SET_META_CONTEXT, NBD_OPT_STARTTLS, NBD_OPT_STRUCTURED_REPLY,
};

use super::haggle::{Event, Haggle};
use super::option::{Answer, HandshakeError, Refusal, RefusalReason, contexts_payload, info_payload};

/// A fixed newstyle handshake.
///
/// ```text
/// all:     STARTTLS, and nothing before it, where TLS is asked for
/// connect: EXTENDED_HEADERS, SET_META_CONTEXT, GO; EXPORT_NAME where GO is unknown to the server
/// inspect: EXTENDED_HEADERS, LIST_META_CONTEXT, INFO, ABORT
/// list:    LIST, ABORT
/// ```
///
/// `STRUCTURED_REPLY` takes the place of `EXTENDED_HEADERS` where the server refuses that, and nothing does
/// where it refuses both. A server that refuses an option which cannot be done without is taken leave of.
///
/// Source: proto.md, "Handshake".
#[derive(Debug)]
pub struct Handshake {
    goal: Goal,
    haggle: Haggle,
    tls: Tls,
    newest: Framing,
    framing: Framing,
    contexts: Vec<Context>,
    outcome: Option<Outcome>,
}

/// What a handshake ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Transmission has begun: continue with a [`Session`](super::Session).
    Connected(Export),
    /// The export, with all contexts that it has. The connection is of no further use.
    Inspected(Export),
    /// The server's exports. The connection is of no further use.
    Listed(Vec<ListedExport>),
}

/// An export in a server's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedExport {
    /// Its name.
    pub name: String,
    /// A line for humans.
    pub description: Option<String>,
}

#[derive(Debug)]
enum Goal {
    Connect { export: String, contexts: Vec<String> },
    Inspect { export: String },
    List,
}

/// How far TLS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    NotWanted,
    Wanted,
    /// The server agreed: the next byte on the wire is TLS's.
    Due,
    Begun,
}

impl Handshake {
    /// Connects to an export, with those of `contexts` that it has.
    ///
    /// Fails with [`LimitError::Name`] where a name cannot be sent.
    pub fn connect(export: &str, contexts: &[String]) -> Result<Self, LimitError> {
        text::check(export)?;
        contexts.iter().try_for_each(|context| text::check(context))?;
        Ok(Self::new(Goal::Connect { export: export.to_owned(), contexts: contexts.to_vec() }))
    }

    /// Describes an export. Fails like [`connect`](Self::connect).
    pub fn inspect(export: &str) -> Result<Self, LimitError> {
        text::check(export)?;
        Ok(Self::new(Goal::Inspect { export: export.to_owned() }))
    }

    /// Lists the server's exports.
    #[must_use]
    pub fn list() -> Self {
        Self::new(Goal::List)
    }

    /// Asks for no newer framing than this one.
    #[must_use]
    pub fn up_to(self, newest: Framing) -> Self {
        Self { newest, ..self }
    }

    /// Demands TLS: the server is told nothing but that until [`wants_tls`](Self::wants_tls).
    ///
    /// A server that does not agree fails the handshake with its refusal of `NBD_OPT_STARTTLS`.
    #[must_use]
    pub fn with_tls(self) -> Self {
        Self { tls: Tls::Wanted, ..self }
    }

    /// Whether TLS has to begin now, and [`handle_tls`](Self::handle_tls) to be called when it has.
    ///
    /// Nothing more is taken until then: whatever has come behind the server's agreement is not NBD's.
    #[must_use]
    pub fn wants_tls(&self) -> bool {
        self.tls == Tls::Due
    }

    /// Says that what is received and transmitted from now on is protected by TLS.
    pub fn handle_tls(&mut self) {
        self.tls = Tls::Begun;
        // Nothing was negotiated before, and it would not count.
        self.framing = Framing::Simple;
        self.contexts = Vec::new();
        self.begin();
    }

    /// Where bytes of the server go; never more than the handshake waits for.
    pub fn receive_buffer(&mut self) -> &mut [u8] {
        self.haggle.receive_buffer()
    }

    /// Says that `count` bytes of the buffer were filled.
    ///
    /// After an error, hang up; the server of a refusal can be sent what [`transmit`](Self::transmit) shows before.
    pub fn handle_received(&mut self, count: usize) -> Result<(), HandshakeError> {
        let handled = self.handle(count);
        if let Err(HandshakeError::Refused(_)) = handled {
            self.haggle.abort();
        }
        handled
    }

    fn handle(&mut self, count: usize) -> Result<(), HandshakeError> {
        match self.haggle.handle_received(count)? {
            Some(Event::Greeted { fixed }) => self.on_greeted(fixed),
            Some(Event::Answered(option, answer)) => self.on_answered(option, answer),
            Some(Event::ExportChosen(size, flags)) => {
                let export = Export::new(self.export_name().to_owned(), size, flags)?;
                self.connected(export);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Bytes for the server.
    #[must_use]
    pub fn transmit(&self) -> &[u8] {
        self.haggle.transmit()
    }

    /// Says that the first `count` bytes of [`transmit`](Self::transmit) are on their way.
    pub fn handle_transmitted(&mut self, count: usize) {
        self.haggle.handle_transmitted(count);
    }

    /// What came of it, once it is over. What [`transmit`](Self::transmit) shows is still to be sent.
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    /// Whether a server that hangs up now means "no such export": `NBD_OPT_EXPORT_NAME` has no other way to say so.
    #[must_use]
    pub fn is_choosing_by_name(&self) -> bool {
        self.haggle.is_choosing_by_name()
    }

    fn new(goal: Goal) -> Self {
        Self {
            goal,
            haggle: Haggle::new(),
            tls: Tls::NotWanted,
            newest: Framing::default(),
            framing: Framing::Simple,
            contexts: Vec::new(),
            outcome: None,
        }
    }

    fn export_name(&self) -> &str {
        match &self.goal {
            Goal::Connect { export, .. } | Goal::Inspect { export } => export,
            Goal::List => "",
        }
    }

    fn on_greeted(&mut self, fixed: bool) -> Result<(), HandshakeError> {
        match (&self.goal, fixed) {
            (_, true) if self.tls == Tls::Wanted => self.haggle.ask(NBD_OPT_STARTTLS, &[]),
            (_, true) => self.begin(),
            (_, false) if self.tls == Tls::Wanted => return Err(unsupported(NBD_OPT_STARTTLS)),
            (Goal::Connect { export, .. }, false) => self.haggle.ask_export_name(export),
            (Goal::Inspect { .. }, false) => return Err(unsupported(NBD_OPT_INFO)),
            (Goal::List, false) => return Err(unsupported(NBD_OPT_LIST)),
        }
        Ok(())
    }

    /// Asks for the first of what the goal needs.
    fn begin(&mut self) {
        match self.goal {
            Goal::Connect { .. } | Goal::Inspect { .. } => self.ask_for_framing(self.newest),
            Goal::List => self.haggle.ask(NBD_OPT_LIST, &[]),
        }
    }

    fn on_answered(&mut self, option: u32, answer: Result<Answer, Refusal>) -> Result<(), HandshakeError> {
        match option {
            NBD_OPT_STARTTLS => {
                answer?;
                self.tls = Tls::Due;
            }
            NBD_OPT_EXTENDED_HEADERS => {
                if optional(answer)?.is_some() {
                    self.framing = Framing::Extended;
                    self.ask_for_contexts();
                } else {
                    self.ask_for_framing(Framing::Structured);
                }
            }
            NBD_OPT_STRUCTURED_REPLY => {
                if optional(answer)?.is_some() {
                    self.framing = Framing::Structured;
                }
                self.ask_for_contexts();
            }
            NBD_OPT_SET_META_CONTEXT | NBD_OPT_LIST_META_CONTEXT => {
                self.contexts = optional(answer)?.map(|answer| answer.contexts).unwrap_or_default();
                self.check_contexts()?;
                self.ask_for_export();
            }
            NBD_OPT_GO => match answer {
                Ok(answer) => {
                    let export = answer.info.into_export(self.export_name())?;
                    self.connected(export);
                }
                // Whoever has extended headers has GO, and may not be asked by name.
                Err(refusal)
                    if refusal.reason == RefusalReason::Unsupported && self.framing < Framing::Extended =>
                {
                    let export = self.export_name().to_owned();
                    self.haggle.ask_export_name(&export);
                }
                Err(refusal) => return Err(refusal.into()),
            },
            NBD_OPT_INFO => {
                let export = answer?.info.into_export(self.export_name())?;
                let export = self.complete(export);
                self.haggle.abort();
                self.outcome = Some(Outcome::Inspected(export));
            }
            _ => {
                let exports = answer?.exports.into_iter();
                let exports = exports.map(|(name, description)| ListedExport { name, description }).collect();
                self.haggle.abort();
                self.outcome = Some(Outcome::Listed(exports));
            }
        }
        Ok(())
    }

    fn ask_for_framing(&mut self, framing: Framing) {
        match framing {
            Framing::Simple => self.ask_for_export(),
            Framing::Structured => self.haggle.ask(NBD_OPT_STRUCTURED_REPLY, &[]),
            Framing::Extended => self.haggle.ask(NBD_OPT_EXTENDED_HEADERS, &[]),
        }
    }

    fn ask_for_contexts(&mut self) {
        match &self.goal {
            Goal::Connect { export, contexts } if self.framing.has_chunks() && !contexts.is_empty() => {
                self.haggle.ask(NBD_OPT_SET_META_CONTEXT, &contexts_payload(export, contexts));
            }
            Goal::Inspect { export } if self.framing.has_chunks() => {
                self.haggle.ask(NBD_OPT_LIST_META_CONTEXT, &contexts_payload(export, &[]));
            }
            _ => self.ask_for_export(),
        }
    }

    fn ask_for_export(&mut self) {
        let option = if matches!(self.goal, Goal::Connect { .. }) { NBD_OPT_GO } else { NBD_OPT_INFO };
        let payload = info_payload(self.export_name());
        self.haggle.ask(option, &payload);
    }

    /// Chosen contexts are among those asked for, and each has an id of its own.
    fn check_contexts(&self) -> Result<(), ProtocolError> {
        let Goal::Connect { contexts: asked, .. } = &self.goal else { return Ok(()) };
        let sane = self.contexts.iter().enumerate().all(|(index, context)| {
            let mut earlier = self.contexts.iter().take(index);
            asked.contains(&context.name)
                && earlier.all(|earlier| earlier.id != context.id && earlier.name != context.name)
        });
        if sane { Ok(()) } else { Err(ProtocolError::Contexts) }
    }

    fn connected(&mut self, export: Export) {
        let export = self.complete(export);
        self.outcome = Some(Outcome::Connected(export));
    }

    /// Adds what was negotiated before the export was known.
    fn complete(&mut self, export: Export) -> Export {
        export.negotiated(self.framing, std::mem::take(&mut self.contexts))
    }
}

/// The answer to an option that can be done without. A demand for another one first is none to ignore.
fn optional(answer: Result<Answer, Refusal>) -> Result<Option<Answer>, HandshakeError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(refusal) => match refusal.reason {
            RefusalReason::TlsRequired | RefusalReason::Shutdown | RefusalReason::ExtendedHeadersRequired => {
                Err(refusal.into())
            }
            _ => Ok(None),
        },
    }
}

fn unsupported(option: u32) -> HandshakeError {
    Refusal { option, reason: RefusalReason::Unsupported, message: None }.into()
}
