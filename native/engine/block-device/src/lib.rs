//! Random-access block devices in this process: files, block devices, memory.
//!
//! The NBD server serves a [`Device`]; the copier reads and writes one directly.

mod allocation;
mod device;
mod file;
mod memory;
mod pipe;

pub use device::{Device, ZeroMode};
pub use file::{Access, FileDevice};
pub use memory::MemoryDevice;
pub use pipe::Pipe;

#[cfg(test)]
mod tests;
