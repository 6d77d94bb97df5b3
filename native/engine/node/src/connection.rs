//! An open export.

use std::sync::{Arc, Mutex, PoisonError};

use extent::Run;
use napi::bindgen_prelude::{Buffer, Either, Object, ToNapiValue, TypeName, Uint8Array};
use napi::{Env, Result};
use napi_derive::napi;
use nbd_io::client::{Command, Completion, ConnectOptions, Connection, Pipeline, Reply};
use nbd_io::{ContextStatus, NbdError};

use crate::copier::closed;
use crate::endpoint::{Timeouts, parse_uri};
use crate::export::{BindingExport, BindingTimeouts};
use crate::failure::BindingFailure;
use crate::number::{from_js, to_js};
use crate::work::{Outcome, off_thread};

/// Bytes that were read.
#[napi(object, object_from_js = false)]
pub struct BindingData {
    /// As many as asked for.
    pub data: Buffer,
}

/// A request without a result is done.
#[napi(object, object_from_js = false)]
pub struct BindingDone {
    /// Always true.
    pub done: bool,
}

/// Extents of one context, from the asked offset on.
#[napi(object, object_from_js = false)]
pub struct BindingBlockStatus {
    /// At least one.
    pub extents: Vec<BindingExtent>,
}

/// An extent.
#[napi(object, object_from_js = false)]
pub struct BindingExtent {
    /// Bytes.
    pub length: i64,
    /// As the context defines them.
    pub flags: i64,
}

/// An open export, whose requests are pipelined.
#[napi]
pub struct BindingConnection {
    /// Gone once it is closed.
    pipeline: Mutex<Option<Arc<Pipeline>>>,
}

/// Connects.
#[napi(ts_return_type = "Promise<BindingConnection | BindingFailure>")]
pub fn connect(
    env: &Env,
    uri: String,
    contexts: Vec<String>,
    timeouts: BindingTimeouts,
) -> Result<Object<'_>> {
    off_thread(env, "blockferry-connect", move || {
        let tls_records_per_key = timeouts.tls_records_per_key.map(u64::from);
        let options = Timeouts::from(timeouts).connect_options(contexts);
        let options = ConnectOptions { tls_records_per_key, ..options };
        let connection = Connection::connect(&parse_uri(&uri)?, &options)?;
        let pipeline = Pipeline::start(connection)?;
        // Refused here rather than at the getter.
        BindingExport::try_from(pipeline.export())?;
        Ok(BindingConnection { pipeline: Mutex::new(Some(Arc::new(pipeline))) })
    })
}

#[napi]
impl BindingConnection {
    /// The export, as negotiated.
    #[napi(getter)]
    pub fn export(&self) -> Result<BindingExport> {
        let pipeline = self.pipeline().ok_or_else(|| napi::Error::from_reason("the connection is closed"))?;
        BindingExport::try_from(pipeline.export())
            .map_err(|failure| napi::Error::from_reason(failure.message))
    }

