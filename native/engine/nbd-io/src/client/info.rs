//! What a server tells of its exports.

use nbd_proto::client::{Handshake, Outcome};
use nbd_proto::export::Export;
use nbd_proto::uri::NbdUri;

use super::negotiate::negotiate;
use super::{ConnectOptions, Connection};
use crate::error::{ErrorKind, NbdError};

/// Describes the URI's export, with all metadata contexts that it has.
///
/// A server that cannot describe without connecting (no `NBD_OPT_INFO`) is connected to; of its contexts
/// only those of `options.contexts` are then known.
pub fn info(uri: &NbdUri, options: &ConnectOptions) -> Result<Export, NbdError> {
    let handshake = Handshake::inspect(&uri.export).map_err(|error| NbdError::limit("handshake", error))?;
    match negotiate(uri, handshake, options) {
        Ok((_, Outcome::Inspected(export))) => Ok(export),
        Ok(_) => Err(NbdError::new(ErrorKind::Protocol, "info")),
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            let connection = Connection::connect(uri, options)?;
            let export = connection.export().clone();
            connection.disconnect();
            Ok(export)
        }
        Err(error) => Err(error),
    }
}

/// Lists the server's exports, each described as by [`info`]. The URI's export does not matter.
///
/// Each export is asked for on a connection of its own; one that vanishes meanwhile is left out.
pub fn list(uri: &NbdUri, options: &ConnectOptions) -> Result<Vec<Export>, NbdError> {
    let (_, Outcome::Listed(listed)) = negotiate(uri, Handshake::list(), options)? else {
        return Err(NbdError::new(ErrorKind::Protocol, "list"));
    };
    let mut exports = Vec::new();
    for entry in listed {
        match info(&NbdUri { export: entry.name, ..uri.clone() }, options) {
            Ok(mut export) => {
                export.description = export.description.or(entry.description);
                exports.push(export);
            }
            Err(error) if error.kind() == ErrorKind::ExportNotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(exports)
}
