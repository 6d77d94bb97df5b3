//! Answering reads.

use std::io::{self, IoSlice};

use block_device::Device;
use extent::{Extent, Run};
use nbd_proto::server::ReplyEncoder;

use super::export::errno;
use super::output::Output;

/// So much is read, and held in memory, at a time.
pub(super) const PIECE: usize = 1 << 20;

/// Answers a read with one piece of data behind one header: a simple reply, or one chunk.
///
/// A read that does not fit into the buffer is read twice: the header promises all of it, and after that there is
/// no way to tell of a bad block but to hang up.
pub(super) fn read_whole(
    device: &dyn Device,
    run: Run,
    reply: ReplyEncoder,
    output: Output<'_>,
    buffer: &mut Vec<u8>,
) -> io::Result<()> {
    let mut header = Vec::new();
    let mut probe = pieces(run).skip(1).chain(pieces(run).take(1));
    if let Err(error) = probe.try_for_each(|piece| device.read_at(room(buffer, piece.length), piece.offset)) {
        reply.failed(errno(&error), &mut header);
        return output.send(&mut [IoSlice::new(&header)]);
    }
    reply.data_header(run, true, &mut header);
    // The first piece came last.
    for (index, piece) in pieces(run).enumerate() {
        let data = room(buffer, piece.length);
        if index > 0 {
            device.read_at(data, piece.offset)?;
        }
        output.send(&mut [IoSlice::new(&header), IoSlice::new(data)])?;
        header.clear();
    }
    Ok(())
}

/// Answers a read in chunks: data, and holes where the device knows that it is zero.
pub(super) fn read_chunks(
    device: &dyn Device,
    run: Run,
    reply: ReplyEncoder,
    output: Output<'_>,
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
                return output.send(&mut [IoSlice::new(&header)]);
            }
            reply.data_header(part.run, is_last, &mut header);
            output.send(&mut [IoSlice::new(&header), IoSlice::new(data)])?;
            header.clear();
        }
    }
    output.send(&mut [IoSlice::new(&header)])
}

/// The run in pieces that fit into the buffer.
fn pieces(run: Run) -> impl Iterator<Item = Run> {
    let offsets = (run.offset..run.end()).step_by(PIECE);
    offsets.map(move |offset| Run::new(offset, (run.end() - offset).min(PIECE as u64)))
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
