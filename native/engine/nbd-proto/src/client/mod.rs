//! The client's side: [`Handshake`] up to an [`Export`](crate::export::Export), then a [`Session`].
//!
//! Both are driven alike, by whoever owns the socket: fill the receive buffer and call `handle_received`;
//! write what `transmit` shows and call `handle_transmitted`.

mod command;
mod coverage;
mod haggle;
mod handshake;
mod in_flight;
mod option;
mod reply;
mod request;
mod session;

pub use command::{Command, RequestError};
pub use handshake::{Handshake, ListedExport, Outcome};
pub use option::{HandshakeError, Refusal, RefusalReason};
pub use reply::{Failure, Reply};
pub use session::{Aside, Completion, Session};
