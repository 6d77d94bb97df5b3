//! Regular files and block devices of this machine.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::num::NonZeroU64;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::Path;
use std::sync::OnceLock;

use extent::{Extent, Run};
use rustix::fs::{Advice, Mode, OFlags, fadvise, ioctl_blksszget};
use rustix::io::Errno;

use crate::allocation::Space;
use crate::device::{Device, ZeroMode};
use crate::pipe::Pipe;

/// What a device is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads; whatever changes contents is refused.
    ReadOnly,
    /// Reads and writes.
    ReadWrite,
}

/// A regular file or a block device. Its size is what it was when it was opened.
///
/// A file that was truncated since fails reads past its end with `io::ErrorKind::UnexpectedEof`. Once a flush
/// has failed, all further ones fail.
#[derive(Debug)]
pub struct FileDevice {
    file: File,
    size: u64,
    access: Access,
    /// Bytes of a block device's logical block; a file has none.
    logical_block: Option<u64>,
    space: Space,
    /// What the first flush that failed failed with.
    lost: OnceLock<i32>,
}

impl FileDevice {
    /// Opens an existing regular file or block device.
    ///
    /// Fails as open(2) does, and with `io::ErrorKind::InvalidInput` on anything else: a folder, a pipe.
    pub fn open(path: &Path, access: Access) -> io::Result<Self> {
        // NONBLOCK: a pipe would hang the open; it means nothing to what is accepted below.
        let flags = OFlags::CLOEXEC | OFlags::NONBLOCK;
        let mode = match access {
            Access::ReadOnly => OFlags::RDONLY,
            Access::ReadWrite => OFlags::RDWR,
        };
        Self::from_file(rustix::fs::open(path, flags | mode, Mode::empty())?.into(), access)
    }

    /// Creates a regular file of `size` bytes, all a hole. Fails with `AlreadyExists` if there is one.
    pub fn create(path: &Path, size: u64) -> io::Result<Self> {
        check_size(size)?;
        let file = File::options().read(true).write(true).create_new(true).open(path)?;
        file.set_len(size).inspect_err(|_| {
            // It is ours and of no use; the first error is the one to tell.
            let _ = std::fs::remove_file(path);
        })?;
        Self::from_file(file, Access::ReadWrite)
    }

    pub(crate) fn from_file(mut file: File, access: Access) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let (size, logical_block) = if metadata.file_type().is_block_device() {
            (file.seek(SeekFrom::End(0))?, Some(u64::from(ioctl_blksszget(&file)?)))
        } else if metadata.is_file() {
            (metadata.len(), None)
        } else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "neither a regular file nor a block device",
            ));
        };
        check_size(size)?;
        Ok(Self { file, size, access, logical_block, space: Space::default(), lost: OnceLock::new() })
    }

    /// Whether the range lies within the device.
    fn check(&self, run: Run) -> io::Result<()> {
        if run.end() > self.size { Err(io::ErrorKind::InvalidInput.into()) } else { Ok(()) }
    }

    fn check_write(&self, run: Run) -> io::Result<()> {
        if self.is_read_only() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.check(run)
    }

    /// The part of `run` that the system can be asked to zero or to free: of a block device, whole blocks.
    fn whole_blocks(&self, run: Run) -> Run {
        let Some(block) = self.logical_block else { return run };
        let start = run.offset.next_multiple_of(block).min(run.end());
        let end = (run.end() / block * block).max(start);
        Run::new(start, end - start)
    }

    /// Has the system zero `run`; `Ok(false)` where it cannot, or not as `mode` wants it, contents untouched.
    fn zero_in_place(&self, run: Run, mode: ZeroMode) -> io::Result<bool> {
        if mode.may_unmap && self.space.punch(&self.file, run)? {
            return Ok(true);
        }
        // To keep a block device's range allocated, the system may write zeros itself: not fast.
        let may_be_slow = self.logical_block.is_some();
        Ok(!(mode.fast && may_be_slow) && self.space.zero_range(&self.file, run)?)
    }

    fn write_zeros(&self, run: Run) -> io::Result<()> {
        let mut offset = run.offset;
        while offset < run.end() {
            let length = usize::try_from(run.end() - offset).unwrap_or(usize::MAX);
            let piece = ZEROS.get(..length).unwrap_or(&ZEROS);
            self.file.write_all_at(piece, offset)?;
            offset += piece.len() as u64;
        }
        Ok(())
    }
}

