//! The errors of both crates; those of a copy without their details.

pub(crate) use crate::bitmap_error::BitmapError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    Internal,
    Cancelled,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CopyError {
    kind: ErrorKind,
    side: Option<Side>,
}

impl CopyError {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self { kind, side: None }
    }

    pub(crate) fn of(self, side: Side) -> Self {
        Self { side: Some(side), ..self }
    }
}
