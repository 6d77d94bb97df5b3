//! Extended headers from peers that break the protocol.

use extent::Run;

use super::*;
use crate::client::{Command, Session};
use crate::context::Context;
use crate::errno::NbdErrno;
use crate::error::ProtocolError;
use crate::server::{Limits, Request};

const READ: u64 = 1;
const FLUSH: u64 = 2;
const STATUS: u64 = 3;
const FILTERED: u64 = 4;

/// A session with a read (cookie 1), a block status (3) and one of a single context (4) of 1000..3000, and a
/// flush (2) in flight.
fn session() -> Session {
    session_of(Command::Read { offset: 1000, buffer: vec![0; 2000], dont_fragment: false })
}

/// The same with this for its read.
fn session_of(read: Command) -> Session {
    let mut export = capable_export();
    export.framing = Framing::Extended;
    let context = |id, name: &str| Context { id, name: name.to_owned() };
    export.contexts = vec![context(4, "a:b"), context(9, "c:d")];
    let mut session = Session::new(export);
    let status = |contexts: &[&str]| Command::BlockStatus {
        run: Run::new(1000, 2000),
        request_one: false,
        contexts: contexts.iter().map(|name| (*name).to_owned()).collect(),
    };
    session.submit(0, read).unwrap();
    session.submit(0, Command::Flush).unwrap();
    session.submit(0, status(&[])).unwrap();
    session.submit(0, status(&["a:b"])).unwrap();
    take_requests(&mut session);
    session
}

fn refused(stream: &[Vec<u8>]) -> ProtocolError {
    let stream = stream.concat();
    let aside = || Command::ReadAside { run: Run::new(1000, 2000) };
    let whole = tell_session(&mut session(), &stream, &[usize::MAX]).unwrap_err();
    for pieces in [1, 41, usize::MAX] {
        assert_eq!(tell_session(&mut session(), &stream, &[pieces]), Err(whole.clone()));
        assert_eq!(tell_session(&mut session_of(aside()), &stream, &[pieces]), Err(whole.clone()));
    }
    whole
}

/// A chunk header that announces a payload.
fn announced(cookie: u64, offset: u64, kind: u16, length: u64) -> Vec<u8> {
    message![NBD_EXTENDED_REPLY_MAGIC, 0_u16, kind, cookie, offset, length]
}

fn status(cookie: u64, done: bool, payload: &[u8]) -> Vec<u8> {
    extended_chunk(cookie, 1000, done, NBD_REPLY_TYPE_BLOCK_STATUS_EXT, payload)
}

#[test]
fn replies_of_another_form() {
    assert_eq!(refused(&[simple_reply(FLUSH, 0)]), ProtocolError::ReplyForm);
    assert_eq!(refused(&[chunk(FLUSH, true, NBD_REPLY_TYPE_NONE, &[])]), ProtocolError::ReplyForm);
    let compact = [message![4_u32, 2000_u32, 0_u32]].concat();
    let compact = extended_chunk(STATUS, 1000, true, NBD_REPLY_TYPE_BLOCK_STATUS, &compact);
    assert_eq!(refused(&[compact]), ProtocolError::ChunkType(NBD_REPLY_TYPE_BLOCK_STATUS));
    for framing in [Framing::Simple, Framing::Structured] {
        let mut session = Session::new(Export { framing, ..capable_export() });
        session.submit(0, Command::Flush).unwrap();
        take_requests(&mut session);
        let early = extended_chunk(1, 0, true, NBD_REPLY_TYPE_NONE, &[]);
        assert_eq!(tell_session(&mut session, &early, &[usize::MAX]), Err(ProtocolError::ReplyForm));
    }
}

#[test]
fn replies_to_another_place_or_request() {
    let done = |cookie, offset| extended_chunk(cookie, offset, true, NBD_REPLY_TYPE_NONE, &[]);
    assert_eq!(refused(&[done(FLUSH, 1)]), ProtocolError::ReplyOffset(1));
    assert_eq!(refused(&[announced(READ, 1001, 1, 100)]), ProtocolError::ReplyOffset(1001));
    assert_eq!(refused(&[done(99, 0)]), ProtocolError::Cookie(99));
    assert_eq!(refused(&[done(FLUSH, 0), done(FLUSH, 0)]), ProtocolError::Cookie(FLUSH));
    assert_eq!(refused(&[vec![0; 32]]), ProtocolError::Magic(0));
}