    /// Reads.
    #[napi(ts_return_type = "Promise<BindingData | BindingFailure>")]
    pub fn read<'env>(
        &self,
        env: &'env Env,
        offset: i64,
        length: u32,
        dont_fragment: bool,
    ) -> Result<Object<'env>> {
        let buffer = vec![0; usize::try_from(length).unwrap_or_default()];
        self.request(env, Command::Read { offset: from_js(offset), buffer, dont_fragment }, |completion| {
            completion.result?;
            Ok(BindingData { data: completion.buffer.unwrap_or_default().into() })
        })
    }

    /// Writes a copy of the bytes.
    #[napi(ts_return_type = "Promise<BindingDone | BindingFailure>")]
    pub fn write<'env>(
        &self,
        env: &'env Env,
        offset: i64,
        data: Uint8Array,
        fua: bool,
    ) -> Result<Object<'env>> {
        self.request(env, Command::Write { offset: from_js(offset), buffer: data.to_vec(), fua }, done)
    }

    /// Zeroes.
    #[napi(ts_return_type = "Promise<BindingDone | BindingFailure>")]
    pub fn zero<'env>(
        &self,
        env: &'env Env,
        offset: i64,
        length: i64,
        may_unmap: bool,
        fast: bool,
        fua: bool,
    ) -> Result<Object<'env>> {
        self.request(env, Command::Zero { run: run(offset, length), may_unmap, fast, fua }, done)
    }

    /// Trims.
    #[napi(ts_return_type = "Promise<BindingDone | BindingFailure>")]
    pub fn trim<'env>(&self, env: &'env Env, offset: i64, length: i64, fua: bool) -> Result<Object<'env>> {
        self.request(env, Command::Trim { run: run(offset, length), fua }, done)
    }

    /// Prefetches.
    #[napi(ts_return_type = "Promise<BindingDone | BindingFailure>")]
    pub fn cache<'env>(&self, env: &'env Env, offset: i64, length: i64) -> Result<Object<'env>> {
        self.request(env, Command::Cache { run: run(offset, length) }, done)
    }

    /// Flushes.
    #[napi(ts_return_type = "Promise<BindingDone | BindingFailure>")]
    pub fn flush<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        self.request(env, Command::Flush, done)
    }

    /// What one context says of a range.
    #[napi(ts_return_type = "Promise<BindingBlockStatus | BindingFailure>")]
    pub fn block_status<'env>(
        &self,
        env: &'env Env,
        context: String,
        offset: i64,
        length: i64,
    ) -> Result<Object<'env>> {
        let contexts = vec![context.clone()];
        let command = Command::BlockStatus { run: run(offset, length), request_one: false, contexts };
        self.request(env, command, move |completion| match completion.result? {
            Reply::BlockStatus(statuses) => find_context(statuses, &context),
            Reply::Done => Err(no_status(&context)),
        })
    }

    /// Disconnects after what is in flight.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let pipeline = self.pipeline.lock().unwrap_or_else(PoisonError::into_inner).take();
        off_thread(env, "blockferry-close", move || {
            if let Some(pipeline) = pipeline {
                pipeline.close();
            }
            Ok(())
        })
    }

    fn pipeline(&self) -> Option<Arc<Pipeline>> {
        self.pipeline.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn request<'env, T, F>(&self, env: &'env Env, command: Command, convert: F) -> Result<Object<'env>>
    where
        T: ToNapiValue + TypeName + Send + 'static,
        F: FnOnce(Completion) -> std::result::Result<T, BindingFailure> + Send + 'static,
    {
        let (deferred, promise) = env.create_deferred()?;
        let settle = move |outcome: std::result::Result<Completion, NbdError>| {
            let value = outcome.map_err(BindingFailure::from).and_then(convert);
            deferred.resolve(move |_| Ok(value.map_or_else(Either::B, Either::A) as Outcome<T>));
        };
        match self.pipeline() {
            Some(pipeline) => pipeline.request(command, settle),
            None => return off_thread(env, "blockferry-closed", || Err::<T, _>(closed())),
        }
        Ok(promise)
    }
}

fn run(offset: i64, length: i64) -> Run {
    Run::new(from_js(offset), from_js(length))
}

fn done(completion: Completion) -> std::result::Result<BindingDone, BindingFailure> {
    completion.result?;
    Ok(BindingDone { done: true })
}

fn find_context(
    statuses: Vec<ContextStatus>,
    context: &str,
) -> std::result::Result<BindingBlockStatus, BindingFailure> {
    let status = statuses.into_iter().find(|status| status.context.name == context);
    let extents: Vec<_> = status
        .into_iter()
        .flat_map(|status| status.descriptors)
        .map(|found| BindingExtent { length: to_js(found.length), flags: to_js(found.flags) })
        .collect();
    if extents.is_empty() { Err(no_status(context)) } else { Ok(BindingBlockStatus { extents }) }
}

fn no_status(context: &str) -> BindingFailure {
    BindingFailure::new("NBD_PROTOCOL", format!("the server answered without a status of {context}"))
}
