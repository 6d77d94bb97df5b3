//! Serving a file, a block device or memory.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use block_device::{Access, Device, FileDevice, MemoryDevice};
use extent::DirtyBitmap;
use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;
use nbd_io::server::{ExportConfig, Server, ServerOptions};

use crate::connection::BindingDone;
use crate::dirty_bitmap::BindingDirtyBitmap;
use crate::endpoint::{file_failure, parse_framing, parse_uri};
use crate::failure::BindingFailure;
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

/// What to serve, and where.
#[napi(object, object_to_js = false)]
pub struct BindingServeOptions {
    /// A path; else `memory` is given.
    pub file: Option<String>,
    /// Bytes.
    pub memory: Option<i64>,
    /// An NBD URI without an export.
    pub listen: String,
    /// The export's name.
    pub export_name: String,
    /// For humans.
    pub description: String,
    /// Tell clients that the medium rotates.
    pub rotational: bool,
    /// Refuse writes.
    pub read_only: bool,
    /// The newest form of replies to offer.
    pub replies: Option<String>,
    /// Dirty bitmaps.
    pub bitmaps: Vec<BindingBitmapOptions>,
    /// Clients at a time.
    pub max_connections: Option<u32>,
}

/// A server of one export.
#[napi]
pub struct BindingServer {
    /// Gone once it is closed.
    server: Mutex<Option<Server>>,
    uri: String,
    size: u64,
    bitmaps: Vec<(String, Arc<DirtyBitmap>)>,
}

/// Starts to serve.
#[napi(ts_return_type = "Promise<BindingServer | BindingFailure>")]
pub fn serve(env: &Env, options: BindingServeOptions) -> Result<Object<'_>> {
    off_thread(env, "blockferry-serve", move || start(options))
}

fn start(options: BindingServeOptions) -> std::result::Result<BindingServer, BindingFailure> {
    let listen = parse_uri(&options.listen)?;
    if listen.tls {
        return Err(BindingFailure::new("NBD_UNSUPPORTED", "serving with TLS is not built yet"));
    }
    let device = open_device(&options)?;
    let size = check_size(device.size())?;
    let bitmaps = options
        .bitmaps
        .iter()
        .map(|bitmap| {
            let made = DirtyBitmap::new(size, bitmap.granularity);
            let made = made.map_err(|error| BindingFailure::invalid(error.to_string()))?;
            Ok((bitmap.name.clone(), Arc::new(made)))
        })
        .collect::<std::result::Result<Vec<_>, BindingFailure>>()?;
    let export = ExportConfig {
        name: options.export_name.clone(),
        description: options.description,
        device,
        rotational: options.rotational,
        read_only: options.read_only,
        bitmaps: bitmaps.clone(),
    };
    let mut server_options = ServerOptions::new(listen.transport);
    server_options.framing = parse_framing(options.replies.as_deref());
    if let Some(most) = options.max_connections.and_then(|most| usize::try_from(most).ok()) {
        server_options.max_connections = most;
    }
    let server = Server::start(&server_options, vec![export])?;
    let uri = server.uri(&options.export_name).to_string();
    Ok(BindingServer { server: Mutex::new(Some(server)), uri, size, bitmaps })
}

fn open_device(options: &BindingServeOptions) -> std::result::Result<Arc<dyn Device>, BindingFailure> {
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
    /// What a client gives.
    #[napi(getter)]
    #[must_use]
    pub fn uri(&self) -> String {
        self.uri.clone()
    }

    /// Bytes.
    #[napi(getter)]
    #[must_use]
    pub fn size(&self) -> i64 {
        to_js(self.size)
    }

    /// Names of the bitmaps.
    #[napi(getter)]
    #[must_use]
    pub fn bitmap_names(&self) -> Vec<String> {
        self.bitmaps.iter().map(|(name, _)| name.clone()).collect()
    }

    /// A bitmap, by its place among the names.
    #[napi]
    pub fn bitmap(&self, index: u32) -> Result<BindingDirtyBitmap> {
        let found = usize::try_from(index).ok().and_then(|index| self.bitmaps.get(index));
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
