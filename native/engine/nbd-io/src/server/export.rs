//! An export: a device, how it is offered, and what is recorded of its writes.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use block_device::{Device, Pipe, ZeroMode};
use extent::{DirtyBitmap, Run};
use nbd_proto::errno::NbdErrno;
use nbd_proto::export::BlockSize;
use nbd_proto::server::Offer;
use nbd_proto::wire::{
    BASE_ALLOCATION, NBD_DEFAULT_MAX_PAYLOAD, NBD_FLAG_CAN_MULTI_CONN, NBD_FLAG_READ_ONLY,
    NBD_FLAG_ROTATIONAL, NBD_FLAG_SEND_CACHE, NBD_FLAG_SEND_FAST_ZERO, NBD_FLAG_SEND_FLUSH,
    NBD_FLAG_SEND_FUA, NBD_FLAG_SEND_TRIM, NBD_FLAG_SEND_WRITE_ZEROES, QEMU_DIRTY_BITMAP,
};

use super::ExportConfig;
use crate::error::{ErrorKind, NbdError};

/// A device that is served.
pub(super) struct ServedExport {
    pub(super) device: Arc<dyn Device>,
    pub(super) read_only: bool,
    bitmaps: Vec<Arc<DirtyBitmap>>,
}

/// Where a metadata context's status comes from.
pub(super) enum ContextSource<'a> {
    Allocation,
    Dirty(&'a DirtyBitmap),
}

impl ServedExport {
    /// The export and how it is offered.
    ///
    /// Fails where a name cannot be sent, where two bitmaps have one name, and where a bitmap is of another size
    /// than the device: it would miss writes.
    pub(super) fn new(config: ExportConfig, multi_conn: bool) -> Result<(Self, Offer), NbdError> {
        let ExportConfig { name, description, device, rotational, read_only, bitmaps } = config;
        let invalid = || NbdError::new(ErrorKind::InvalidRequest, OPERATION);
        if bitmaps.iter().any(|(_, bitmap)| bitmap.size() != device.size()) {
            return Err(invalid().caused_by("a dirty bitmap is not of its device's size"));
        }
        let names: HashSet<&String> = bitmaps.iter().map(|(name, _)| name).collect();
        if names.len() != bitmaps.len() {
            return Err(invalid().caused_by("two dirty bitmaps of an export have the same name"));
        }
        let read_only = read_only || device.is_read_only();
        let mut flags = NBD_FLAG_SEND_FLUSH | NBD_FLAG_SEND_FUA | NBD_FLAG_SEND_CACHE;
        flags |= if read_only {
            NBD_FLAG_READ_ONLY
        } else {
            NBD_FLAG_SEND_TRIM | NBD_FLAG_SEND_WRITE_ZEROES | NBD_FLAG_SEND_FAST_ZERO
        };
        if rotational {
            flags |= NBD_FLAG_ROTATIONAL;
        }
        if multi_conn {
            flags |= NBD_FLAG_CAN_MULTI_CONN;
        }
        let mut contexts = vec![BASE_ALLOCATION.to_owned()];
        contexts.extend(bitmaps.iter().map(|(name, _)| format!("{QEMU_DIRTY_BITMAP}{name}")));
        let offer = Offer::new(name, description, device.size(), flags, BLOCK_SIZE, contexts);
        let offer = offer.map_err(|error| NbdError::limit(OPERATION, error))?;
        let bitmaps = bitmaps.into_iter().map(|(_, bitmap)| bitmap).collect();
        Ok((Self { device, read_only, bitmaps }, offer))
    }

    /// The source of the offer's context of this number.
    pub(super) fn context(&self, index: usize) -> Option<ContextSource<'_>> {
        match index.checked_sub(1) {
            None => Some(ContextSource::Allocation),
            Some(bitmap) => self.bitmaps.get(bitmap).map(|bitmap| ContextSource::Dirty(bitmap)),
        }
    }

    pub(super) fn write(&self, data: &[u8], offset: u64) -> Result<(), NbdErrno> {
        self.change(Run::new(offset, data.len() as u64), || self.device.write_at(data, offset))
    }

    /// Writes what the pipe holds; `Ok(false)` where the device takes no pages, and all is as it was.
    pub(super) fn write_pages(&self, pages: &mut Pipe, offset: u64) -> Result<bool, NbdErrno> {
        let run = Run::new(offset, pages.held() as u64);
        self.change(run, || self.device.write_from_pipe(pages, offset))
    }

    pub(super) fn zero(&self, run: Run, mode: ZeroMode) -> Result<(), NbdErrno> {
        self.change(run, || self.device.zero(run, mode))
    }

    pub(super) fn trim(&self, run: Run) -> Result<(), NbdErrno> {
        self.change(run, || self.device.trim(run))
    }

    pub(super) fn flush(&self) -> Result<(), NbdErrno> {
        self.device.flush().map_err(|error| errno(&error))
    }

    /// Changes the device, then records it: also when the change failed, since a part of it may be there.
    fn change<T>(&self, run: Run, change: impl FnOnce() -> io::Result<T>) -> Result<T, NbdErrno> {
        let changed = change();
        for bitmap in &self.bitmaps {
            bitmap.mark(run);
        }
        changed.map_err(|error| errno(&error))
    }
}

/// What a failed device call is to a client.
pub(super) fn errno(error: &io::Error) -> NbdErrno {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => NbdErrno::Eperm,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            NbdErrno::Enospc
        }
        io::ErrorKind::InvalidInput => NbdErrno::Einval,
        io::ErrorKind::OutOfMemory => NbdErrno::Enomem,
        io::ErrorKind::Unsupported => NbdErrno::Enotsup,
        _ => NbdErrno::Eio,
    }
}

/// What fails where an export cannot be served.
pub(super) const OPERATION: &str = "serve";

/// Any request size works; 4096 works best.
const BLOCK_SIZE: BlockSize =
    BlockSize { minimum: 1, preferred: 4096, maximum_payload: NBD_DEFAULT_MAX_PAYLOAD, advertised: true };
