//! Room for payloads, used again and again.

use std::collections::VecDeque;

use block_device::Pipe;

/// The buffers of one worker.
///
/// Their memory, in flight or not, is never more than was in flight at once: the window bounds that.
#[derive(Default)]
pub(crate) struct BufferPool {
    /// Not in flight; the one that was used last at the end.
    free: VecDeque<Vec<u8>>,
    free_bytes: usize,
    used_bytes: usize,
    most_used_bytes: usize,
    pipes: Vec<Pipe>,
}

impl BufferPool {
    /// A buffer of `length` bytes with any contents, and of [`room_for`] so many.
    pub(crate) fn take(&mut self, length: usize) -> Vec<u8> {
        let room = length.next_power_of_two();
        let fitting = self.free.iter().rposition(|buffer| buffer.capacity() == room);
        let pooled = fitting.and_then(|at| self.free.remove(at)).inspect(|_| self.free_bytes -= room);
        self.used_bytes += room;
        self.most_used_bytes = self.most_used_bytes.max(self.used_bytes);
        self.drop_surplus();
        // Fresh memory is zeros already, and is not touched before it is used.
        let mut buffer = pooled.unwrap_or_else(|| vec![0; room]);
        buffer.resize(length, 0);
        buffer
    }

    /// A buffer of `length` zeros.
    pub(crate) fn take_zeros(&mut self, length: usize) -> Vec<u8> {
        let mut buffer = self.take(length);
        buffer.fill(0);
        buffer
    }

    /// Counts a buffer that was not taken here, and is to be given back here.
    pub(crate) fn adopt(&mut self, buffer: &Vec<u8>) {
        self.used_bytes += buffer.capacity();
        self.most_used_bytes = self.most_used_bytes.max(self.used_bytes);
        self.drop_surplus();
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
        let Some(buffer) = buffer else { return };
        self.used_bytes = self.used_bytes.saturating_sub(buffer.capacity());
        self.free_bytes += buffer.capacity();
        self.free.push_back(buffer);
        self.drop_surplus();
    }

    /// Frees buffers of sizes that are not asked for any more.
    fn drop_surplus(&mut self) {
        while self.free_bytes + self.used_bytes > self.most_used_bytes {
            let Some(oldest) = self.free.pop_front() else { return };
            self.free_bytes -= oldest.capacity();
        }
    }
}

/// Bytes of memory behind a buffer of `length` bytes: with few sizes, one that is free often fits.
pub(crate) fn room_for(length: u64) -> u64 {
    length.checked_next_power_of_two().unwrap_or(length)
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
    fn a_buffer_that_came_back_is_used_again_and_zeros_are_zeros() {
        let mut pool = BufferPool::default();
        let mut first = pool.take(10);
        first.fill(7);
        let address = first.as_ptr();
        pool.give_back(Some(first));
        let second = pool.take(15);
        assert_eq!((second.as_ptr(), second.len()), (address, 15));
        pool.give_back(Some(second));
        assert_eq!(pool.take_zeros(16), [0; 16]);
    }

    #[test]
    fn whatever_the_lengths_the_memory_is_what_was_in_flight_at_once() {
        let mut pool = BufferPool::default();
        let window = 64 << 10;
        let mut in_flight: VecDeque<Vec<u8>> = VecDeque::new();
        for step in 0..1000_usize {
            let length = 1 + (step * 7919) % (16 << 10);
            let claimed = |in_flight: &VecDeque<Vec<u8>>| {
                in_flight.iter().map(|buffer| room_for(buffer.len() as u64)).sum::<u64>()
            };
            while claimed(&in_flight) + room_for(length as u64) > window {
                pool.give_back(in_flight.pop_front());
            }
            in_flight.push_back(pool.take(length));
            let held: usize = in_flight.iter().chain(&pool.free).map(Vec::capacity).sum();
            assert!(held as u64 <= window, "{held}");
        }
    }
}
