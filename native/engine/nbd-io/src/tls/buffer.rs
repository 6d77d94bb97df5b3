//! Bytes on their way: a queue of bounded size, and buffers in pieces.

use std::io::{IoSlice, IoSliceMut};
use std::ops::Range;

/// Bytes in the order in which they came, in memory of fixed size that is taken with the first of them.
pub(super) struct ByteQueue {
    buffer: Box<[u8]>,
    filled: Range<usize>,
    capacity: usize,
}

impl ByteQueue {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { buffer: Box::default(), filled: 0..0, capacity }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.filled.clone()).unwrap_or_default()
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.filled.clone()).unwrap_or_default()
    }

    /// Drops the first `count` bytes.
    pub(super) fn consume(&mut self, count: usize) {
        self.filled.start = self.filled.end.min(self.filled.start + count);
        if self.filled.is_empty() {
            self.filled = 0..0;
        }
    }

    /// How much more fits.
    pub(super) fn room(&self) -> usize {
        self.capacity - self.filled.len()
    }

    /// All of the room, in one piece: what is there is moved to the front.
    pub(super) fn spare(&mut self) -> &mut [u8] {
        if self.buffer.is_empty() {
            self.buffer = vec![0; self.capacity].into_boxed_slice();
        }
        if self.filled.start > 0 {
            self.buffer.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
        }
        self.buffer.get_mut(self.filled.end..).unwrap_or_default()
    }

    /// Says that `count` bytes of [`spare`](Self::spare) were filled.
    pub(super) fn advance(&mut self, count: usize) {
        self.filled.end = self.buffer.len().min(self.filled.end + count);
    }

    /// Appends, if there is room for all of it.
    pub(super) fn push(&mut self, data: &[u8]) -> bool {
        if data.is_empty() {
            return true;
        }
        let fits = data.len() <= self.room();
        if fits {
            let count = copy(data, self.spare());
            self.advance(count);
        }
        fits
    }
}

/// Buffers that are filled one after the other.
pub(super) struct Scatter<'a, 'b> {
    buffers: &'a mut [IoSliceMut<'b>],
    /// Bytes of the first buffer that are filled.
    position: usize,
    count: usize,
}

impl<'a, 'b> Scatter<'a, 'b> {
    pub(super) fn new(buffers: &'a mut [IoSliceMut<'b>]) -> Self {
        Self { buffers, position: 0, count: 0 }
    }

    /// No buffer: full from the start.
    pub(super) fn none() -> Self {
        Self::new(&mut [])
    }

    /// Takes as much as fits, and says how much.
    pub(super) fn put(&mut self, data: &[u8]) -> usize {
        let mut rest = data;
        while let Some(buffer) = self.buffers.first_mut().filter(|_| !rest.is_empty()) {
            let room = buffer.get_mut(self.position..).unwrap_or_default();
            let taken = copy(rest, room);
            rest = rest.get(taken..).unwrap_or_default();
            self.position += taken;
            if self.position >= buffer.len() {
                self.next_buffer();
            }
        }
        let taken = data.len() - rest.len();
        self.count += taken;
        taken
    }

    pub(super) fn is_full(&mut self) -> bool {
        while self.buffers.first().is_some_and(|buffer| self.position >= buffer.len()) {
            self.next_buffer();
        }
        self.buffers.is_empty()
    }

    /// Bytes that were put.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    fn next_buffer(&mut self) {
        self.buffers = std::mem::take(&mut self.buffers).get_mut(1..).unwrap_or_default();
        self.position = 0;
    }
}

/// The next data behind the first `skip` bytes of the buffers: whole records from where they are, at most `limit`
/// bytes; else up to a record of the pieces, put together in `record`.
pub(super) fn gather<'a>(
    buffers: &'a [IoSlice<'_>],
    skip: usize,
    record_size: usize,
    limit: usize,
    record: &'a mut Vec<u8>,
) -> &'a [u8] {
    record.clear();
    let mut skip = skip;
    for buffer in buffers {
        let Some(data) = buffer.get(skip..) else {
            skip -= buffer.len();
            continue;
        };
        skip = 0;
        if record.is_empty() && data.len() >= record_size {
            let whole = data.len().min(limit);
            return data.get(..whole - whole % record_size).unwrap_or_default();
        }
        let missing = record_size - record.len();
        record.extend_from_slice(data.get(..data.len().min(missing)).unwrap_or_default());
        if record.len() == record_size {
            break;
        }
    }
    record
}

/// Copies as much as fits.
fn copy(from: &[u8], into: &mut [u8]) -> usize {
    let count = from.len().min(into.len());
    if let (Some((from, _)), Some((into, _))) =
        (from.split_at_checked(count), into.split_at_mut_checked(count))
    {
        into.copy_from_slice(from);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_records_and_long_ones_stay_where_they_are() {
        let (header, payload, tail) = ([1; 3], [2; 29], [3; 4]);
        let buffers = [IoSlice::new(&header), IoSlice::new(&payload), IoSlice::new(&[]), IoSlice::new(&tail)];
        let mut all = Vec::new();
        let mut lengths = Vec::new();
        let mut record = Vec::new();
        loop {
            let data = gather(&buffers, all.len(), 8, 16, &mut record);
            if data.is_empty() {
                break;
            }
            lengths.push(data.len());
            all.extend_from_slice(data);
        }
        assert_eq!(lengths, [8, 16, 8, 4]);
        assert_eq!(all, [&header[..], &payload, &tail].concat());
    }

    #[test]
    fn buffers_are_filled_one_after_the_other() {
        let (mut first, mut second, mut third) = ([0; 2], [0; 0], [0; 3]);
        let mut buffers =
            [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second), IoSliceMut::new(&mut third)];
        let mut into = Scatter::new(&mut buffers);
        assert_eq!((into.put(&[1]), into.put(&[2, 3]), into.is_full()), (1, 2, false));
        assert_eq!((into.put(&[4, 5, 6]), into.is_full(), into.put(&[7]), into.count()), (2, true, 0, 5));
        assert_eq!((first, third), ([1, 2], [3, 4, 5]));
    }

    #[test]
    fn a_queue_keeps_order_and_size() {
        let mut queue = ByteQueue::with_capacity(4);
        assert!(queue.push(&[1, 2, 3]));
        queue.consume(2);
        assert_eq!((queue.room(), queue.spare().len()), (3, 3));
        assert!(!queue.push(&[4, 5, 6, 7]), "it does not fit");
        assert!(queue.push(&[4, 5, 6]));
        assert_eq!((queue.bytes(), queue.room()), (&[3, 4, 5, 6][..], 0));
        queue.consume(9);
        assert_eq!((queue.bytes(), queue.room()), (&[][..], 4));
    }
}
