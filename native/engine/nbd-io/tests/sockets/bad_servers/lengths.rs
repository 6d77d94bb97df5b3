//! Servers that announce lengths at which 32 and 64 bits end: refused before anything is read or allocated.

use nbd_io::Framing;
use nbd_io::client::info;
use nbd_proto::wire::*;

use super::*;

const HUGE: [u64; 8] =
    [(1 << 31) - 1, (1 << 32) - 512, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, u64::MAX - 31, u64::MAX];

/// Those that this form has room for.
fn huge(framing: Framing) -> impl Iterator<Item = u64> {
    HUGE.into_iter().filter(move |length| framing == Framing::Extended || u32::try_from(*length).is_ok())
}

#[test]
fn chunks() {
    for framing in WITH_CHUNKS {
        for length in huge(framing) {
            for (command, kind) in [
                (read_command(), NBD_REPLY_TYPE_OFFSET_HOLE),
                (read_command(), NBD_REPLY_TYPE_NONE),
                (read_command(), NBD_REPLY_TYPE_ERROR),
                (status_command(), NBD_REPLY_TYPE_BLOCK_STATUS),
                (status_command(), NBD_REPLY_TYPE_BLOCK_STATUS_EXT),
                (status_command(), NBD_REPLY_TYPE_ERROR_OFFSET),
            ] {
                assert_refused(framing, command, move |cookie| {
                    chunk_header(framing, cookie, true, kind, length)
                });
            }
            assert_refused(framing, read_command(), move |cookie| {
                let header = chunk_header(framing, cookie, true, NBD_REPLY_TYPE_OFFSET_DATA, length);
                fields(&[&header, &OFFSET.to_be_bytes()])
            });
        }
    }
}

#[test]
fn offsets_that_wrap_around() {
    for framing in WITH_CHUNKS {
        for offset in [u64::MAX, u64::MAX - LENGTH + 1, OFFSET.wrapping_sub(LENGTH), 1 << 63] {
            assert_refused(framing, read_command(), move |cookie| {
                data(framing, cookie, true, offset, LENGTH as usize)
            });
            assert_refused(framing, read_command(), move |cookie| {
                hole(framing, cookie, true, offset, LENGTH as u32)
            });
        }
    }
}

#[test]
fn option_replies() {
    for kind in [NBD_REP_ACK, NBD_REP_INFO, NBD_REP_META_CONTEXT, NBD_REP_ERR_POLICY] {
        for length in [8193_u32, 1 << 31, u32::MAX - 19, u32::MAX] {
            let dir = TempDir::new();
            let server = ScriptedServer::start(&dir, move |mut client| {
                greet(&mut client);
                let option = next_option(&mut client);
                let mut reply = option_reply(option, kind, &[]);
                reply[16..].copy_from_slice(&length.to_be_bytes());
                client.write_all(&reply).unwrap();
                wait_for_end(client);
            });
            let error = Connection::connect(&server.uri, &options(Framing::Extended)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{kind:#x} of {length}");
        }
    }
}

/// What a client makes of an export that is described so.
fn described(infos: &[&[u8]]) -> Result<u64, ErrorKind> {
    let dir = TempDir::new();
    let infos: Vec<_> = infos.iter().map(|info| info.to_vec()).collect();
    let server = ScriptedServer::start(&dir, move |mut client| {
        greet(&mut client);
        let option = next_option(&mut client);
        let replies = infos.iter().map(|info| option_reply(option, NBD_REP_INFO, info));
        let ack = option_reply(option, NBD_REP_ACK, &[]);
        client.write_all(&replies.chain([ack]).collect::<Vec<_>>().concat()).unwrap();
        wait_for_end(client);
    });
    info(&server.uri, &options(Framing::Simple)).map(|export| export.size).map_err(|error| error.kind())
}

fn size(size: u64) -> Vec<u8> {
    fields(&[&NBD_INFO_EXPORT.to_be_bytes(), &size.to_be_bytes(), &NBD_FLAG_HAS_FLAGS.to_be_bytes()])
}

#[test]
fn sizes_of_2_to_the_63_and_more() {
    for possible in [0, 1, 511, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, (1 << 63) - 1] {
        assert_eq!(described(&[&size(possible)]), Ok(possible));
    }
    for impossible in [1 << 63, u64::MAX] {
        assert_eq!(described(&[&size(impossible)]), Err(ErrorKind::Protocol));
    }
}

#[test]
fn block_sizes_that_cannot_be() {
    let blocks = |minimum: u32, preferred: u32, maximum: u32| {
        let numbers = [minimum, preferred, maximum].map(u32::to_be_bytes).concat();
        described(&[&size(1 << 30), &fields(&[&NBD_INFO_BLOCK_SIZE.to_be_bytes(), &numbers])])
    };
    assert_eq!(blocks(512, 4096, 32 << 20), Ok(1 << 30));
    for (minimum, preferred, maximum) in [
        (0, 4096, 32 << 20),
        (3, 4096, 32 << 20),
        (1 << 17, 1 << 17, 32 << 20),
        (1 << 31, 1 << 31, 1 << 31),
        (4096, 512, 32 << 20),
        (512, 4096, 0),
        (512, 4096, u32::MAX - 1),
    ] {
        assert_eq!(blocks(minimum, preferred, maximum), Err(ErrorKind::Protocol), "{minimum} {preferred}");
    }
}
