//! Blocking work off JavaScript's thread.

use std::thread;

use napi::bindgen_prelude::{Either, Object, ToNapiValue, TypeName};
use napi::{Env, Error, Result};

use crate::failure::BindingFailure;

/// What an asynchronous call resolves with: its value, or a failure as data.
pub(crate) type Outcome<T> = Either<T, BindingFailure>;

/// Runs `work` on a thread of its own and returns the promise of what it gives.
///
/// Not on Node's pool: work here lasts as long as a copy does, and that pool has four threads.
pub(crate) fn off_thread<'env, T, F>(env: &'env Env, name: &str, work: F) -> Result<Object<'env>>
where
    T: ToNapiValue + TypeName + Send + 'static,
    F: FnOnce() -> std::result::Result<T, BindingFailure> + Send + 'static,
{
    let (deferred, promise) = env.create_deferred()?;
    let resolver = move || {
        let outcome = work();
        deferred.resolve(move |_| Ok(outcome.map_or_else(Either::B, Either::A)));
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(resolver)
        .map_err(|error| Error::from_reason(format!("cannot start a thread: {error}")))?;
    Ok(promise)
}
