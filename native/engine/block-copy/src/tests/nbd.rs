//! Copies over NBD, with this workspace's own server at the other end.

use std::ops::ControlFlow;
use std::sync::Arc;

use block_device::{Device, MemoryDevice, ZeroMode};
use extent::{DirtyBitmap, Run};
use nbd_io::client::ConnectOptions;

use super::endpoints::{allocated, contents, endpoint, memory, noisy, write_noise};
use super::served::{CONTEXT, Served};
use crate::{
    BASE_ALLOCATION, Copier, CopierOptions, DirtyMap, Endpoint as _, FLAG_DIRTY, FLAG_HOLE, FLAG_ZERO,
    NbdEndpoint, Side, compare, read_extents,
};

const SIZE: u64 = (8 << 20) + 512;

/// Data, holes and allocated zeros.
fn example() -> Arc<MemoryDevice> {
    let device = memory(SIZE);
    write_noise(&*device, Run::new(0, 1 << 20), 1);
    device.write_at(&vec![0; 300_000], 3 << 20).unwrap();
    write_noise(&*device, Run::new(SIZE - 1000, 1000), 2);
    device
}

#[test]
fn every_pair_of_endpoints_copies_rounds_and_compares() {
    // Clients that the server takes, of 4 that are asked for; 0: no server.
    let pairs = [(100, 100), (4, 4), (2, 3), (1, 1), (100, 1), (100, 0), (0, 100)];
    for (from_clients, to_clients) in pairs {
        let (source, destination) = (example(), noisy(SIZE, 9));
        let serve = |device, clients| (clients > 0).then(|| Served::new(device, clients));
        let (from, to) = (serve(&source, from_clients), serve(&destination, to_clients));
        let of = |served: &Option<Served>, device| match served {
            Some(served) => served.endpoint(),
            None => endpoint(device),
        };
        let options = CopierOptions { request_size: 64 << 10, ..CopierOptions::default() };
        let copier = Copier::open(of(&from, &source), of(&to, &destination), options.clone()).unwrap();
        let report = copier.bulk().unwrap();
        assert!(contents(&*source) == contents(&*destination), "{from_clients} to {to_clients}");
        assert!(allocated(&*destination) <= allocated(&*source));
        assert!(report.bytes_moved < 2 << 20, "{report:?}");

        let bitmap = DirtyBitmap::new(SIZE, 4096).unwrap();
        source.zero(Run::new(4096, 100_000), ZeroMode { may_unmap: true, fast: false }).unwrap();
        write_noise(&*source, Run::new(5 << 20, 200_000), 3);
        bitmap.mark(Run::new(4096, 100_000));
        bitmap.mark(Run::new(5 << 20, 200_000));
        copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap();
        assert!(contents(&*source) == contents(&*destination));
        copier.close();

        let compare_now = || compare(of(&from, &source), of(&to, &destination), &options).unwrap();
        assert_eq!(compare_now().first_difference, None);
        destination.write_at(&[1], 6 << 20).unwrap();
        assert_eq!(compare_now().first_difference, Some(6 << 20));
    }
}

#[test]
fn a_servers_dirty_bitmap_names_what_a_round_copies() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let (from, to) = (Served::new(&source, 100), Served::new(&destination, 100));
    let copier = Copier::open(from.endpoint(), to.endpoint(), CopierOptions::default()).unwrap();
    copier.bulk().unwrap();

    let mut guest = NbdEndpoint::open(from.uri(), ConnectOptions::default()).unwrap().open_lane().unwrap();
    let mut done = |operation| {
        guest.submit(0, operation).unwrap();
        loop {
            guest.drive(std::time::Instant::now()).unwrap();
            if let Some(completed) = guest.poll_completion() {
                break completed.result.unwrap();
            }
            std::thread::yield_now();
        }
    };
    done(crate::Operation::Write { offset: 8192, buffer: vec![7; 4096] });
    done(crate::Operation::Zero { run: Run::new(1 << 20, 8192), may_unmap: true, fast: false });
    assert_eq!(from.bitmap.count(), 3 * 4096);

    let uri = from.uri();
    let report = copier.dirty(DirtyMap::Server(copier.open_map(&uri, CONTEXT).unwrap())).unwrap();
    assert_eq!((report.bytes_total, report.bytes_moved, report.bytes_zeroed), (12_288, 4096, 8192));
    assert!(contents(&*source) == contents(&*destination));
}

#[test]
fn a_bitmap_that_the_server_does_not_have_is_never_taken_for_a_clean_one() {
    let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
    let served = Served::new(&source, 100);
    let copier = Copier::open(served.endpoint(), endpoint(&destination), CopierOptions::default()).unwrap();
    let uri = served.uri();
    let failure = copier.open_map(&uri, "qemu:dirty-bitmap:other").err().unwrap();
    assert_eq!((failure.code(), failure.side()), ("CONTEXT_MISSING", Some(Side::Source)));

    let smaller = Served::new(&memory(4096), 100);
    let uri = smaller.uri();
    let failure = copier.open_map(&uri, CONTEXT).err().unwrap();
    assert_eq!(failure.code(), "MAP_SIZE");
}

#[test]
fn a_server_that_goes_away_fails_the_pass_on_its_side() {
    for side in [Side::Source, Side::Destination] {
        let (source, destination) = (noisy(SIZE, 1), memory(SIZE));
        let served = Served::new(if side == Side::Source { &source } else { &destination }, 100);
        let (from, to) = match side {
            Side::Source => (served.endpoint(), endpoint(&destination)),
            Side::Destination => (endpoint(&source), served.endpoint()),
        };
        let copier = Copier::open(from, to, CopierOptions::default()).unwrap();
        let bitmap = DirtyBitmap::new(SIZE, 65_536).unwrap();
        bitmap.mark(Run::new(0, SIZE));
        served.server.close().unwrap();
        let failure = copier.dirty(DirtyMap::Bitmap(&bitmap)).unwrap_err();
        assert_eq!((failure.code(), failure.side()), ("NBD_DISCONNECTED", Some(side)));
        assert_eq!(bitmap.count(), SIZE);
    }
}

#[test]
fn extents_are_told_of_any_range_and_context() {
    let device = example();
    for clients in [1, 100] {
        let served = Served::new(&device, clients);
        served.bitmap.mark(Run::new(4096, 1));
        let options = ConnectOptions { contexts: vec![CONTEXT.to_owned()], ..ConnectOptions::default() };
        let told = |context: &str, range| {
            let endpoint = served.open(options.clone());
            let mut told = Vec::new();
            read_extents(&endpoint, context, range, &mut |run, flags| {
                told.push((run, flags));
                ControlFlow::Continue(())
            })
            .map(|()| told)
        };
        let zeros = FLAG_HOLE | FLAG_ZERO;
        assert_eq!(
            told(BASE_ALLOCATION, Run::new(1000, 2 << 20)).unwrap(),
            [(Run::new(1000, (1 << 20) - 1000), 0), (Run::new(1 << 20, (1 << 20) + 1000), zeros)]
        );
        assert_eq!(
            told(CONTEXT, Run::new(0, SIZE)).unwrap(),
            [(Run::new(0, 4096), 0), (Run::new(4096, 4096), FLAG_DIRTY), (Run::new(8192, SIZE - 8192), 0)]
        );
        let missing = told("qemu:allocation-depth", Run::new(0, 1)).unwrap_err();
        assert_eq!(missing.code(), "CONTEXT_MISSING");
        assert_eq!(told(BASE_ALLOCATION, Run::new(SIZE, 1)).unwrap_err().code(), "INVALID_OPTIONS");
    }
}
