//! A session and servers that break the protocol: each ends the session, none ends the process.

use extent::Run;

use super::*;
use crate::client::{Command, Session};
use crate::context::Context;
use crate::error::ProtocolError;

/// A session with a read of 1000..3000 (cookie 1), a flush (2) and a block status of the same range (3) in flight.
fn session(framing: Framing) -> Session {
    session_of(framing, Command::Read { offset: 1000, buffer: vec![0; 2000], dont_fragment: false })
}

/// The same with this for its read.
fn session_of(framing: Framing, read: Command) -> Session {
    let mut export = capable_export();
    export.framing = framing;
    export.contexts = vec![Context { id: 4, name: "base:allocation".to_owned() }];
    let mut session = Session::new(export);
    session.submit(0, read).unwrap();
    session.submit(0, Command::Flush).unwrap();
    session
        .submit(0, Command::BlockStatus { run: Run::new(1000, 2000), request_one: false, contexts: vec![] })
        .unwrap();
    take_requests(&mut session);
    session
}

const READ: u64 = 1;
const FLUSH: u64 = 2;
const STATUS: u64 = 3;

/// The rule that is broken: the same one however the bytes come, and wherever they go.
fn refused(stream: &[Vec<u8>]) -> ProtocolError {
    let stream = stream.concat();
    let aside = || Command::ReadAside { run: Run::new(1000, 2000) };
    let whole = tell_session(&mut session(Framing::Structured), &stream, &[usize::MAX]).unwrap_err();
    for pieces in [1, 29, usize::MAX] {
        let plain = tell_session(&mut session(Framing::Structured), &stream, &[pieces]);
        assert_eq!(plain, Err(whole.clone()), "{pieces}");
        let aside = tell_session(&mut session_of(Framing::Structured, aside()), &stream, &[pieces]);
        assert_eq!(aside, Err(whole.clone()), "{pieces}, aside");
    }
    whole
}

fn data(offset: u64, length: usize) -> Vec<u8> {
    chunk(READ, false, NBD_REPLY_TYPE_OFFSET_DATA, &[message![offset], vec![7; length]].concat())
}

fn hole(offset: u64, length: u32) -> Vec<u8> {
    chunk(READ, false, NBD_REPLY_TYPE_OFFSET_HOLE, &message![offset, length])
}

fn done(cookie: u64) -> Vec<u8> {
    chunk(cookie, true, NBD_REPLY_TYPE_NONE, &[])
}

/// A chunk header that announces a payload.
fn announced(cookie: u64, kind: u16, length: u32) -> Vec<u8> {
    message![NBD_STRUCTURED_REPLY_MAGIC, 0_u16, kind, cookie, length]
}

#[test]
fn replies_to_no_request() {
    assert_eq!(refused(&[simple_reply(99, 0)]), ProtocolError::Cookie(99));
    assert_eq!(refused(&[done(0)]), ProtocolError::Cookie(0));
    assert_eq!(refused(&[done(FLUSH), done(FLUSH)]), ProtocolError::Cookie(FLUSH));
    assert_eq!(refused(&[simple_reply(FLUSH, 5), simple_reply(FLUSH, 5)]), ProtocolError::Cookie(FLUSH));
    assert_eq!(refused(&[vec![0; 20]]), ProtocolError::Magic(0));
}

#[test]
fn a_reply_before_its_request_was_sent() {
    let mut session = session(Framing::Structured);
    let cookie = session.submit(0, Command::Flush).unwrap();
    session.handle_transmitted(27);
    let early = tell_session(&mut session, &done(cookie), &[64]);
    assert_eq!(early, Err(ProtocolError::Cookie(cookie)));
}

#[test]
fn two_replies_to_a_request_that_is_still_being_sent() {
    let mut session = session(Framing::Structured);
    let cookie = session.submit(0, Command::Write { offset: 0, buffer: vec![0; 100], fua: false }).unwrap();
    session.handle_transmitted(28 + 50);
    tell_session(&mut session, &simple_reply(cookie, 0), &[64]).unwrap();
    let again = tell_session(&mut session, &simple_reply(cookie, 0), &[64]);
    assert_eq!(again, Err(ProtocolError::Cookie(cookie)));
}

#[test]
fn an_answer_of_the_wrong_form() {
    assert_eq!(refused(&[simple_reply(READ, 0)]), ProtocolError::ReplyForm);
    assert_eq!(refused(&[simple_reply(STATUS, 0)]), ProtocolError::ReplyForm);
    let unnegotiated = tell_session(&mut session(Framing::Simple), &done(FLUSH), &[64]);
    assert_eq!(unnegotiated, Err(ProtocolError::ReplyForm));
    assert_eq!(refused(&[announced(FLUSH, NBD_REPLY_TYPE_OFFSET_DATA, 9)]), ProtocolError::ChunkType(1));
    let hole_for_flush = chunk(FLUSH, true, NBD_REPLY_TYPE_OFFSET_HOLE, &message![0_u64, 1_u32]);
    assert_eq!(refused(&[hole_for_flush]), ProtocolError::ChunkType(2));
    let status_for_read = chunk(READ, true, NBD_REPLY_TYPE_BLOCK_STATUS, &message![4_u32, 1_u32, 0_u32]);
    assert_eq!(refused(&[status_for_read]), ProtocolError::ChunkType(5));
    for unknown in [3, 4, 6, 0x7fff] {
        assert_eq!(refused(&[announced(READ, unknown, 0)]), ProtocolError::ChunkType(unknown));
    }
}