impl Device for FileDevice {
    fn size(&self) -> u64 {
        self.size
    }

    fn is_read_only(&self) -> bool {
        self.access == Access::ReadOnly
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.check(Run::new(offset, buffer.len() as u64))?;
        self.file.read_exact_at(buffer, offset)
    }

    fn write_at(&self, buffer: &[u8], offset: u64) -> io::Result<()> {
        self.check_write(Run::new(offset, buffer.len() as u64))?;
        self.file.write_all_at(buffer, offset)
    }

    fn read_to_pipe(&self, pipe: &mut Pipe, run: Run) -> io::Result<bool> {
        self.check(run)?;
        let mut offset = run.offset;
        while offset < run.end() {
            let length = usize::try_from(run.end() - offset).unwrap_or(usize::MAX);
            match pipe.fill(&self.file, Some(offset), length) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => offset += count as u64,
                // A file system that has no pages to lend.
                Err(error) if offset == run.offset && error.kind() == io::ErrorKind::InvalidInput => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn write_from_pipe(&self, pipe: &mut Pipe, offset: u64) -> io::Result<bool> {
        self.check_write(Run::new(offset, pipe.held() as u64))?;
        let mut position = offset;
        while pipe.held() > 0 {
            match pipe.drain(&self.file, Some(position), pipe.held(), false) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => position += count as u64,
                Err(error) if position == offset && error.kind() == io::ErrorKind::InvalidInput => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn zero(&self, run: Run, mode: ZeroMode) -> io::Result<()> {
        self.check_write(run)?;
        let whole = self.whole_blocks(run);
        if whole.length > 0 && !self.zero_in_place(whole, mode)? {
            if mode.fast {
                return Err(io::ErrorKind::Unsupported.into());
            }
            return self.write_zeros(run);
        }
        // What is left are parts of two blocks.
        self.write_zeros(Run::new(run.offset, whole.offset - run.offset))?;
        self.write_zeros(Run::new(whole.end(), run.end() - whole.end()))
    }

    fn trim(&self, run: Run) -> io::Result<()> {
        self.check_write(run)?;
        let whole = self.whole_blocks(run);
        if whole.length > 0 {
            // Advice: where it cannot be followed, the range stays as it is.
            self.space.punch(&self.file, whole)?;
        }
        Ok(())
    }

    /// A flush that failed fails ever after: the system may have dropped what it could not write, and would
    /// call the next flush a success.
    fn flush(&self) -> io::Result<()> {
        if let Some(errno) = self.lost.get() {
            return Err(io::Error::from_raw_os_error(*errno));
        }
        self.file.sync_data().inspect_err(|error| {
            self.lost.get_or_init(|| error.raw_os_error().unwrap_or(Errno::IO.raw_os_error()));
        })
    }

    fn prefetch(&self, run: Run) {
        // Advice, and what cannot be read will fail when it is.
        let _ = fadvise(&self.file, run.offset, NonZeroU64::new(run.length), Advice::WillNeed);
    }

    fn extents(&self, run: Run, limit: usize) -> io::Result<Vec<Extent>> {
        self.check(run)?;
        self.space.extents(&self.file, run, limit)
    }
}

/// File offsets are signed in every interface below, NBD's clients included.
fn check_size(size: u64) -> io::Result<()> {
    if i64::try_from(size).is_ok() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "a device of more than 2^63-1 bytes"))
    }
}

static ZEROS: [u8; 256 << 10] = [0; 256 << 10];
