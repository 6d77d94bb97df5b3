//! NBD exports as endpoints.

mod block_status;
mod endpoint;
mod lane;
mod shared;

pub use endpoint::NbdEndpoint;
pub(crate) use endpoint::dirty_map;
