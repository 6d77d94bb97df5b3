//! Lasting connections between two endpoints, and passes over them.

use std::sync::{Arc, Mutex, PoisonError};

use block_copy::{
    Copier, CopierOptions, CopyError, DirtyMap, PassReport, RateLimiter, Sabotage, ServerMap, Side,
    Verification,
};
use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;

use crate::dirty_bitmap::BindingDirtyBitmap;
use crate::endpoint::{
    BindingEndpoint, Timeouts, are_same, open_destination, open_source, parse_framing, parse_uri,
};
use crate::failure::BindingFailure;
use crate::number::to_js;
use crate::rate_limiter::BindingRateLimiter;
use crate::size::check_size;
use crate::work::off_thread;

/// How to copy; defaults are the engine's.
#[napi(object, object_to_js = false)]
pub struct BindingCopierOptions {
    /// Lanes to each side.
    pub connections: Option<u32>,
    /// Requests in flight a lane.
    pub requests: Option<u32>,
    /// Bytes of a request.
    pub request_size: Option<u32>,
    /// Ask both sides for block status.
    pub extents: Option<bool>,
    /// The destination reads as zeros.
    pub destination_is_zero: Option<bool>,
    /// Milliseconds.
    pub request_timeout_ms: Option<u32>,
    /// Milliseconds.
    pub handshake_timeout_ms: Option<u32>,
    /// The newest form of replies to ask for.
    pub replies: Option<String>,
    /// A larger NBD destination is taken, its tail zeroed.
    pub allow_larger: Option<bool>,
    /// Make a missing destination file.
    pub create_destination: Option<bool>,
    /// Take checksums of what the bulk writes.
    pub verify: Option<bool>,
    /// A fault for acceptance tests.
    pub skip_zeroes: Option<bool>,
}

impl BindingCopierOptions {
    /// The engine's options: what is given, and its defaults.
    fn resolve(&self, limiter: Arc<RateLimiter>, timeouts: Timeouts) -> CopierOptions {
        let defaults = CopierOptions::default();
        let number =
            |given: Option<u32>, default| given.and_then(|n| usize::try_from(n).ok()).unwrap_or(default);
        let requests = number(self.requests, defaults.requests);
        let request_size = self.request_size.unwrap_or(defaults.request_size);
        // The default window would cap the requests that were asked for.
        let asked = self.requests.is_some() || self.request_size.is_some();
        let asked_bytes = (requests as u64).saturating_mul(request_size.into());
        CopierOptions {
            connections: self.connections.and_then(|count| usize::try_from(count).ok()),
            requests,
            window_bytes: if asked { asked_bytes } else { defaults.window_bytes },
            request_size,
            use_extents: self.extents.unwrap_or(defaults.use_extents),
            destination_is_zero: self.destination_is_zero.unwrap_or(defaults.destination_is_zero),
            zero_tail: self.allow_larger.unwrap_or(defaults.zero_tail),
            verify: self.verify.unwrap_or(defaults.verify),
            limiter,
            connect: timeouts.connect_options(Vec::new()),
            sabotage: Sabotage { skip_zeroes: self.skip_zeroes.unwrap_or(false) },
            ..defaults
        }
    }
}

/// What a pass did. Bytes.
#[napi(object, object_from_js = false)]
pub struct BindingPass {
    /// Read and written.
    pub bytes_moved: i64,
    /// Zeroed.
    pub bytes_zeroed: i64,
    /// Left alone.
    pub bytes_skipped: i64,
    /// Milliseconds.
    pub ms: f64,
    /// Of `ms`: the flush.
    pub flush_ms: f64,
}

/// Whether the destination reads as what was written. Bytes.
#[napi(object, object_from_js = false)]
pub struct BindingVerification {
    /// It does.
    pub verified: bool,
    /// Else: the range that reads as something else.
    pub region_offset: Option<i64>,
    /// Its length.
    pub region_length: Option<i64>,
    /// The first byte in it that differs from the source now.
    pub first_difference: Option<i64>,
}

/// How far a pass is. Bytes.
#[napi(object, object_from_js = false)]
#[expect(clippy::struct_field_names, reason = "the names are JavaScript's")]
pub struct BindingProgress {
    /// Acknowledged.
    pub bytes_done: i64,
    /// Of so many, as far as is known.
    pub bytes_total: i64,
    /// Of `bytesDone`: read and written.
    pub bytes_moved: i64,
}

/// An open copier.
#[napi]
pub struct BindingCopier {
    /// Gone once it is closed.
    copier: Mutex<Option<Arc<Copier>>>,
    size: u64,
}

/// Connects to both ends.
#[napi(ts_return_type = "Promise<BindingCopier | BindingFailure>")]
pub fn open_copier<'env>(
    env: &'env Env,
    source: BindingEndpoint,
    destination: BindingEndpoint,
    options: BindingCopierOptions,
    limiter: &BindingRateLimiter,
) -> Result<Object<'env>> {
    let limiter = Arc::clone(&limiter.limiter);
    off_thread(env, "blockferry-open", move || {
        if are_same(&source, &destination) {
            return Err(BindingFailure::new("ENDPOINTS_SAME", "source and destination are the same"));
        }
        let timeouts = Timeouts {
            handshake: options.handshake_timeout_ms,
            request: options.request_timeout_ms,
            framing: parse_framing(options.replies.as_deref()),
        };
        let from = open_source(&source, Side::Source, timeouts)?;
        let size = check_size(from.limits().size)?;
        let create = options.create_destination.unwrap_or(false).then_some(size);
        let to = open_destination(&destination, create, timeouts)?;
        check_sizes(size, to.limits().size, &destination, options.allow_larger.unwrap_or(false))?;
        let copier = Copier::open(from, to, options.resolve(limiter, timeouts))?;
        Ok(BindingCopier { copier: Mutex::new(Some(Arc::new(copier))), size })
    })
}