#[test]
fn lengths_that_no_chunk_has() {
    for length in [1 << 32, (1 << 32) - 512, 1 << 63, (1 << 63) - 1, u64::MAX] {
        let too_long = ProtocolError::TooLong { length };
        assert_eq!(refused(&[announced(READ, 1000, NBD_REPLY_TYPE_ERROR, length)]), too_long);
        let data = [announced(READ, 1000, NBD_REPLY_TYPE_OFFSET_DATA, length), message![1000_u64]];
        assert_eq!(refused(&data), ProtocolError::ReadRange);
        let status = announced(STATUS, 1000, NBD_REPLY_TYPE_BLOCK_STATUS_EXT, length);
        assert_eq!(refused(&[status]), too_long);
        let unknown = announced(STATUS, 1000, 7, length);
        assert_eq!(refused(&[unknown]), ProtocolError::ChunkType(7));
    }
    let too_many = 8 + 16 * (NBD_MAX_DESCRIPTORS as u64 + 1);
    assert_eq!(
        refused(&[announced(STATUS, 1000, NBD_REPLY_TYPE_BLOCK_STATUS_EXT, too_many)]),
        ProtocolError::TooLong { length: too_many }
    );
    for odd in [0, 8, 23, 25] {
        let status = announced(STATUS, 1000, NBD_REPLY_TYPE_BLOCK_STATUS_EXT, odd);
        assert_eq!(refused(&[status]), ProtocolError::Truncated);
    }
}

#[test]
fn impossible_block_status() {
    let whole = |id: u32| message![id, 1_u32, 2000_u64, 0_u64];
    for stream in [
        vec![status(FILTERED, true, &message![4_u32, 1_u32, 0_u64, 0_u64])],
        vec![status(FILTERED, true, &message![4_u32, 2_u32, 2000_u64, 0_u64])],
        vec![status(FILTERED, true, &message![4_u32, 0_u32, 2000_u64, 0_u64])],
        vec![status(FILTERED, true, &message![4_u32, 2_u32, 2000_u64, 0_u64, 1_u64, 0_u64])],
        vec![status(FILTERED, true, &message![4_u32, 2_u32, u64::MAX, 0_u64, 1_u64, 0_u64])],
        vec![status(STATUS, true, &whole(5))],
        vec![status(STATUS, false, &whole(4)), status(STATUS, true, &whole(4))],
        // One of two contexts is missing.
        vec![status(STATUS, true, &whole(4))],
        // The other one was not wanted, and the server was told so.
        vec![status(FILTERED, false, &whole(4)), status(FILTERED, true, &whole(9))],
        vec![status(FILTERED, true, &whole(9))],
    ] {
        assert_eq!(refused(&stream), ProtocolError::BlockStatus);
    }
    tell_session(&mut session(), &status(FILTERED, true, &whole(4)), &[usize::MAX]).unwrap();
}

/// What a server of 1 TiB makes of a request.
fn judged(flags: u16, kind: u16, offset: u64, length: u64) -> Result<Option<NbdErrno>, ProtocolError> {
    let header = message![NBD_EXTENDED_REQUEST_MAGIC, flags, kind, 7_u64, offset, length];
    Ok(Request::decode(&header, &LIMITS)?.check(&LIMITS).err())
}

const LIMITS: Limits = Limits {
    size: 1 << 40,
    read_only: false,
    framing: Framing::Extended,
    contexts: 2,
    maximum_payload: 32 << 20,
};

