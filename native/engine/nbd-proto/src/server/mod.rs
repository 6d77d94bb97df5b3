//! The server's side: [`Handshake`] up to a [`Choice`] of an [`Offer`], then requests and replies.

mod handshake;
mod offer;
mod option;
mod reply;
mod request;

pub use handshake::{Choice, Handshake, Outcome};
pub use offer::Offer;
pub use reply::ReplyEncoder;
pub use request::{Action, Limits, Request};
