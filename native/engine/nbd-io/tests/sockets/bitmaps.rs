//! What the server records of its clients' writes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use block_device::Device;
use extent::{DirtyBitmap, Run};
use nbd_io::client::{Command, Connection, Reply};
use nbd_io::server::{ExportConfig, Server, ServerOptions};
use nbd_io::{Descriptor, ErrorKind};
use nbd_proto::wire::NBD_CMD_WRITE;

use crate::devices::HookedDevice;
use crate::raw_client::RawClient;
use crate::setup::{TempDir, ask, connect, connect_with_contexts, export, memory, pattern, serve, write};

const GRANULE: u64 = 4096;
const SIZE: u64 = 256 * GRANULE;

fn bitmap() -> Arc<DirtyBitmap> {
    Arc::new(DirtyBitmap::new(SIZE, GRANULE as u32).unwrap())
}

fn tracked(device: Arc<dyn Device>, bitmap: &Arc<DirtyBitmap>) -> ExportConfig {
    ExportConfig { bitmaps: vec![("b".to_owned(), Arc::clone(bitmap))], ..export("", device) }
}

fn status(connection: &mut Connection, run: Run) -> Vec<Vec<Descriptor>> {
    let command = Command::BlockStatus { run, request_one: false, contexts: Vec::new() };
    let Reply::BlockStatus(statuses) = ask(connection, command).unwrap() else { panic!("no status") };
    statuses.into_iter().map(|status| status.descriptors).collect()
}

#[test]
fn all_that_changes_contents_is_marked_and_nothing_else() {
    let dir = TempDir::new();
    let bitmap = bitmap();
    let server = serve(dir.unix(), vec![tracked(memory(SIZE), &bitmap)]);
    let mut connection = connect(&server.uri(""));
    write(&mut connection, GRANULE - 1, &[1, 1]);
    let run = |granule: u64| Run::new(granule * GRANULE, GRANULE);
    for command in [
        Command::Zero { run: run(10), may_unmap: true, fast: false, fua: false },
        Command::Trim { run: run(20), fua: false },
        Command::Cache { run: run(30) },
        Command::Read { offset: 40 * GRANULE, buffer: vec![0; 4096], dont_fragment: false },
        Command::Flush,
    ] {
        ask(&mut connection, command).unwrap();
    }
    let marked: Vec<Run> = bitmap.snapshot().runs().collect();
    assert_eq!(marked, [Run::new(0, 2 * GRANULE), run(10), run(20)]);
}

#[test]
fn the_marks_are_served_as_qemu_s_context_and_stay() {
    let dir = TempDir::new();
    let bitmap = bitmap();
    let server = serve(dir.unix(), vec![tracked(memory(SIZE), &bitmap)]);
    let contexts = ["base:allocation", "qemu:dirty-bitmap:b"];
    let mut connection = connect_with_contexts(&server.uri(""), &contexts);
    let names: Vec<&str> = connection.export().contexts.iter().map(|context| context.name.as_str()).collect();
    assert_eq!(names, contexts);
    write(&mut connection, 5 * GRANULE, &[1]);
    let clean = |granules| Descriptor { length: granules * GRANULE, flags: 0 };
    let dirty = |granules| Descriptor { length: granules * GRANULE, flags: 1 };
    for _ in 0..2 {
        let statuses = status(&mut connection, Run::new(0, SIZE));
        assert_eq!(statuses[1], [clean(5), dirty(1), clean(250)]);
    }
    assert_eq!(status(&mut connection, Run::new(5 * GRANULE, GRANULE))[1], [dirty(1)]);
    assert_eq!(status(&mut connection, Run::new(6 * GRANULE, GRANULE))[1], [clean(1)]);
    assert_eq!(bitmap.rotate().count(), GRANULE);
    assert_eq!(status(&mut connection, Run::new(0, SIZE))[1], [clean(256)]);
}

