//! Offsets and lengths near 2^32, 2^63 and 2^64.

use nbd_io::NbdErrno::{Einval, Enospc};
use nbd_proto::wire::*;

use crate::raw_client::{RawClient, option_header};
use crate::setup::{TempDir, connect, export, memory, read, serve};

/// Far beyond every counter's edge, and right at it.
const OFFSETS: [u64; 7] =
    [1 << 32, (1 << 32) - 1, (1 << 63) - 512, (1 << 63) - 1, 1 << 63, u64::MAX - 511, u64::MAX];
const LENGTHS: [u32; 5] = [1, 512, (1 << 31) - 1, 1 << 31, u32::MAX];

#[test]
fn ranges_beyond_the_end_are_refused_whatever_their_sum() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(1 << 20))]);
    let mut client = RawClient::connect(&server.uri(""));
    for offset in OFFSETS {
        for length in LENGTHS {
            for (kind, errno) in [
                (NBD_CMD_READ, Einval),
                (NBD_CMD_TRIM, Einval),
                (NBD_CMD_CACHE, Einval),
                (NBD_CMD_BLOCK_STATUS, Einval),
                (NBD_CMD_WRITE_ZEROES, Enospc),
            ] {
                client.request(kind, 0, offset, length);
                assert_eq!(client.failure(), errno, "{kind} {offset} {length}");
            }
        }
        client.request(NBD_CMD_WRITE, 0, offset, 512);
        client.say(&[1; 512]);
        assert_eq!(client.failure(), Enospc, "{offset}");
    }
    assert_eq!(read(&mut connect(&server.uri("")), 0, 1 << 20), vec![0; 1 << 20]);
}

#[test]
fn the_largest_range_is_served_where_it_fits() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory((1 << 63) - 1))]);
    let mut client = RawClient::connect(&server.uri(""));
    let last = (1 << 63) - 1 - u64::from(u32::MAX);
    for kind in [NBD_CMD_WRITE_ZEROES, NBD_CMD_TRIM] {
        client.request(kind, 0, last, u32::MAX);
        assert_eq!(client.simple_reply(), None, "{kind}");
        client.request(kind, 0, last + 1, u32::MAX);
        client.failure();
    }
    client.request(NBD_CMD_READ, 0, (1 << 63) - 1 - 4096, 4096);
    assert_eq!(client.chunk().kind, NBD_REPLY_TYPE_OFFSET_HOLE);
}

#[test]
fn options_that_claim_to_be_huge_are_the_end_before_they_come() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(512))]);
    for length in [u32::MAX, 1 << 31, 1 << 20] {
        for kind in [NBD_OPT_GO, NBD_OPT_EXPORT_NAME, NBD_OPT_SET_META_CONTEXT, 0x7fff_ffff] {
            let mut client = RawClient::greeted(&dir.socket());
            client.say(&option_header(kind, length));
            client.wait_for_end();
        }
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn counts_that_an_option_does_not_hold_are_refused() {
    let dir = TempDir::new();
    let _server = serve(dir.unix(), vec![export("", memory(512))]);
    let mut client = RawClient::greeted(&dir.socket());
    client.option(NBD_OPT_STRUCTURED_REPLY, &[]);
    assert_eq!(client.option_reply().0, NBD_REP_ACK);
    for (kind, payload) in [
        (NBD_OPT_GO, &[0xff, 0xff, 0xff, 0xff, 0, 0][..]),
        (NBD_OPT_INFO, &[0, 0, 0, 0, 0xff, 0xff]),
        (NBD_OPT_INFO, &[0, 0, 0]),
        (NBD_OPT_LIST_META_CONTEXT, &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        (NBD_OPT_SET_META_CONTEXT, &[0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]),
        (NBD_OPT_LIST, &[0]),
    ] {
        client.option(kind, payload);
        assert_eq!(client.option_reply().0, NBD_REP_ERR_INVALID, "{kind} {payload:?}");
    }
}
