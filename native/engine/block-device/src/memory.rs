//! A device in memory.

use std::fs::File;
use std::io;

use extent::{Extent, Run};
use rustix::fs::{MemfdFlags, memfd_create};

use crate::device::{Device, ZeroMode};
use crate::file::{Access, FileDevice};
use crate::pipe::Pipe;

/// A device in anonymous memory: sparse, gone when it is dropped.
///
/// It is a file without a name, so what is zeroed is given back and its extents are known.
#[derive(Debug)]
pub struct MemoryDevice(FileDevice);

impl MemoryDevice {
    /// `size` bytes of zeros, which take no memory until written.
    pub fn new(size: u64) -> io::Result<Self> {
        let file = File::from(memfd_create("blockferry", MemfdFlags::CLOEXEC)?);
        file.set_len(size)?;
        FileDevice::from_file(file, Access::ReadWrite).map(Self)
    }
}

impl Device for MemoryDevice {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn is_read_only(&self) -> bool {
        self.0.is_read_only()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, buffer: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(buffer, offset)
    }

    fn read_to_pipe(&self, pipe: &mut Pipe, run: Run) -> io::Result<bool> {
        self.0.read_to_pipe(pipe, run)
    }

    fn write_from_pipe(&self, pipe: &mut Pipe, offset: u64) -> io::Result<bool> {
        self.0.write_from_pipe(pipe, offset)
    }

    fn zero(&self, run: Run, mode: ZeroMode) -> io::Result<()> {
        self.0.zero(run, mode)
    }

    fn trim(&self, run: Run) -> io::Result<()> {
        self.0.trim(run)
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }

    fn extents(&self, run: Run, limit: usize) -> io::Result<Vec<Extent>> {
        self.0.extents(run, limit)
    }
}
