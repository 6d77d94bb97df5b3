//! What servers tell of their exports.

use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;
use nbd_io::{Export, Framing};

use crate::endpoint::{Timeouts, parse_framing, parse_uri};
use crate::failure::BindingFailure;
use crate::number::to_js;
use crate::size::check_size;
use crate::work::off_thread;

/// How to connect; times in milliseconds.
#[napi(object, object_to_js = false)]
pub struct BindingTimeouts {
    /// Connecting.
    pub handshake_timeout_ms: Option<u32>,
    /// One request.
    pub request_timeout_ms: Option<u32>,
    /// The newest form of replies to ask for.
    pub replies: Option<String>,
    /// Renew TLS keys so early; of `connect` alone.
    pub tls_records_per_key: Option<u32>,
}

impl From<BindingTimeouts> for Timeouts {
    fn from(timeouts: BindingTimeouts) -> Self {
        Self {
            handshake: timeouts.handshake_timeout_ms,
            request: timeouts.request_timeout_ms,
            framing: parse_framing(timeouts.replies.as_deref()),
        }
    }
}

/// An export. Sizes in bytes.
#[napi(object, object_from_js = false)]
#[expect(clippy::struct_excessive_bools, reason = "each is one transmission flag of the protocol")]
pub struct BindingExport {
    pub name: String,
    pub description: Option<String>,
    pub size: i64,
    pub read_only: bool,
    pub rotational: bool,
    pub can_flush: bool,
    pub can_fua: bool,
    pub can_trim: bool,
    pub can_zero: bool,
    pub can_fast_zero: bool,
    pub can_cache: bool,
    pub can_df: bool,
    pub can_multi_conn: bool,
    pub structured_replies: bool,
    pub extended_headers: bool,
    pub block_size_advertised: bool,
    pub block_size_minimum: u32,
    pub block_size_preferred: u32,
    pub block_size_maximum: u32,
    pub contexts: Vec<String>,
}

impl TryFrom<&Export> for BindingExport {
    type Error = BindingFailure;

    fn try_from(export: &Export) -> std::result::Result<Self, BindingFailure> {
        Ok(Self {
            name: export.name.clone(),
            description: export.description.clone(),
            size: to_js(check_size(export.size)?),
            read_only: export.read_only,
            rotational: export.rotational,
            can_flush: export.can_flush,
            can_fua: export.can_fua,
            can_trim: export.can_trim,
            can_zero: export.can_zero,
            can_fast_zero: export.can_fast_zero,
            can_cache: export.can_cache,
            can_df: export.can_df,
            can_multi_conn: export.can_multi_conn,
            structured_replies: export.framing.has_chunks(),
            extended_headers: export.framing == Framing::Extended,
            block_size_advertised: export.block_size.advertised,
            block_size_minimum: export.block_size.minimum,
            block_size_preferred: export.block_size.preferred,
            block_size_maximum: export.block_size.maximum_payload,
            contexts: export.contexts.iter().map(|context| context.name.clone()).collect(),
        })
    }
}

/// A server's exports.
#[napi(object, object_from_js = false)]
pub struct BindingExportList {
    /// In the server's order.
    pub exports: Vec<BindingExport>,
}

/// What a server tells of one export.
#[napi(ts_return_type = "Promise<BindingExport | BindingFailure>")]
pub fn info(env: &Env, uri: String, timeouts: BindingTimeouts) -> Result<Object<'_>> {
    off_thread(env, "blockferry-info", move || {
        let options = Timeouts::from(timeouts).connect_options(Vec::new());
        BindingExport::try_from(&nbd_io::client::info(&parse_uri(&uri)?, &options)?)
    })
}

/// All exports that a server lists.
#[napi(ts_return_type = "Promise<BindingExportList | BindingFailure>")]
pub fn list(env: &Env, uri: String, timeouts: BindingTimeouts) -> Result<Object<'_>> {
    off_thread(env, "blockferry-list", move || {
        let options = Timeouts::from(timeouts).connect_options(Vec::new());
        let exports = nbd_io::client::list(&parse_uri(&uri)?, &options)?;
        let exports = exports.iter().map(BindingExport::try_from).collect::<std::result::Result<_, _>>()?;
        Ok(BindingExportList { exports })
    })
}