#[test]
fn a_mark_comes_after_the_data_and_before_the_reply() {
    let dir = TempDir::new();
    let bitmap = bitmap();
    let marked_too_early = Arc::new(AtomicBool::new(false));
    let (seen, early) = (Arc::clone(&bitmap), Arc::clone(&marked_too_early));
    let device = HookedDevice::new(SIZE, move |_| {
        early.fetch_or(seen.count() > 0, Ordering::Relaxed);
        Ok(())
    });
    let server = serve(dir.unix(), vec![tracked(device, &bitmap)]);
    let mut connection = connect(&server.uri(""));
    write(&mut connection, 0, &[1]);
    assert_eq!(bitmap.count(), GRANULE);
    assert!(!marked_too_early.load(Ordering::Relaxed));
}

#[test]
fn a_write_that_failed_or_broke_off_is_marked_all_the_same() {
    let dir = TempDir::new();
    let size = 8 << 20;
    let bitmap = Arc::new(DirtyBitmap::new(size, 1 << 20).unwrap());
    let fails = Arc::new(AtomicBool::new(true));
    let failing = Arc::clone(&fails);
    let device = HookedDevice::new(size, move |call| match call {
        "write" if failing.load(Ordering::Relaxed) => Err(io::Error::other("bad block")),
        _ => Ok(()),
    });
    let server = serve(dir.unix(), vec![tracked(device, &bitmap)]);
    let failed = Command::Write { offset: 0, buffer: vec![1; 100], fua: false };
    let failed = ask(&mut connect(&server.uri("")), failed).unwrap_err();
    assert!(matches!(failed.kind(), ErrorKind::Server(_)));
    assert_eq!(bitmap.rotate().count(), 1 << 20);

    // What has come of a write before its client vanished may be on the device.
    fails.store(false, Ordering::Relaxed);
    let mut client = RawClient::connect(&server.uri(""));
    client.request(NBD_CMD_WRITE, 0, 2 << 20, 3 << 20);
    client.say(&vec![1; 5 << 18]);
    client.stream.shutdown(std::net::Shutdown::Write).unwrap();
    client.wait_for_end();
    assert!(bitmap.snapshot().runs().any(|run| run == Run::new(2 << 20, 1 << 20)));
}

/// The invariant that everything rests on: rotate, then read what was marked, and nothing is missed.
#[test]
fn rounds_beside_writes_miss_nothing() {
    let dir = TempDir::new();
    let (device, bitmap) = (memory(SIZE), bitmap());
    let server = serve(dir.unix(), vec![tracked(Arc::clone(&device), &bitmap)]);
    let is_over = AtomicBool::new(false);
    let mut copy = vec![0; SIZE as usize];
    let mut round = || {
        for run in bitmap.rotate().runs() {
            let place = &mut copy[run.offset as usize..run.end() as usize];
            device.read_at(place, run.offset).unwrap();
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut connection = connect(&server.uri(""));
            let random = AtomicU64::new(0x9e37_79b9_7f4a_7c15);
            for index in 0..2000 {
                let offset = next_random(&random) % (SIZE - 3000);
                let length = next_random(&random) % 3000 + 1;
                write(&mut connection, offset, &pattern(length as usize, index as u8));
            }
            is_over.store(true, Ordering::Release);
        });
        while !is_over.load(Ordering::Acquire) {
            round();
        }
    });
    round();
    let mut contents = vec![0; SIZE as usize];
    device.read_at(&mut contents, 0).unwrap();
    assert!(copy == contents);
}

/// xorshift64.
fn next_random(state: &AtomicU64) -> u64 {
    let mut next = state.load(Ordering::Relaxed);
    next ^= next << 13;
    next ^= next >> 7;
    next ^= next << 17;
    state.store(next, Ordering::Relaxed);
    next
}

#[test]
fn a_bitmap_that_would_miss_writes_is_refused() {
    let dir = TempDir::new();
    let other_size = tracked(memory(SIZE + 1), &bitmap());
    let mut twice = tracked(memory(SIZE), &bitmap());
    twice.bitmaps.push(("b".to_owned(), bitmap()));
    for refused in [other_size, twice] {
        let error = Server::start(&ServerOptions::new(dir.unix()), vec![refused]).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
}
