//! NBD over sockets: a client with pipelined connections, and a server of devices.
//!
//! Plain threads and poll(2); the protocol itself is `nbd-proto`'s.

pub mod client;
mod error;
pub mod server;
mod tls;
mod transport;

pub use error::{ErrorKind, NbdError};
pub use nbd_proto::context::{Context, ContextStatus, Descriptor};
pub use nbd_proto::errno::NbdErrno;
pub use nbd_proto::export::{BlockSize, Export};
pub use nbd_proto::framing::Framing;
pub use nbd_proto::uri::{NbdUri, TlsKind, TlsOptions, Transport, UriError};
pub use tls::TlsCredentials;
pub use transport::{Interest, Waker};
