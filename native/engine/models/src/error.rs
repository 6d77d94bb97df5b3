//! The errors of both crates; those of a copy without their details.

pub(crate) use crate::bitmap_error::BitmapError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    Internal,
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CopyError(ErrorKind);

impl CopyError {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(kind)
    }

    pub(crate) fn of(self, side: Side) -> Self {
        match side {}
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.0
    }
}
