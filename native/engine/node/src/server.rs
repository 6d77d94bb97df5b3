//! Serving files, block devices and memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use block_device::{Access, Device, FileDevice, MemoryDevice};
use extent::DirtyBitmap;
use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;
use nbd_io::server::{ExportConfig, Listen, Server, ServerOptions};
use nbd_io::{NbdUri, TlsCredentials};

use crate::connection::BindingDone;
use crate::dirty_bitmap::BindingDirtyBitmap;
use crate::endpoint::{file_failure, parse_framing, parse_uri};
use crate::failure::BindingFailure;
use crate::inherited::Inherited;
use crate::number::{from_js, to_js};
use crate::size::check_size;
use crate::work::off_thread;

/// A bitmap that records from the start.
#[napi(object, object_to_js = false)]
pub struct BindingBitmapOptions {
    /// As in `qemu:dirty-bitmap:NAME`.
    pub name: String,
    /// Bytes a bit.
    pub granularity: u32,
}

/// A device, and how it is offered.
#[napi(object, object_to_js = false)]
pub struct BindingExportOptions {
    /// A path; else `memory` is given.
    pub file: Option<String>,
    /// Bytes.
    pub memory: Option<i64>,
    /// What clients ask for.
    pub name: String,
    /// For humans.
    pub description: String,
    /// Tell clients that the medium rotates.
    pub rotational: bool,
    /// Refuse writes.
    pub read_only: bool,
    /// Dirty bitmaps.
    pub bitmaps: Vec<BindingBitmapOptions>,
}

/// What to serve, where, and how patiently.
#[napi(object, object_to_js = false)]
pub struct BindingServeOptions {
    /// At least one.
    pub exports: Vec<BindingExportOptions>,
    /// An NBD URI without an export; else `sockets` are given.
    pub listen: Option<String>,
    /// Descriptors that listen already. Once the server runs they are its own.
    pub sockets: Option<Vec<i32>>,
    /// The newest form of replies to offer.
    pub replies: Option<String>,
    /// Clients at a time.
    pub max_connections: Option<u32>,
    /// Folder of certificates: demand TLS.
    pub tls_directory: Option<String>,
    /// Demand certificates of clients.
    pub tls_verify_peer: Option<bool>,
    /// Negotiating, in milliseconds.
    pub handshake_timeout_ms: Option<u32>,
    /// A MiB of a message, in milliseconds.
    pub stall_timeout_ms: Option<u32>,
    /// Between two requests, in milliseconds.
    pub idle_timeout_ms: Option<u32>,
}

/// A running server.
#[napi]
pub struct BindingServer {
    /// Gone once it is closed.
    server: Mutex<Option<Server>>,
    exports: Vec<Served>,
}

/// What JavaScript knows of an export.
struct Served {
    name: String,
    uri: String,
    size: u64,
    bitmaps: Vec<(String, Arc<DirtyBitmap>)>,
}

/// An export that is served.
#[napi(object, object_from_js = false)]
pub struct BindingServedExport {
    /// What clients ask for.
    pub name: String,
    /// What a client gives.
    pub uri: String,
    /// Bytes.
    pub size: i64,
    /// Names of the bitmaps.
    pub bitmaps: Vec<String>,
}

/// Starts to serve.
#[napi(ts_return_type = "Promise<BindingServer | BindingFailure>")]
pub fn serve(env: &Env, options: BindingServeOptions) -> Result<Object<'_>> {
    off_thread(env, "blockferry-serve", move || start(options))
}

type Outcome<T> = std::result::Result<T, BindingFailure>;

fn start(options: BindingServeOptions) -> Outcome<BindingServer> {
    let sockets = Inherited::of(options.sockets.as_deref().unwrap_or_default())?;
    let listen = options.listen.as_deref().map(parse_uri).transpose()?;
    let tls = credentials(&options, listen.as_ref())?;
    let listen = match listen {
        Some(uri) => Listen::At(uri.transport),
        None => Listen::On(sockets.copies()),
    };
    let mut server_options = ServerOptions::new(listen);
    server_options.tls = tls;
    let ms = |ms: u32| Duration::from_millis(ms.into());
    if let Some(most) = options.max_connections.and_then(|most| usize::try_from(most).ok()) {
        server_options.max_connections = most;
    }
    if let Some(timeout) = options.handshake_timeout_ms.map(ms) {
        server_options.handshake_timeout = timeout;
    }
    if let Some(timeout) = options.stall_timeout_ms.map(ms) {
        server_options.stall_timeout = timeout;
    }
    server_options.idle_timeout = options.idle_timeout_ms.map(ms);
    server_options.framing = parse_framing(options.replies.as_deref());
    let (configs, mut exports): (Vec<_>, Vec<_>) =
        options.exports.into_iter().map(open_export).collect::<Outcome<Vec<_>>>()?.into_iter().unzip();
    let server = Server::start(&server_options, configs)?;
    sockets.close();
    for export in &mut exports {
        export.uri = server.uri(&export.name).to_string();
    }
    Ok(BindingServer { server: Mutex::new(Some(server)), exports })
}

