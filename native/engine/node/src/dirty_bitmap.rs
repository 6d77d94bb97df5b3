//! Dirty bitmaps and their snapshots.

use std::sync::Arc;

use extent::{BitmapError, DirtyBitmap, DirtySnapshot, Run};
use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result, Status};
use napi_derive::napi;

use crate::number::{from_js, to_js};

/// A run of dirty bytes.
#[napi(object, object_from_js = false)]
pub struct BindingRun {
    /// First byte.
    pub offset: i64,
    /// Bytes.
    pub length: i64,
}

/// A bitmap that records.
#[napi]
pub struct BindingDirtyBitmap {
    pub(crate) bitmap: Arc<DirtyBitmap>,
}

#[napi]
impl BindingDirtyBitmap {
    /// A clean one.
    #[napi(constructor)]
    pub fn new(size: i64, granularity: u32) -> Result<Self> {
        let bitmap = DirtyBitmap::new(from_js(size), granularity).map_err(invalid)?;
        Ok(Self { bitmap: Arc::new(bitmap) })
    }

    /// A snapshot out of its serialised form.
    #[napi]
    pub fn deserialize(bytes: Uint8Array) -> Result<BindingDirtySnapshot> {
        DirtySnapshot::from_bytes(&bytes).map(BindingDirtySnapshot::from).map_err(invalid)
    }

    /// Bytes of the device.
    #[napi(getter)]
    #[must_use]
    pub fn size(&self) -> i64 {
        to_js(self.bitmap.size())
    }

    /// Bytes a bit.
    #[napi(getter)]
    #[must_use]
    pub fn granularity(&self) -> u32 {
        self.bitmap.granularity()
    }

    /// Marks a range.
    #[napi]
    pub fn mark(&self, offset: i64, length: i64) {
        self.bitmap.mark(Run::new(from_js(offset), from_js(length)));
    }

    /// Takes all marks.
    #[napi]
    #[must_use]
    pub fn rotate(&self) -> BindingDirtySnapshot {
        self.bitmap.rotate().into()
    }

    /// Copies all marks.
    #[napi]
    #[must_use]
    pub fn snapshot(&self) -> BindingDirtySnapshot {
        self.bitmap.snapshot().into()
    }

    /// Marks what a snapshot marks.
    #[napi]
    pub fn merge(&self, snapshot: &BindingDirtySnapshot) -> Result<()> {
        self.bitmap.merge(&snapshot.snapshot).map_err(invalid)
    }

    /// Dirty bytes.
    #[napi]
    #[must_use]
    pub fn count(&self) -> i64 {
        to_js(self.bitmap.count())
    }
}

/// Marks of one moment.
#[napi]
pub struct BindingDirtySnapshot {
    snapshot: DirtySnapshot,
}

impl From<DirtySnapshot> for BindingDirtySnapshot {
    fn from(snapshot: DirtySnapshot) -> Self {
        Self { snapshot }
    }
}

#[napi]
impl BindingDirtySnapshot {
    /// Bytes of the device.
    #[napi(getter)]
    #[must_use]
    pub fn size(&self) -> i64 {
        to_js(self.snapshot.size())
    }

    /// Dirty bytes.
    #[napi]
    #[must_use]
    pub fn count(&self) -> i64 {
        to_js(self.snapshot.count())
    }

    /// The runs from an offset on, at most `limit`.
    #[napi]
    #[must_use]
    pub fn runs(&self, from: i64, limit: u32) -> Vec<BindingRun> {
        self.snapshot
            .runs_from(from_js(from))
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .map(|run| BindingRun { offset: to_js(run.offset), length: to_js(run.length) })
            .collect()
    }

    /// A compact form.
    #[napi]
    #[must_use]
    pub fn serialize(&self) -> Uint8Array {
        self.snapshot.to_bytes().into()
    }
}

fn invalid(error: BitmapError) -> Error {
    Error::new(Status::InvalidArg, error.to_string())
}