#[test]
fn requests_with_payloads_that_they_cannot_have() {
    const PAYLOAD: u16 = NBD_CMD_FLAG_PAYLOAD_LEN;
    for length in [(32 << 20) + 1, 1 << 32, 1 << 63, u64::MAX] {
        for kind in [NBD_CMD_WRITE, NBD_CMD_READ, NBD_CMD_BLOCK_STATUS, NBD_CMD_FLUSH] {
            assert_eq!(judged(PAYLOAD, kind, 0, length), Err(ProtocolError::TooLong { length }));
        }
        assert_eq!(judged(0, NBD_CMD_WRITE, 0, length), Err(ProtocolError::TooLong { length }));
    }
    for kind in [NBD_CMD_READ, NBD_CMD_TRIM, NBD_CMD_CACHE, NBD_CMD_FLUSH, NBD_CMD_WRITE_ZEROES] {
        assert_eq!(judged(PAYLOAD, kind, 0, 512), Ok(Some(NbdErrno::Einval)), "{kind}");
    }
    assert_eq!(judged(0, NBD_CMD_WRITE, 0, 512), Ok(None), "QEMU 10.0 does not announce its data");
    assert_eq!(judged(PAYLOAD, NBD_CMD_WRITE, 0, 0), Ok(Some(NbdErrno::Einval)));
    assert_eq!(judged(PAYLOAD, NBD_CMD_WRITE, 0, 512), Ok(None));
    for (filter, error) in [(8, true), (11, true), (13, true), (16, false), (20, true)] {
        assert_eq!(judged(PAYLOAD, NBD_CMD_BLOCK_STATUS, 0, filter).unwrap().is_some(), error, "{filter}");
    }
    // Without extended headers there is no such flag.
    let structured = Limits { framing: Framing::Structured, ..LIMITS };
    let header = message![NBD_REQUEST_MAGIC, PAYLOAD, NBD_CMD_BLOCK_STATUS, 7_u64, 0_u64, 12_u32];
    let request = Request::decode(&header, &structured).unwrap();
    assert_eq!((request.payload_length(), request.check(&structured)), (0, Err(NbdErrno::Einval)));
}

#[test]
fn ranges_beyond_any_export() {
    for kind in [NBD_CMD_TRIM, NBD_CMD_CACHE, NBD_CMD_BLOCK_STATUS, NBD_CMD_READ, NBD_CMD_WRITE_ZEROES] {
        let error = if kind == NBD_CMD_WRITE_ZEROES { NbdErrno::Enospc } else { NbdErrno::Einval };
        for (offset, length) in
            [(0, (1 << 40) + 1), (1, 1 << 40), (1 << 63, 1 << 63), (u64::MAX, u64::MAX), (0, u64::MAX)]
        {
            assert_eq!(judged(0, kind, offset, length), Ok(Some(error)), "{kind} {offset} {length}");
        }
        assert_eq!(judged(0, kind, 0, 0), Ok(Some(NbdErrno::Einval)), "nothing at all");
    }
    assert_eq!(judged(0, NBD_CMD_BLOCK_STATUS, 0, 1 << 40), Ok(None));
    assert_eq!(judged(0, NBD_CMD_READ, 0, 1 << 40), Ok(Some(NbdErrno::Einval)), "more than a payload");
}

#[test]
fn filters_for_contexts_that_were_not_chosen() {
    let filter = |payload: Vec<u8>| {
        let flags = NBD_CMD_FLAG_PAYLOAD_LEN;
        let length = payload.len() as u64;
        let header =
            message![NBD_EXTENDED_REQUEST_MAGIC, flags, NBD_CMD_BLOCK_STATUS, 7_u64, 512_u64, length];
        Request::decode(&header, &LIMITS).unwrap().filter(&payload, &[0, 1], &LIMITS)
    };
    let run = Run::new(512, (1 << 40) - 512);
    assert_eq!(filter(message![run.length, 1_u32, 0_u32]), Ok((run, vec![1, 0])));
    for payload in [
        message![run.length, 2_u32],
        message![run.length, 1_u32, 1_u32],
        message![run.length + 1, 1_u32],
        message![u64::MAX, 1_u32],
        message![0_u64, 1_u32],
        message![run.length],
        message![run.length, 1_u16],
    ] {
        assert_eq!(filter(payload), Err(NbdErrno::Einval));
    }
}
