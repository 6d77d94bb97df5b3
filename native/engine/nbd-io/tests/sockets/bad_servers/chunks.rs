//! Servers whose chunks do not add up to an answer.

use nbd_io::Framing;
use nbd_proto::wire::*;

use super::*;

/// The end of an answer.
fn none(framing: Framing, cookie: u64) -> Vec<u8> {
    chunk(framing, cookie, true, NBD_REPLY_TYPE_NONE, &[])
}

/// Refused where it comes in one of the forms with chunks.
fn refused(command: fn() -> Command, answer: fn(Framing, u64) -> Vec<Vec<u8>>) {
    for framing in WITH_CHUNKS {
        assert_refused(framing, command(), move |cookie| answer(framing, cookie).concat());
    }
}

#[test]
fn data_that_overlaps() {
    refused(read_command, |framing, cookie| {
        vec![data(framing, cookie, false, OFFSET, 4096), data(framing, cookie, true, OFFSET + 4095, 4097)]
    });
    refused(read_command, |framing, cookie| {
        vec![data(framing, cookie, false, OFFSET, 8192), hole(framing, cookie, true, OFFSET, 512)]
    });
    refused(read_command, |framing, cookie| {
        vec![hole(framing, cookie, false, OFFSET, 8192), hole(framing, cookie, true, OFFSET, 8192)]
    });
}

#[test]
fn data_that_is_missing() {
    refused(read_command, |framing, cookie| vec![none(framing, cookie)]);
    refused(read_command, |framing, cookie| vec![data(framing, cookie, true, OFFSET, 8191)]);
    refused(read_command, |framing, cookie| {
        vec![data(framing, cookie, false, OFFSET, 4096), hole(framing, cookie, true, OFFSET + 4097, 4095)]
    });
    refused(status_command, |framing, cookie| vec![none(framing, cookie)]);
}

#[test]
fn data_that_was_not_asked_for() {
    refused(read_command, |framing, cookie| vec![data(framing, cookie, true, OFFSET, 8193)]);
    refused(read_command, |framing, cookie| vec![data(framing, cookie, true, OFFSET - 1, 8192)]);
    refused(read_command, |framing, cookie| vec![data(framing, cookie, true, u64::MAX, 8192)]);
    refused(read_command, |framing, cookie| vec![hole(framing, cookie, true, OFFSET, 8193)]);
    refused(read_command, |framing, cookie| vec![hole(framing, cookie, true, OFFSET, 0)]);
    refused(|| Command::Flush, |framing, cookie| vec![data(framing, cookie, true, OFFSET, 512)]);
    refused(status_command, |framing, cookie| vec![data(framing, cookie, true, OFFSET, 8192)]);
}

#[test]
fn a_chunk_of_an_unknown_type() {
    for kind in [3, 4, 7, 0x7fff] {
        for framing in WITH_CHUNKS {
            assert_refused(framing, read_command(), move |cookie| {
                chunk(framing, cookie, true, kind, &[0; 8])
            });
        }
    }
}

#[test]
fn a_chunk_after_the_last_one() {
    refused(read_command, |framing, cookie| {
        vec![
            hole(framing, cookie, false, OFFSET, 4096),
            chunk(framing, cookie, true, NBD_REPLY_TYPE_NONE, &[]),
        ]
    });
    for framing in WITH_CHUNKS {
        let dir = TempDir::new();
        let server = ScriptedServer::negotiated_in(framing, &dir, move |mut client| {
            let cookie = next_request(framing, &mut client);
            let whole = data(framing, cookie, true, OFFSET, 8192);
            client.write_all(&[&whole[..], &whole].concat()).unwrap();
            wait_for_end(client);
        });
        let mut connection = Connection::connect(&server.uri, &options(framing)).unwrap();
        connection.submit(7, read_command()).unwrap();
        assert_eq!(connection.request(Command::Flush).unwrap_err().kind(), ErrorKind::Protocol);
        assert_eq!(connection.poll_completion().unwrap().buffer.unwrap(), [7; 8192]);
    }
}

#[test]
fn a_status_that_cannot_be() {
    let status = |framing: Framing, id: u32, descriptors: &[(u64, u32)]| {
        let mut payload = id.to_be_bytes().to_vec();
        if framing == Framing::Extended {
            payload.extend((descriptors.len() as u32).to_be_bytes());
        }
        for (length, flags) in descriptors {
            if framing == Framing::Extended {
                payload.extend(length.to_be_bytes());
                payload.extend(u64::from(*flags).to_be_bytes());
            } else {
                payload.extend((*length as u32).to_be_bytes());
                payload.extend(flags.to_be_bytes());
            }
        }
        payload
    };
    for framing in WITH_CHUNKS {
        let kind = match framing {
            Framing::Extended => NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
            _ => NBD_REPLY_TYPE_BLOCK_STATUS,
        };
        for payload in [
            status(framing, 0, &[(0, 0)]),
            status(framing, 0, &[(4096, 0), (0, 0), (4096, 0)]),
            status(framing, 0, &[(8192, 0), (512, 0)]),
            status(framing, 0, &[(0xffff_fe00, 0), (0xffff_fe00, 0)]),
            status(framing, 0, &[]),
            status(framing, 1, &[(8192, 0)]),
        ] {
            let answer = move |cookie| chunk(framing, cookie, true, kind, &payload);
            assert_refused(framing, status_command(), answer);
        }
        let once = status(framing, 0, &[(8192, 0)]);
        assert_refused(framing, status_command(), move |cookie| {
            [chunk(framing, cookie, false, kind, &once), chunk(framing, cookie, true, kind, &once)].concat()
        });
    }
}
