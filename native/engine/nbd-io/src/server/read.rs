//! Answering reads.

use std::io::{self, IoSlice};

use block_device::Device;
use extent::{Extent, Run};
use nbd_proto::server::ReplyEncoder;

use super::export::errno;
use crate::transport::Socket;

/// So much is read, and held in memory, at a time, unless the client wants it in one piece.
pub(super) const PIECE: usize = 1 << 20;

/// Answers a read with one piece of data behind one header: a simple reply, or one chunk.
pub(super) fn read_whole(
    device: &dyn Device,
    run: Run,
    reply: ReplyEncoder,
    socket: &Socket,
    buffer: &mut Vec<u8>,
) -> io::Result<()> {
    let data = room(buffer, run.length);
    let mut header = Vec::new();
    match device.read_at(data, run.offset) {
        Ok(()) => reply.data_header(run, true, &mut header),
        Err(error) => {
            reply.failed(errno(&error), &mut header);
            return socket.send_all(&mut [IoSlice::new(&header)], None);
        }
    }
    let sent = socket.send_all(&mut [IoSlice::new(&header), IoSlice::new(data)], None);
    // One large request must not keep its memory for the connection's life.
    buffer.truncate(PIECE);
    buffer.shrink_to(PIECE);
    sent
}

/// Answers a read in chunks: data, and holes where the device knows that it is zero.
pub(super) fn read_chunks(
    device: &dyn Device,
    run: Run,
    reply: ReplyEncoder,
    socket: &Socket,
    buffer: &mut Vec<u8>,
) -> io::Result<()> {
    let mut position = run.offset;
    let mut header = Vec::new();
    while position < run.end() {
        let piece = Run::new(position, (run.end() - position).min(PIECE as u64));
        for part in parts(device, piece) {
            position = part.run.end();
            let is_last = position == run.end();
            if part.zero {
                // Leaves with the next data, or at the end.
                reply.hole(part.run, is_last, &mut header);
                continue;
            }
            let data = room(buffer, part.run.length);
            if let Err(error) = device.read_at(data, part.run.offset) {
                reply.failed(errno(&error), &mut header);
                return socket.send_all(&mut [IoSlice::new(&header)], None);
            }
            reply.data_header(part.run, is_last, &mut header);
            socket.send_all(&mut [IoSlice::new(&header), IoSlice::new(data)], None)?;
            header.clear();
        }
    }
    socket.send_all(&mut [IoSlice::new(&header)], None)
}

/// Consecutive parts that make up `piece`, zero or not. What is not known is data.
fn parts(device: &dyn Device, piece: Run) -> Vec<Extent> {
    let mut parts = device.extents(piece, MAX_PARTS).unwrap_or_default();
    let known = parts.last().map_or(piece.offset, |last| last.run.end());
    if known < piece.end() {
        let rest = Run::new(known, piece.end() - known);
        parts.push(Extent { run: rest, hole: false, zero: false });
    }
    parts
}

/// The first `length` bytes of a buffer that grows as needed.
pub(super) fn room(buffer: &mut Vec<u8>, length: u64) -> &mut [u8] {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    buffer.get_mut(..length).unwrap_or_default()
}

/// In a badly fragmented piece the tail goes as data: fewer, larger chunks.
const MAX_PARTS: usize = 16;
