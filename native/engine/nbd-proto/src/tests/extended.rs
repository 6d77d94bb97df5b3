//! Extended headers, byte by byte as the specification has them.

use extent::Run;

use super::*;
use crate::client::{Command, Reply, Session};
use crate::context::{Context, Descriptor};
use crate::errno::NbdErrno;
use crate::server::{Action, Limits, ReplyEncoder, Request};

const TIB: u64 = 1 << 40;

/// An export of 8 TiB with two contexts.
fn export() -> Export {
    let mut export = Export::new("x".to_owned(), 8 * TIB, !NBD_FLAG_READ_ONLY).unwrap();
    let context = |id, name: &str| Context { id, name: name.to_owned() };
    export.contexts = vec![context(4, "base:allocation"), context(9, "qemu:dirty-bitmap:b")];
    export.framing = Framing::Extended;
    export.block_size.minimum = 1;
    export
}

/// What a server that agreed on the same allows.
fn limits() -> Limits {
    Limits {
        size: 8 * TIB,
        read_only: false,
        framing: Framing::Extended,
        contexts: 2,
        maximum_payload: 32 << 20,
    }
}

fn status(contexts: &[&str]) -> Command {
    let contexts = contexts.iter().map(|name| (*name).to_owned()).collect();
    Command::BlockStatus { run: Run::new(TIB, 5 * TIB), request_one: false, contexts }
}

#[test]
fn requests() {
    let mut session = Session::new(export());
    session.submit(0, Command::Write { offset: 0x1234, buffer: vec![9; 3], fua: true }).unwrap();
    let zero = Command::Zero { run: Run::new(8, 8 * TIB - 8), may_unmap: false, fast: true, fua: true };
    session.submit(0, zero).unwrap();
    session.submit(0, Command::Read { offset: 16, buffer: vec![0; 5], dont_fragment: true }).unwrap();
    session.submit(0, Command::Trim { run: Run::new(0, 4 * TIB), fua: true }).unwrap();
    session.submit(0, status(&[])).unwrap();
    session.submit(0, status(&["qemu:dirty-bitmap:b"])).unwrap();
    session.submit(0, status(&["qemu:dirty-bitmap:b", "base:allocation"])).unwrap();
    session.disconnect();

    let header = |flags: u16, kind: u16, cookie: u64, offset: u64, length: u64| {
        message![NBD_EXTENDED_REQUEST_MAGIC, flags, kind, cookie, offset, length]
    };
    let expected = [
        header(0b10_0001, NBD_CMD_WRITE, 1, 0x1234, 3),
        vec![9; 3],
        header(0b1_0011, NBD_CMD_WRITE_ZEROES, 2, 8, 8 * TIB - 8),
        header(0b100, NBD_CMD_READ, 3, 16, 5),
        header(0b1, NBD_CMD_TRIM, 4, 0, 4 * TIB),
        header(0, NBD_CMD_BLOCK_STATUS, 5, TIB, 5 * TIB),
        header(0b10_0000, NBD_CMD_BLOCK_STATUS, 6, TIB, 12),
        message![5 * TIB, 9_u32],
        // All of them: nothing to leave out.
        header(0, NBD_CMD_BLOCK_STATUS, 7, TIB, 5 * TIB),
        header(0, NBD_CMD_DISC, 0, 0, 0),
    ];
    assert_eq!(take_requests(&mut session), expected.concat());
}

#[test]
fn replies() {
    let (flush, read, trim) = (1, 2, 3);
    // The header repeats the request's offset, whatever the offset of the data.
    let data = [message![TIB + 4], b"after".to_vec()].concat();
    let error = [message![28_u32, 4_u16], b"full".to_vec()].concat();
    let stream = [
        extended_chunk(read, TIB, false, NBD_REPLY_TYPE_OFFSET_DATA, &data),
        extended_chunk(flush, 0, true, NBD_REPLY_TYPE_NONE, &[]),
        extended_chunk(read, TIB, false, NBD_REPLY_TYPE_OFFSET_HOLE, &message![TIB, 4_u32]),
        extended_chunk(trim, 7, true, NBD_REPLY_TYPE_ERROR, &error),
        extended_chunk(
            read,
            TIB,
            true,
            NBD_REPLY_TYPE_OFFSET_DATA,
            &[message![TIB + 9], b"!".to_vec()].concat(),
        ),
    ];
    for pieces in [&[1][..], &[31, 2], &[usize::MAX]] {
        let mut session = Session::new(export());
        session.submit(1, Command::Flush).unwrap();
        let buffer = vec![0xee; 10];
        session.submit(2, Command::Read { offset: TIB, buffer, dont_fragment: false }).unwrap();
        session.submit(3, Command::Trim { run: Run::new(7, TIB), fua: false }).unwrap();
        take_requests(&mut session);
        tell_session(&mut session, &stream.concat(), pieces).unwrap();
        let completions: Vec<_> = std::iter::from_fn(|| session.poll_completion()).collect();
        assert_eq!(completions.iter().map(|completion| completion.token).collect::<Vec<_>>(), [1, 3, 2]);
        let failure = completions[1].result.as_ref().unwrap_err();
        assert_eq!((failure.errno, failure.message.as_deref()), (NbdErrno::Enospc, Some("full")));
        assert_eq!(completions[2].buffer.as_deref(), Some(&b"\0\0\0\0after!"[..]));
    }
}

