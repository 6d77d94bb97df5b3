//! Errors as data.

use std::error::Error;

use block_copy::{CopyError, Side};
use napi_derive::napi;
use nbd_io::NbdError;

use crate::number::to_js;

/// Why a call failed.
#[napi(object, object_from_js = false)]
#[derive(Debug)]
pub struct BindingFailure {
    /// Always true: tells a failure from a value.
    pub failure: bool,
    /// The stable code.
    pub code: String,
    /// A sentence with what lies behind it.
    pub message: String,
    /// `source` or `destination`.
    pub side: Option<String>,
    /// First byte of the request that failed.
    pub offset: Option<i64>,
    /// Bytes of the request that failed.
    pub length: Option<i64>,
}

impl BindingFailure {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            failure: true,
            code: code.to_owned(),
            message: sentence(message.into()),
            side: None,
            offset: None,
            length: None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("INVALID_ARGUMENT", message)
    }

    pub(crate) fn on(self, side: Side) -> Self {
        let side = match side {
            Side::Source => "source",
            Side::Destination => "destination",
        };
        Self { side: Some(side.to_owned()), ..self }
    }

    fn over(self, offset: Option<u64>, length: Option<u64>) -> Self {
        Self { offset: offset.map(to_js), length: length.map(to_js), ..self }
    }
}

impl From<CopyError> for BindingFailure {
    fn from(error: CopyError) -> Self {
        // Node's word for it; the others are the engine's own.
        let code = if error.code() == "CANCELLED" { "ABORTED" } else { error.code() };
        let failure = Self::new(code, with_causes(&error)).over(error.offset(), error.length());
        match error.side() {
            Some(side) => failure.on(side),
            None => failure,
        }
    }
}

impl From<NbdError> for BindingFailure {
    fn from(error: NbdError) -> Self {
        Self::new(error.kind().code(), with_causes(&error)).over(error.offset(), error.length())
    }
}

/// The error and all that lies behind it, outermost first.
fn with_causes(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message.push_str(": ");
        message.push_str(&inner.to_string());
        cause = inner.source();
    }
    message
}

fn sentence(mut message: String) -> String {
    if let Some(first) = message.get(..1) {
        let upper = first.to_ascii_uppercase();
        message.replace_range(..1, &upper);
    }
    if !message.ends_with('.') {
        message.push('.');
    }
    message
}
