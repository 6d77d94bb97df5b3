//! Servers that hang, stint, or go away in the middle.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use block_device::{Device, MemoryDevice};
use extent::{DirtyBitmap, Run};
use nbd_io::client::ConnectOptions;

use super::endpoints::{Call, Hooked, contents, endpoint, memory, noisy, write_noise};
use super::served::Served;
use crate::{Comparison, Copier, CopierOptions, DeviceEndpoint, DirtyMap, ErrorKind, Side, compare};

const SIZE: u64 = 2 << 20;

/// A device that stops at the first call of a kind, says so, and goes on when the sender is dropped.
fn stopping(device: &Arc<MemoryDevice>, kind: Call) -> (Arc<dyn Device>, Receiver<()>, Sender<()>) {
    let (reached, stopped) = channel();
    let (proceed, held) = channel::<()>();
    let (reached, held) = (Mutex::new(reached), Mutex::new(held));
    let device = Hooked::new(device, move |call, _| {
        if call == kind {
            // Whoever listens may have seen enough.
            let _ = reached.lock().unwrap().send(());
            let _ = held.lock().unwrap().recv();
        }
        Ok(())
    });
    (Arc::new(device), stopped, proceed)
}

#[test]
fn a_server_that_does_not_answer_ends_the_pass_by_the_deadline() {
    let cases = [
        (Side::Source, Call::Read),
        (Side::Destination, Call::Write),
        (Side::Destination, Call::Flush),
        (Side::Source, Call::Extents),
    ];
    for (side, kind) in cases {
        for clients in [1, 100] {
            let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
            let hanging = if side == Side::Source { &source } else { &destination };
            let (device, _stopped, proceed) = stopping(hanging, kind);
            let served = Served::of(device, clients);
            let request_timeout = Duration::from_millis(100);
            let options = ConnectOptions { request_timeout, ..ConnectOptions::default() };
            let remote = Arc::new(served.open(options));
            let (from, to) = match side {
                Side::Source => (remote as _, endpoint(&destination)),
                Side::Destination => (endpoint(&source), remote as _),
            };
            let copier = Copier::open(from, to, CopierOptions::default()).unwrap();
            let failure = copier.bulk().unwrap_err();
            assert_eq!((failure.code(), failure.side()), ("NBD_TIMEOUT", Some(side)), "{kind:?}");
            drop(proceed);
        }
    }
}

#[test]
fn a_pass_that_is_cancelled_while_it_asks_for_the_map_ends() {
    for clients in [1, 100] {
        let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
        let (device, stopped, proceed) = stopping(&source, Call::Extents);
        let served = Served::of(device, clients);
        let to = endpoint(&destination);
        let copier = Copier::open(served.endpoint(), to, CopierOptions::default()).unwrap();
        thread::scope(|scope| {
            let pass = scope.spawn(|| copier.bulk());
            stopped.recv().unwrap();
            copier.cancel();
            drop(proceed);
            assert_eq!(pass.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
        });
        assert_eq!(contents(&*destination), vec![0; contents(&*source).len()]);
    }
}

#[test]
fn a_server_that_goes_away_while_it_is_asked_for_the_map_fails_the_pass() {
    let source = noisy(SIZE, 1);
    let (device, stopped, proceed) = stopping(&source, Call::Extents);
    let served = Served::of(device, 1);
    let copier = Copier::open(served.endpoint(), endpoint(&memory(SIZE)), CopierOptions::default()).unwrap();
    thread::scope(|scope| {
        let pass = scope.spawn(|| copier.bulk());
        stopped.recv().unwrap();
        let closing = scope.spawn(|| served.server.close());
        let failure = pass.join().unwrap().unwrap_err();
        assert_eq!((failure.code(), failure.side()), ("NBD_DISCONNECTED", Some(Side::Source)));
        drop(proceed);
        closing.join().unwrap().unwrap();
    });
}

#[test]
fn a_map_that_is_told_in_small_parts_is_told_in_full() {
    // Many questions a batch, each answered in part.
    let size = 1 << 30;
    let (source, destination) = (memory(size), memory(size));
    write_noise(&*source, Run::new(100_000, 50_000), 1);
    write_noise(&*source, Run::new(size - 1, 1), 1);
    write_noise(&*destination, Run::new(size / 2, 100_000), 2);
    let mut stinting = Hooked::new(&source, |_, _| Ok(()));
    stinting.most_told = 50 << 20;
    let served = Served::of(Arc::new(stinting), 100);
    let to = endpoint(&destination);
    let report = Copier::open(served.endpoint(), to, CopierOptions::default()).unwrap().bulk().unwrap();
    assert!(report.bytes_moved < 1 << 20);
    assert_eq!(
        compare(endpoint(&source), endpoint(&destination), &CopierOptions::default()).unwrap(),
        Comparison { first_difference: None, bytes_compared: size }
    );
}

#[test]
fn a_map_that_does_not_go_on_is_an_error() {
    let mut silent = Hooked::new(&noisy(SIZE, 1), |_, _| Ok(()));
    silent.most_told = 0;
    let from = Arc::new(DeviceEndpoint::new(Arc::new(silent)));
    let copier = Copier::open(from, endpoint(&memory(SIZE)), CopierOptions::default()).unwrap();
    let failure = copier.bulk().unwrap_err();
    assert_eq!((failure.code(), failure.side()), ("ENDPOINT_PROTOCOL", Some(Side::Source)));
}

#[test]
fn an_error_of_the_server_is_told_with_its_range_and_the_lanes_live_on() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let full = Mutex::new(true);
    let device = Hooked::new(&destination, move |call, run| {
        if call == Call::Write && run.offset == 1 << 20 && std::mem::take(&mut *full.lock().unwrap()) {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    });
    let served = Served::of(Arc::new(device), 100);
    let copier = Copier::open(endpoint(&source), served.endpoint(), CopierOptions::default()).unwrap();
    let bitmap = DirtyBitmap::new(SIZE, 65_536).unwrap();
    bitmap.mark(Run::new(0, SIZE));
    let failure = copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap_err();
    assert_eq!((failure.code(), failure.side()), ("NBD_ENOSPC", Some(Side::Destination)));
    assert_eq!((failure.offset(), failure.length()), (Some(1 << 20), Some(512 << 10)));
    copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap();
    assert_eq!(contents(&*destination), contents(&*source));
}