/// What the options say of TLS or, where they say nothing, the URI that it listens on.
fn credentials(options: &BindingServeOptions, listen: Option<&NbdUri>) -> Outcome<Option<TlsCredentials>> {
    let secure = listen.filter(|uri| uri.tls);
    let named = secure.and_then(|uri| uri.tls_options.certificates.clone());
    let Some(directory) = options.tls_directory.clone().map(PathBuf::from).or(named) else {
        return match secure {
            Some(_) => Err(BindingFailure::invalid(
                "to serve with TLS takes certificates: name their folder, by the option or by tls-certificates",
            )),
            None => Ok(None),
        };
    };
    let verify_peer = options.tls_verify_peer.or(secure.and_then(|uri| uri.tls_options.verify_peer));
    Ok(Some(TlsCredentials { directory, verify_peer: verify_peer.unwrap_or(true) }))
}

fn open_export(options: BindingExportOptions) -> Outcome<(ExportConfig, Served)> {
    let device = open_device(&options)?;
    let size = check_size(device.size())?;
    let bitmaps = options.bitmaps.iter().map(|bitmap| {
        let made = DirtyBitmap::new(size, bitmap.granularity);
        let made = made.map_err(|error| BindingFailure::invalid(error.to_string()))?;
        Ok((bitmap.name.clone(), Arc::new(made)))
    });
    let bitmaps = bitmaps.collect::<Outcome<Vec<_>>>()?;
    let config = ExportConfig {
        name: options.name.clone(),
        description: options.description,
        device,
        rotational: options.rotational,
        read_only: options.read_only,
        bitmaps: bitmaps.clone(),
    };
    Ok((config, Served { name: options.name, uri: String::new(), size, bitmaps }))
}

fn open_device(options: &BindingExportOptions) -> Outcome<Arc<dyn Device>> {
    let Some(path) = &options.file else {
        let size = options.memory.map(from_js).unwrap_or_default();
        let device = MemoryDevice::new(size).map_err(|error| file_failure("memory", &error))?;
        return Ok(Arc::new(device));
    };
    let access = if options.read_only { Access::ReadOnly } else { Access::ReadWrite };
    let device = FileDevice::open(Path::new(path), access).map_err(|error| file_failure(path, &error))?;
    Ok(Arc::new(device))
}

#[napi]
impl BindingServer {
    /// What it serves, in the order given.
    #[napi(getter)]
    #[must_use]
    pub fn exports(&self) -> Vec<BindingServedExport> {
        let served = self.exports.iter().map(|export| BindingServedExport {
            name: export.name.clone(),
            uri: export.uri.clone(),
            size: to_js(export.size),
            bitmaps: export.bitmaps.iter().map(|(name, _)| name.clone()).collect(),
        });
        served.collect()
    }

    /// A bitmap, by its export's place and its own.
    #[napi]
    pub fn bitmap(&self, place: u32, index: u32) -> Result<BindingDirtyBitmap> {
        let export = usize::try_from(place).ok().and_then(|place| self.exports.get(place));
        let found = usize::try_from(index).ok().and_then(|index| export?.bitmaps.get(index));
        let (_, bitmap) = found.ok_or_else(|| napi::Error::from_reason("there is no such bitmap"))?;
        Ok(BindingDirtyBitmap { bitmap: Arc::clone(bitmap) })
    }

    /// Clients that are connected.
    #[napi(getter)]
    #[must_use]
    pub fn connections(&self) -> u32 {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.as_ref().and_then(|server| u32::try_from(server.connections()).ok()).unwrap_or_default()
    }

    /// Ends it.
    #[napi(ts_return_type = "Promise<BindingDone | BindingFailure>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        off_thread(env, "blockferry-close", move || {
            if let Some(server) = server {
                server.close()?;
            }
            Ok(BindingDone { done: true })
        })
    }
}
