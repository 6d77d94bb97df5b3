//! Descriptors that this process was started with, as JavaScript names them: by number.

use std::collections::HashSet;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use crate::failure::BindingFailure;

/// Descriptors that are somebody's to hand over, and ours once they are [closed](Self::close).
pub(crate) struct Inherited {
    numbers: Vec<RawFd>,
    copies: Arc<[OwnedFd]>,
}

impl Inherited {
    /// Copies them, not to be inherited any further. Refuses numbers that are none of a descriptor, or come twice.
    pub(crate) fn of(numbers: &[RawFd]) -> Result<Self, BindingFailure> {
        let distinct: HashSet<&RawFd> = numbers.iter().collect();
        if distinct.len() < numbers.len() {
            return Err(BindingFailure::invalid("a descriptor is named twice"));
        }
        let copies = numbers.iter().map(|&number| {
            copy(number).map_err(|error| {
                BindingFailure::invalid(format!("there is no descriptor {number} to listen on: {error}"))
            })
        });
        Ok(Self { numbers: numbers.to_vec(), copies: copies.collect::<Result<_, _>>()? })
    }

    pub(crate) fn copies(&self) -> Arc<[OwnedFd]> {
        Arc::clone(&self.copies)
    }

    /// Closes the originals: whoever takes the copies over decides how long there is a socket.
    pub(crate) fn close(self) {
        for number in self.numbers {
            #[expect(unsafe_code, reason = "a descriptor that is inherited has no owner in this process")]
            // SAFETY: `of` has seen it open, and the caller has handed it over: nobody else closes it.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
    }
}

fn copy(number: RawFd) -> std::io::Result<OwnedFd> {
    if number < 0 {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    #[expect(unsafe_code, reason = "a descriptor that is inherited is known by its number only")]
    // SAFETY: it is no -1, and it is used for the one call below, which fails if it is not open.
    let inherited = unsafe { BorrowedFd::borrow_raw(number) };
    inherited.as_fd().try_clone_to_owned()
}
