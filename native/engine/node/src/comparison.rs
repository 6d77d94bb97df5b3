//! Comparing two endpoints.

use std::sync::{Arc, Mutex, PoisonError};

use block_copy::{Comparer, CopierOptions, Side};
use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;

use crate::endpoint::{BindingEndpoint, Timeouts, open_source, parse_framing};
use crate::failure::BindingFailure;
use crate::number::to_js;
use crate::size::check_size;
use crate::work::off_thread;

/// How to compare; defaults are the engine's.
#[napi(object, object_to_js = false)]
pub struct BindingComparisonOptions {
    /// Lanes to each side.
    pub connections: Option<u32>,
    /// Milliseconds.
    pub request_timeout_ms: Option<u32>,
    /// Milliseconds.
    pub handshake_timeout_ms: Option<u32>,
    /// The newest form of replies to ask for.
    pub replies: Option<String>,
}

/// What a comparison found.
#[napi(object, object_from_js = false)]
pub struct BindingComparisonResult {
    /// The first byte that differs.
    pub first_difference: Option<i64>,
    /// Bytes compared.
    pub bytes_compared: i64,
}

/// A comparison of two endpoints.
#[napi]
pub struct BindingComparison {
    request: Arc<Request>,
}

struct Request {
    a: BindingEndpoint,
    b: BindingEndpoint,
    options: BindingComparisonOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Option<Arc<Comparer>>,
    cancelled: bool,
}

#[napi]
impl BindingComparison {
    /// Opens nothing yet.
    #[napi(constructor)]
    #[must_use]
    pub fn new(a: BindingEndpoint, b: BindingEndpoint, options: BindingComparisonOptions) -> Self {
        Self { request: Arc::new(Request { a, b, options, state: Mutex::default() }) }
    }

    /// Opens both and compares.
    #[napi(ts_return_type = "Promise<BindingComparisonResult | BindingFailure>")]
    pub fn run<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let request = Arc::clone(&self.request);
        off_thread(env, "blockferry-compare", move || request.run())
    }

    /// Ends the comparison.
    #[napi]
    pub fn cancel(&self) {
        let mut state = self.request.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.cancelled = true;
        if let Some(comparer) = &state.running {
            comparer.cancel();
        }
    }
}

impl Request {
    fn run(&self) -> std::result::Result<BindingComparisonResult, BindingFailure> {
        let timeouts = Timeouts {
            handshake: self.options.handshake_timeout_ms,
            request: self.options.request_timeout_ms,
            framing: parse_framing(self.options.replies.as_deref()),
        };
        let a = open_source(&self.a, Side::Source, timeouts)?;
        let b = open_source(&self.b, Side::Destination, timeouts)?;
        check_size(a.limits().size.max(b.limits().size))?;
        let defaults = CopierOptions::default();
        let connections = self.options.connections.and_then(|count| usize::try_from(count).ok());
        let options = CopierOptions { connections, ..defaults };
        let comparer = Arc::new(Comparer::open(a, b, &options)?);
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.cancelled {
                comparer.cancel();
            }
            state.running = Some(Arc::clone(&comparer));
        }
        let comparison = comparer.run();
        // Its connections end now, not when JavaScript forgets the comparison.
        self.state.lock().unwrap_or_else(PoisonError::into_inner).running = None;
        drop(comparer);
        let comparison = comparison?;
        Ok(BindingComparisonResult {
            first_difference: comparison.first_difference.map(to_js),
            bytes_compared: to_js(comparison.bytes_compared),
        })
    }
}
