//! How much of one lane pair may be in flight.

use std::cell::Cell;
use std::rc::Rc;

/// Two limits, requests and bytes; a claim takes of both and gives back when it is dropped.
pub(crate) struct Window {
    requests: usize,
    bytes: u64,
    used: Rc<Used>,
}

#[derive(Default)]
struct Used {
    requests: Cell<usize>,
    bytes: Cell<u64>,
}

impl Window {
    pub(crate) fn new(requests: usize, bytes: u64) -> Self {
        Self { requests, bytes, used: Rc::default() }
    }

    /// Whether there is no room for a request, however small.
    pub(crate) fn is_full(&self) -> bool {
        self.used.requests.get() >= self.requests
    }

    /// One request of `bytes`, if both limits allow it.
    pub(crate) fn claim(&self, bytes: u64) -> Option<Claim> {
        let requests = self.used.requests.get() + 1;
        let total = self.used.bytes.get().checked_add(bytes)?;
        (requests <= self.requests && total <= self.bytes).then(|| {
            self.used.requests.set(requests);
            self.used.bytes.set(total);
            Claim { bytes, used: Rc::clone(&self.used) }
        })
    }
}

/// A place in the window.
pub(crate) struct Claim {
    bytes: u64,
    used: Rc<Used>,
}

impl Claim {
    /// Gives the bytes back and keeps the request.
    pub(crate) fn release_bytes(&mut self) {
        self.used.bytes.set(self.used.bytes.get() - self.bytes);
        self.bytes = 0;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.release_bytes();
        self.used.requests.set(self.used.requests.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_given_back_when_it_is_dropped() {
        let window = Window::new(2, 100);
        let first = window.claim(60).unwrap();
        assert!(window.claim(41).is_none());
        let mut second = window.claim(40).unwrap();
        assert!(window.claim(0).is_none(), "a third request");
        second.release_bytes();
        drop(first);
        let _third = window.claim(100).unwrap();
        assert!(window.claim(0).is_none(), "the second request still counts");
        drop(second);
        assert!(window.claim(0).is_some());
        assert!(window.claim(u64::MAX).is_none());
    }
}
