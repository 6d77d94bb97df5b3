//! An export as source or destination.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use extent::Run;
use nbd_io::client::{ConnectOptions, Connection};
use nbd_io::{Export, NbdUri, Transport};

use super::block_status::BlockStatusMap;
use super::lane::NbdLane;
use super::shared::SharedConnection;
use crate::endpoint::{BASE_ALLOCATION, Endpoint, Lane, Limits, RunMap};
use crate::error::{CopyError, ErrorKind};
use crate::medium::Medium;

/// An NBD export. A lane is a connection.
///
/// Several lanes where the server says that its connections are coherent (multi-conn). A server may take no
/// more connections than the lanes are (qemu-nbd takes one by default), so a lane's connection also answers for
/// the map.
pub struct NbdEndpoint {
    uri: NbdUri,
    options: ConnectOptions,
    export: Export,
    medium: Medium,
    connections: Mutex<Connections>,
}

struct Connections {
    /// The first one, until something needs a connection.
    idle: Option<Connection>,
    /// The first lane's.
    first: Weak<SharedConnection>,
}

impl NbdEndpoint {
    /// Connects to the export.
    ///
    /// `options.contexts`: meta contexts besides `base:allocation` that will be asked for.
    pub fn open(uri: NbdUri, mut options: ConnectOptions) -> Result<Self, CopyError> {
        if !options.contexts.iter().any(|name| name == BASE_ALLOCATION) {
            options.contexts.push(BASE_ALLOCATION.to_owned());
        }
        let connection = Connection::connect(&uri, &options)?;
        let export = connection.export().clone();
        let medium = match &uri.transport {
            _ if !connection.can_pipe() => Medium::SecureSocket,
            Transport::Unix { .. } => Medium::UnixSocket,
            Transport::Tcp { .. } => Medium::TcpSocket { loopback: connection.is_local() },
        };
        let connections = Connections { idle: Some(connection), first: Weak::new() };
        Ok(Self { uri, options, export, medium, connections: Mutex::new(connections) })
    }

    /// The export as the server described it.
    #[must_use]
    pub fn export(&self) -> &Export {
        &self.export
    }

    /// The idle connection, or a new one of the same export.
    fn connect(&self) -> Result<Connection, CopyError> {
        if let Some(connection) = self.connections().idle.take() {
            return Ok(connection);
        }
        let connection = Connection::connect(&self.uri, &self.options)?;
        // The image behind the export may have been replaced in between.
        if connection.export().size == self.export.size {
            Ok(connection)
        } else {
            Err(CopyError::new(ErrorKind::Protocol))
        }
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint for NbdEndpoint {
    fn limits(&self) -> Limits {
        let export = &self.export;
        Limits {
            size: export.size,
            read_only: export.read_only,
            minimum_block: export.block_size.minimum,
            maximum_payload: export.block_size.maximum_payload,
            can_zero: export.can_zero,
            can_fast_zero: export.can_fast_zero,
            can_flush: export.can_flush,
            medium: self.medium,
            lanes: if export.can_multi_conn { usize::MAX } else { 1 },
        }
    }

    fn open_lane(&self) -> Result<Box<dyn Lane>, CopyError> {
        let connection = Arc::new(SharedConnection::new(self.connect()?));
        let mut connections = self.connections();
        if connections.first.strong_count() == 0 {
            connections.first = Arc::downgrade(&connection);
        }
        drop(connections);
        Ok(Box::new(NbdLane::new(connection)?))
    }

    fn open_map(&self, context: &str, range: Run) -> Result<Option<Box<dyn RunMap>>, CopyError> {
        if self.export.context(context).is_none() {
            return Ok(None);
        }
        let first = self.connections().first.upgrade();
        let map = match first {
            Some(connection) => BlockStatusMap::of_lane(connection, &self.export, context, range),
            None => BlockStatusMap::own(self.connect()?, context, range),
        };
        Ok(Some(Box::new(map)))
    }
}

/// The map of a server's dirty bitmap, on a connection of its own.
///
/// The answer of a server that does not have the bitmap is an error: nothing is known to be clean then.
pub(crate) fn dirty_map(
    uri: &NbdUri,
    context: &str,
    options: &ConnectOptions,
    size: u64,
) -> Result<Box<dyn RunMap>, CopyError> {
    let options = ConnectOptions { contexts: vec![context.to_owned()], ..options.clone() };
    let connection = Connection::connect(uri, &options)?;
    if connection.export().context(context).is_none() {
        return Err(CopyError::new(ErrorKind::ContextMissing));
    }
    if connection.export().size != size {
        return Err(CopyError::new(ErrorKind::MapSize));
    }
    Ok(Box::new(BlockStatusMap::own(connection, context, Run::new(0, size))))
}