#[test]
fn block_status_of_8_tib_in_one_request() {
    let descriptors = |id: u32, list: &[(u64, u64)]| {
        let fields: Vec<u8> = list.iter().flat_map(|(length, flags)| message![*length, *flags]).collect();
        [message![id, list.len() as u32], fields].concat()
    };
    let mut session = Session::new(export());
    let cookie = session.submit(0, status(&[])).unwrap();
    take_requests(&mut session);
    let stream = [
        extended_chunk(
            cookie,
            TIB,
            false,
            NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
            &descriptors(9, &[((1 << 32) + 512, 1), (3 * TIB, 1 << 40)]),
        ),
        extended_chunk(
            cookie,
            TIB,
            true,
            NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
            &descriptors(4, &[(4 * TIB, 3), (u64::MAX - 511, 0)]),
        ),
    ];
    tell_session(&mut session, &stream.concat(), &[7]).unwrap();
    let Ok(Reply::BlockStatus(statuses)) = session.poll_completion().unwrap().result else { panic!() };
    let descriptor = |length, flags| Descriptor { length, flags };
    assert_eq!(statuses[0].context.name, "qemu:dirty-bitmap:b");
    assert_eq!(statuses[0].descriptors, [descriptor((1 << 32) + 512, 1), descriptor(3 * TIB, 1 << 40)]);
    assert_eq!(
        statuses[1].descriptors,
        [descriptor(4 * TIB, 3), descriptor(TIB, 0)],
        "ends where the request does"
    );
}

#[test]
fn statuses_that_were_not_asked_for_are_dropped_where_the_server_cannot_be_told() {
    for framing in [Framing::Structured, Framing::Extended] {
        let mut session =
            Session::new(Export { framing, can_block_status_payload: false, size: 1 << 30, ..export() });
        let run = Run::new(0, 1 << 20);
        let contexts = vec!["base:allocation".to_owned()];
        let cookie = session.submit(0, Command::BlockStatus { run, request_one: false, contexts }).unwrap();
        let sent = take_requests(&mut session);
        assert_eq!(sent.len(), framing.request_header_length(), "no payload");
        for (id, done) in [(9, false), (4, true)] {
            let mut answer = Vec::new();
            let descriptors = [Descriptor { length: 1 << 20, flags: u64::from(id) }];
            ReplyEncoder::new(framing, cookie, 0).block_status(id, &descriptors, done, &mut answer);
            tell_session(&mut session, &answer, &[usize::MAX]).unwrap();
        }
        let Ok(Reply::BlockStatus(statuses)) = session.poll_completion().unwrap().result else { panic!() };
        assert_eq!(statuses.len(), 1);
        assert_eq!(statuses[0].descriptors, [Descriptor { length: 1 << 20, flags: 4 }]);
    }
}

#[test]
fn a_server_reads_what_a_client_writes() {
    let mut session = Session::new(export());
    for command in [
        Command::Write { offset: 512, buffer: vec![9; 3], fua: true },
        Command::Zero { run: Run::new(0, 8 * TIB), may_unmap: true, fast: false, fua: false },
        Command::Trim { run: Run::new(0, 8 * TIB), fua: true },
        status(&["qemu:dirty-bitmap:b"]),
    ] {
        session.submit(0, command).unwrap();
    }
    let sent = take_requests(&mut session);
    let mut requests = sent.as_slice();
    let mut next = |payload: usize| {
        let (header, rest) = requests.split_at(EXTENDED_REQUEST_HEADER_LENGTH);
        let (payload, rest) = rest.split_at(payload);
        requests = rest;
        let request = Request::decode(header, &limits()).unwrap();
        assert_eq!(request.payload_length(), payload.len() as u64);
        (request, payload.to_vec())
    };
    let (write, _) = next(3);
    assert_eq!(write.check(&limits()), Ok(Action::Write { run: Run::new(512, 3), fua: true }));
    let (zero, _) = next(0);
    let everything = Run::new(0, 8 * TIB);
    let expected = Action::Zero { run: everything, may_unmap: true, fast: false, fua: false };
    assert_eq!(zero.check(&limits()), Ok(expected));
    let (trim, _) = next(0);
    assert_eq!(trim.check(&limits()), Ok(Action::Trim { run: everything, fua: true }));
    let (status, payload) = next(12);
    assert_eq!(status.check(&limits()), Ok(Action::FilteredBlockStatus { request_one: false }));
    let filter = status.filter(&payload, &[4, 9], &limits());
    assert_eq!(filter, Ok((Run::new(TIB, 5 * TIB), vec![9])));
}

#[test]
fn a_server_answers() {
    let reply = ReplyEncoder::new(Framing::Extended, 7, TIB);
    let encoded = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        out
    };
    assert_eq!(encoded(&|out| reply.done(out)), extended_chunk(7, TIB, true, NBD_REPLY_TYPE_NONE, &[]));
    let failure = [message![5_u32, 3_u16], b"EIO".to_vec()].concat();
    assert_eq!(
        encoded(&|out| reply.failed(NbdErrno::Eio, out)),
        extended_chunk(7, TIB, true, NBD_REPLY_TYPE_ERROR, &failure)
    );
    assert_eq!(
        encoded(&|out| reply.hole(Run::new(TIB + 512, 1024), false, out)),
        extended_chunk(7, TIB, false, NBD_REPLY_TYPE_OFFSET_HOLE, &message![TIB + 512, 1024_u32])
    );
    let header = message![
        NBD_EXTENDED_REPLY_MAGIC,
        1_u16,
        NBD_REPLY_TYPE_OFFSET_DATA,
        7_u64,
        TIB,
        8_u64 + 100,
        TIB + 512
    ];
    assert_eq!(encoded(&|out| reply.data_header(Run::new(TIB + 512, 100), true, out)), header);
    let descriptors = [Descriptor { length: 3 * TIB, flags: 3 }];
    assert_eq!(
        encoded(&|out| reply.block_status(4, &descriptors, true, out)),
        extended_chunk(
            7,
            TIB,
            true,
            NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
            &message![4_u32, 1_u32, 3 * TIB, 3_u64]
        )
    );
}
