//! One parser, or one conversation, each.

pub(crate) mod bitmap;
pub(crate) mod block_status;
pub(crate) mod client_handshake;
pub(crate) mod client_session;
pub(crate) mod option_payloads;
pub(crate) mod server_handshake;
pub(crate) mod server_requests;
pub(crate) mod session_pair;
pub(crate) mod uri;
