//! The ends of a copy as JavaScript names them.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use block_copy::{DeviceEndpoint, Endpoint, NbdEndpoint, NullEndpoint, Side};
use block_device::{Access, FileDevice};
use napi_derive::napi;
use nbd_io::client::ConnectOptions;
use nbd_io::{Framing, NbdUri};

use crate::failure::BindingFailure;

/// One end of a copy.
#[napi(object, object_to_js = false)]
pub struct BindingEndpoint {
    /// `nbd`, `file` or `null`.
    pub kind: String,
    /// The URI or the path.
    pub location: String,
}

/// How long things may take, and in which form requests and replies are.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) handshake: Option<u32>,
    pub(crate) request: Option<u32>,
    pub(crate) framing: Framing,
}

/// `simple`, `structured` or `extended`, as JavaScript has checked; the newest where nothing is said.
pub(crate) fn parse_framing(replies: Option<&str>) -> Framing {
    match replies {
        Some("simple") => Framing::Simple,
        Some("structured") => Framing::Structured,
        _ => Framing::Extended,
    }
}

impl Timeouts {
    pub(crate) fn connect_options(self, contexts: Vec<String>) -> ConnectOptions {
        let defaults = ConnectOptions::default();
        let or = |given: Option<u32>, default| given.map_or(default, |ms| Duration::from_millis(ms.into()));
        ConnectOptions {
            contexts,
            framing: self.framing,
            handshake_timeout: or(self.handshake, defaults.handshake_timeout),
            request_timeout: or(self.request, defaults.request_timeout),
            tls_records_per_key: None,
        }
    }
}

pub(crate) fn parse_uri(text: &str) -> Result<NbdUri, BindingFailure> {
    text.parse().map_err(|error| BindingFailure::invalid(format!("\"{text}\" is no NBD URI: {error}")))
}

/// Opens where a copy reads from.
pub(crate) fn open_source(
    endpoint: &BindingEndpoint,
    side: Side,
    timeouts: Timeouts,
) -> Result<Arc<dyn Endpoint>, BindingFailure> {
    match endpoint.kind.as_str() {
        "nbd" => open_nbd(&endpoint.location, side, timeouts),
        "file" => open_file(&endpoint.location, Access::ReadOnly).map_err(|error| error.on(side)),
        _ => Err(BindingFailure::invalid("an endpoint null: has no contents: it can be a destination only")
            .on(side)),
    }
}

/// Opens where a copy writes to; `create` makes a missing file of that size.
pub(crate) fn open_destination(
    endpoint: &BindingEndpoint,
    create: Option<u64>,
    timeouts: Timeouts,
) -> Result<Arc<dyn Endpoint>, BindingFailure> {
    let path = &endpoint.location;
    match (endpoint.kind.as_str(), create) {
        ("nbd", _) => open_nbd(path, Side::Destination, timeouts),
        ("null", _) => Ok(Arc::new(NullEndpoint)),
        (_, Some(size)) if !Path::new(path).exists() => FileDevice::create(Path::new(path), size)
            .map(|device| Arc::new(DeviceEndpoint::new(Arc::new(device))) as Arc<dyn Endpoint>)
            .map_err(|error| file_failure(path, &error).on(Side::Destination)),
        _ => open_file(path, Access::ReadWrite).map_err(|error| error.on(Side::Destination)),
    }
}

/// Whether both name one file or block device.
pub(crate) fn are_same(a: &BindingEndpoint, b: &BindingEndpoint) -> bool {
    use std::os::unix::fs::MetadataExt;
    if a.kind != b.kind {
        return false;
    }
    if a.kind != "file" {
        return a.kind == "nbd" && a.location == b.location;
    }
    let identity = |path: &str| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    identity(&a.location).is_some_and(|known| identity(&b.location) == Some(known))
}

fn open_nbd(uri: &str, side: Side, timeouts: Timeouts) -> Result<Arc<dyn Endpoint>, BindingFailure> {
    let uri = parse_uri(uri).map_err(|error| error.on(side))?;
    let endpoint = NbdEndpoint::open(uri, timeouts.connect_options(Vec::new()))
        .map_err(|error| BindingFailure::from(error).on(side))?;
    Ok(Arc::new(endpoint))
}

fn open_file(path: &str, access: Access) -> Result<Arc<dyn Endpoint>, BindingFailure> {
    let device = FileDevice::open(Path::new(path), access).map_err(|error| file_failure(path, &error))?;
    Ok(Arc::new(DeviceEndpoint::new(Arc::new(device))))
}

/// A file that cannot be opened or made.
pub(crate) fn file_failure(path: &str, error: &io::Error) -> BindingFailure {
    let code = block_copy::ErrorKind::Io(error.kind()).code();
    BindingFailure::new(code, format!("cannot open \"{path}\": {error}"))
}