#[napi]
impl BindingCopier {
    /// Bytes of the source.
    #[napi(getter)]
    #[must_use]
    pub fn size(&self) -> i64 {
        to_js(self.size)
    }

    /// Copies the whole device.
    #[napi(ts_return_type = "Promise<BindingPass | BindingFailure>")]
    pub fn bulk<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        self.pass(env, Copier::bulk)
    }

    /// Reads back what the bulk wrote.
    #[napi(ts_return_type = "Promise<BindingVerification | BindingFailure>")]
    pub fn verify<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let copier = self.open();
        off_thread(env, "blockferry-verify", move || {
            Ok(BindingVerification::from(copier.ok_or_else(closed)?.verify()?))
        })
    }

    /// Connects to an NBD export for the map of its bitmap.
    #[napi(ts_return_type = "Promise<BindingServerMap | BindingFailure>")]
    pub fn open_map<'env>(&self, env: &'env Env, uri: String, context: String) -> Result<Object<'env>> {
        let copier = self.open();
        off_thread(env, "blockferry-map", move || {
            let uri = parse_uri(&uri)?;
            let map = copier.ok_or_else(closed)?.open_map(&uri, &context)?;
            Ok(BindingServerMap { map: Mutex::new(Some(map)) })
        })
    }

    /// Copies what an NBD export's bitmap marks. The map is used up.
    #[napi(ts_return_type = "Promise<BindingPass | BindingFailure>")]
    pub fn dirty_server<'env>(&self, env: &'env Env, map: &BindingServerMap) -> Result<Object<'env>> {
        let (copier, map) = (self.open(), map.take());
        off_thread(env, "blockferry-round", move || {
            let (copier, map) = (copier.ok_or_else(closed)?, map.ok_or_else(closed)?);
            Ok(BindingPass::from(copier.dirty(DirtyMap::Server(map))?))
        })
    }

    /// Copies what a bitmap of this process marks.
    #[napi(ts_return_type = "Promise<BindingPass | BindingFailure>")]
    pub fn dirty_bitmap<'env>(&self, env: &'env Env, bitmap: &BindingDirtyBitmap) -> Result<Object<'env>> {
        let bitmap = Arc::clone(&bitmap.bitmap);
        self.pass(env, move |copier| copier.dirty(DirtyMap::Bitmap(&bitmap)))
    }

    /// How far the pass is.
    #[napi]
    #[must_use]
    pub fn progress(&self) -> BindingProgress {
        let progress = self.open().map(|copier| copier.progress()).unwrap_or_default();
        BindingProgress {
            bytes_done: to_js(progress.bytes_done),
            bytes_total: to_js(progress.bytes_total),
            bytes_moved: to_js(progress.bytes_moved),
        }
    }

    /// Ends the pass that runs.
    #[napi]
    pub fn cancel(&self) {
        if let Some(copier) = self.open() {
            copier.cancel();
        }
    }

    /// Closes the connections. No pass may run.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let copier = self.copier.lock().unwrap_or_else(PoisonError::into_inner).take();
        off_thread(env, "blockferry-close", move || {
            drop(copier);
            Ok(())
        })
    }

    fn open(&self) -> Option<Arc<Copier>> {
        self.copier.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn pass<'env, F>(&self, env: &'env Env, work: F) -> Result<Object<'env>>
    where
        F: FnOnce(&Copier) -> std::result::Result<PassReport, CopyError> + Send + 'static,
    {
        let copier = self.open();
        off_thread(env, "blockferry-pass", move || {
            let copier = copier.ok_or_else(closed)?;
            Ok(BindingPass::from(work(&copier)?))
        })
    }
}

/// A connection that tells what an NBD export's bitmap marks, for one pass.
#[napi]
pub struct BindingServerMap {
    /// Gone once it is used or closed.
    map: Mutex<Option<ServerMap>>,
}

#[napi]
impl BindingServerMap {
    /// Closes it unused.
    #[napi]
    pub fn close(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<ServerMap> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl From<PassReport> for BindingPass {
    fn from(report: PassReport) -> Self {
        Self {
            bytes_moved: to_js(report.bytes_moved),
            bytes_zeroed: to_js(report.bytes_zeroed),
            bytes_skipped: to_js(report.bytes_skipped),
            ms: report.elapsed.as_secs_f64() * 1000.0,
            flush_ms: report.flush.as_secs_f64() * 1000.0,
        }
    }
}

impl From<Verification> for BindingVerification {
    fn from(verification: Verification) -> Self {
        let (region, first_difference) = match verification {
            Verification::Verified => (None, None),
            Verification::Different { region, offset } => (Some(region), offset.map(to_js)),
        };
        Self {
            verified: region.is_none(),
            region_offset: region.map(|region| to_js(region.offset)),
            region_length: region.map(|region| to_js(region.length)),
            first_difference,
        }
    }
}

fn check_sizes(
    source: u64,
    destination: u64,
    endpoint: &BindingEndpoint,
    allow_larger: bool,
) -> std::result::Result<(), BindingFailure> {
    let larger_is_fine = endpoint.kind != "nbd" || allow_larger;
    if destination == source || (destination > source && larger_is_fine) {
        return Ok(());
    }
    let relation = if destination < source { "smaller" } else { "larger" };
    let message = format!(
        "the destination has {destination} bytes, the source {source}: a {relation} destination is not written"
    );
    Err(BindingFailure::new("SIZE_MISMATCH", message).on(Side::Destination))
}

pub(crate) fn closed() -> BindingFailure {
    BindingFailure::new("CLOSED", "it is closed")
}
