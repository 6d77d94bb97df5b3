//! Files: opened, created, refused, and truncated by somebody else.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use extent::Run;

use crate::{Access, Device, FileDevice, Pipe, ZeroMode};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("blockferry-{test}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn error_of(path: &Path, access: Access) -> io::ErrorKind {
    FileDevice::open(path, access).unwrap_err().kind()
}

#[test]
fn what_is_written_is_in_the_file() {
    let folder = Folder::new("written");
    let path = folder.join("disk");
    let device = FileDevice::create(&path, 10_000).unwrap();
    device.write_at(b"block", 9_995).unwrap();
    device.flush().unwrap();
    assert_eq!(fs::read(&path).unwrap()[9_990..], *b"\0\0\0\0\0block");

    let reopened = FileDevice::open(&path, Access::ReadWrite).unwrap();
    reopened.zero(Run::new(9_995, 5), ZeroMode { may_unmap: true, fast: false }).unwrap();
    assert_eq!(fs::read(&path).unwrap(), vec![0; 10_000]);
    assert_eq!(reopened.size(), 10_000);
}

#[test]
fn a_file_that_exists_is_not_created_again() {
    let folder = Folder::new("exists");
    fs::write(folder.join("disk"), "contents").unwrap();
    let error = FileDevice::create(&folder.join("disk"), 1).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(folder.join("disk")).unwrap(), b"contents");
}

#[test]
fn a_file_that_cannot_be_so_large_is_not_left_behind() {
    let folder = Folder::new("large");
    assert!(FileDevice::create(&folder.join("disk"), 1 << 63).is_err());
    assert!(FileDevice::create(&folder.join("disk"), (1 << 63) - 1).is_err());
    assert!(!folder.join("disk").exists());
}

#[test]
fn a_read_only_device_refuses_every_change() {
    let folder = Folder::new("read-only");
    fs::write(folder.join("disk"), [5; 100]).unwrap();
    let device = FileDevice::open(&folder.join("disk"), Access::ReadOnly).unwrap();
    let run = Run::new(0, 10);
    for result in [
        device.write_at(&[1], 0),
        device.zero(run, ZeroMode { may_unmap: true, fast: false }),
        device.trim(run),
    ] {
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
    assert_eq!(fs::read(folder.join("disk")).unwrap(), [5; 100]);
}

/// Bytes that a file takes on its disk.
fn allocated(path: &Path) -> u64 {
    fs::metadata(path).unwrap().blocks() * 512
}

#[test]
fn zeros_take_room_or_give_it_back_as_asked() {
    let folder = Folder::new("room");
    let path = folder.join("disk");
    let device = FileDevice::create(&path, 4 << 20).unwrap();
    let zero = |run, may_unmap| device.zero(run, ZeroMode { may_unmap, fast: false }).unwrap();
    zero(Run::new(0, 1 << 20), false);
    device.flush().unwrap();
    assert!(allocated(&path) >= 1 << 20, "a hole that may not stay one");
    device.write_at(&vec![7; 1 << 20], 0).unwrap();
    zero(Run::new(0, 1 << 20), false);
    device.flush().unwrap();
    assert!(allocated(&path) >= 1 << 20, "data that may not become a hole");
    device.write_at(&vec![7; 2 << 20], 0).unwrap();
    zero(Run::new(0, 1 << 20), true);
    device.trim(Run::new(1 << 20, 1 << 20)).unwrap();
    device.flush().unwrap();
    assert!(allocated(&path) < 1 << 20);
    assert_eq!(fs::read(&path).unwrap()[..1 << 20], vec![0; 1 << 20]);
}

#[test]
fn zeros_that_begin_and_end_anywhere_leave_their_neighbours() {
    let folder = Folder::new("neighbours");
    let path = folder.join("disk");
    fs::write(&path, vec![7; 100_000]).unwrap();
    let device = FileDevice::open(&path, Access::ReadWrite).unwrap();
    for (may_unmap, offset) in [(true, 10_001), (false, 50_001)] {
        device.zero(Run::new(offset, 20_001), ZeroMode { may_unmap, fast: false }).unwrap();
    }
    let mut expected = vec![7; 100_000];
    expected[10_001..30_002].fill(0);
    expected[50_001..70_002].fill(0);
    assert!(fs::read(&path).unwrap() == expected);
}

#[test]
fn what_is_no_block_device_is_refused_and_never_waited_for() {
    let folder = Folder::new("kinds");
    assert_eq!(error_of(&folder.join("missing"), Access::ReadOnly), io::ErrorKind::NotFound);
    assert_eq!(error_of(&folder.0, Access::ReadOnly), io::ErrorKind::InvalidInput);
    assert_eq!(error_of(Path::new("/dev/null"), Access::ReadWrite), io::ErrorKind::InvalidInput);
    let pipe = folder.join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    assert_eq!(error_of(&pipe, Access::ReadOnly), io::ErrorKind::InvalidInput);
}

#[test]
fn a_file_truncated_underneath_is_an_error_and_not_zeros() {
    let folder = Folder::new("truncated");
    fs::write(folder.join("disk"), vec![5; 100_000]).unwrap();
    let device = FileDevice::open(&folder.join("disk"), Access::ReadOnly).unwrap();
    File::options().write(true).open(folder.join("disk")).unwrap().set_len(50_000).unwrap();
    let read = device.read_at(&mut [0; 1000], 49_500).unwrap_err();
    assert_eq!(read.kind(), io::ErrorKind::UnexpectedEof);
    let extents = device.extents(Run::new(60_000, 40_000), 10).unwrap_err();
    assert_eq!(extents.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_file_that_was_cut_short_ends_too_early_for_a_pipe() {
    let folder = Folder::new("cut-for-pipe");
    let path = folder.join("disk");
    let device = FileDevice::create(&path, 8192).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(4096).unwrap();
    let mut pipe = Pipe::new(64 << 10).unwrap();
    let error = device.read_to_pipe(&mut pipe, Run::new(0, 8192)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}