#[test]
fn data_that_was_not_asked_for() {
    for chunk in [
        data(999, 1),
        data(2999, 2),
        data(3000, 1),
        data(u64::MAX, 2),
        hole(1000, 2001),
        hole(1000, 0),
        hole(0, 1000),
        announced(READ, NBD_REPLY_TYPE_OFFSET_DATA, u32::MAX).into_iter().chain(message![1000_u64]).collect(),
    ] {
        assert_eq!(refused(&[chunk]), ProtocolError::ReadRange);
    }
}

#[test]
fn data_twice_or_not_at_all() {
    assert_eq!(refused(&[data(1000, 600), data(1599, 10)]), ProtocolError::ReadRange);
    assert_eq!(refused(&[hole(1000, 600), data(1500, 10)]), ProtocolError::ReadRange);
    assert_eq!(refused(&[data(1000, 2000), hole(1000, 2000)]), ProtocolError::ReadRange);
    assert_eq!(refused(&[data(1000, 1999), done(READ)]), ProtocolError::ReadGap);
    assert_eq!(refused(&[data(1000, 900), hole(1901, 1099), done(READ)]), ProtocolError::ReadGap);
    assert_eq!(refused(&[done(READ)]), ProtocolError::ReadGap);
}

#[test]
fn lengths_that_a_chunk_cannot_have() {
    let too_long = |length: u32| ProtocolError::TooLong { length: u64::from(length) };
    assert_eq!(refused(&[announced(READ, NBD_REPLY_TYPE_OFFSET_DATA, 8)]), ProtocolError::Truncated);
    assert_eq!(refused(&[announced(READ, NBD_REPLY_TYPE_OFFSET_HOLE, 11)]), ProtocolError::Truncated);
    assert_eq!(refused(&[announced(READ, NBD_REPLY_TYPE_ERROR, 5)]), ProtocolError::Truncated);
    assert_eq!(refused(&[announced(READ, NBD_REPLY_TYPE_ERROR, u32::MAX)]), too_long(u32::MAX));
    assert_eq!(refused(&[announced(STATUS, NBD_REPLY_TYPE_BLOCK_STATUS, 4)]), ProtocolError::Truncated);
    assert_eq!(refused(&[announced(STATUS, NBD_REPLY_TYPE_BLOCK_STATUS, 13)]), ProtocolError::Truncated);
    let too_many = 4 + 8 * (NBD_MAX_DESCRIPTORS as u32 + 1);
    assert_eq!(refused(&[announced(STATUS, NBD_REPLY_TYPE_BLOCK_STATUS, too_many)]), too_long(too_many));
    assert_eq!(refused(&[announced(FLUSH, NBD_REPLY_TYPE_NONE, 1)]), ProtocolError::Truncated);
    assert_eq!(refused(&[announced(FLUSH, NBD_REPLY_TYPE_NONE, 0)]), ProtocolError::Truncated, "not done");
}

#[test]
fn errors_that_are_none() {
    let error = |errno: u32, length: u16| chunk(READ, true, NBD_REPLY_TYPE_ERROR, &message![errno, length]);
    assert_eq!(refused(&[error(0, 0)]), ProtocolError::NoError);
    assert_eq!(refused(&[error(5, 1)]), ProtocolError::Truncated, "the message is not there");
    let without_offset = chunk(READ, true, NBD_REPLY_TYPE_ERROR_OFFSET, &message![5_u32, 0_u16]);
    assert_eq!(refused(&[without_offset]), ProtocolError::Truncated);
}

#[test]
fn impossible_block_status() {
    let status = |fields: Vec<u8>| chunk(STATUS, false, NBD_REPLY_TYPE_BLOCK_STATUS, &fields);
    for stream in [
        vec![status(message![4_u32, 0_u32, 0_u32])],
        vec![status(message![5_u32, 100_u32, 0_u32])],
        vec![status(message![4_u32, 2000_u32, 0_u32, 1_u32, 0_u32])],
        vec![status(message![4_u32, u32::MAX - 511, 0_u32, 512_u32, 0_u32])],
        vec![status(message![4_u32, 1_u32, 0_u32]), status(message![4_u32, 1_u32, 0_u32])],
        vec![done(STATUS)],
    ] {
        assert_eq!(refused(&stream), ProtocolError::BlockStatus);
    }
    let mut session = session(Framing::Structured);
    let one = Command::BlockStatus { run: Run::new(0, 1000), request_one: true, contexts: vec![] };
    let cookie = session.submit(0, one).unwrap();
    take_requests(&mut session);
    let two = message![4_u32, 1_u32, 0_u32, 1_u32, 1_u32];
    let stream = chunk(cookie, true, NBD_REPLY_TYPE_BLOCK_STATUS, &two);
    assert_eq!(tell_session(&mut session, &stream, &[64]), Err(ProtocolError::BlockStatus));
}

#[test]
fn a_read_in_thousands_of_crumbs() {
    let mut session = Session::new(capable_export());
    let cookie = session
        .submit(0, Command::Read { offset: 0, buffer: vec![0; 100_000], dont_fragment: false })
        .unwrap();
    take_requests(&mut session);
    let crumbs = (0..50_000_u64)
        .flat_map(|index| chunk(cookie, false, NBD_REPLY_TYPE_OFFSET_HOLE, &message![2 * index, 1_u32]));
    let stream: Vec<u8> = crumbs.collect();
    assert_eq!(tell_session(&mut session, &stream, &[4096]), Err(ProtocolError::ReadFragments));
}
