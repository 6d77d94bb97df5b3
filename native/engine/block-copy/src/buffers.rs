//! Room for payloads, used again and again.

use block_device::Pipe;

/// The buffers of one worker that are not in flight.
#[derive(Default)]
pub(crate) struct BufferPool {
    free: Vec<Vec<u8>>,
    /// Apart: their contents are zeros, and stay so since they are only written from.
    zeros: Vec<Vec<u8>>,
    pipes: Vec<Pipe>,
}

impl BufferPool {
    /// A buffer of `length` bytes with any contents.
    pub(crate) fn take(&mut self, length: usize) -> Vec<u8> {
        let mut buffer = self.free.pop().unwrap_or_default();
        buffer.resize(length, 0);
        buffer
    }

    /// A buffer of `length` zeros.
    pub(crate) fn take_zeros(&mut self, length: usize) -> Vec<u8> {
        let mut buffer = self.zeros.pop().unwrap_or_default();
        buffer.resize(length, 0);
        buffer
    }

    /// An empty pipe with room for `length` bytes; `None` where this user has no more pages for pipes.
    pub(crate) fn take_pipe(&mut self, length: usize) -> Option<Pipe> {
        // Payloads begin and end within pages, and so may their parts.
        let capacity = length.saturating_mul(2);
        let pooled = self.pipes.pop().filter(|pipe| pipe.capacity() >= capacity);
        pooled.or_else(|| Pipe::new(capacity).ok())
    }

    pub(crate) fn give_back_pipe(&mut self, pipe: Option<Pipe>) {
        // After a failure there may be something in it.
        self.pipes.extend(pipe.filter(|pipe| pipe.held() == 0));
    }

    pub(crate) fn give_back(&mut self, buffer: Option<Vec<u8>>) {
        self.free.extend(buffer);
    }

    pub(crate) fn give_back_zeros(&mut self, buffer: Option<Vec<u8>>) {
        self.zeros.extend(buffer);
    }
}

/// Whether all bytes are zero.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    // Data mostly differs at once; zeros are compared in pieces that the compiler makes vectors of.
    let (chunks, rest) = bytes.as_chunks::<64>();
    chunks.iter().all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) == 0)
        && rest.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_anywhere_is_not_zero() {
        for length in [1, 63, 64, 65, 200] {
            assert!(is_zero(&vec![0; length]));
            for at in 0..length {
                let mut bytes = vec![0; length];
                bytes[at] = 1;
                assert!(!is_zero(&bytes), "{at} of {length}");
            }
        }
    }

    #[test]
    fn used_buffers_come_back_in_any_length_and_zeros_stay_zeros() {
        let mut pool = BufferPool::default();
        pool.give_back(Some(vec![7; 10]));
        assert_eq!(pool.take(20).len(), 20);
        pool.give_back_zeros(Some(vec![0; 10]));
        assert_eq!(pool.take_zeros(20), [0; 20]);
    }
}
