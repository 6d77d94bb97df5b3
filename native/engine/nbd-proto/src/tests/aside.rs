//! Payloads that the caller moves itself, among others that go through buffers.

use extent::Run;
use proptest::prelude::*;

use super::session::{ReadScript, chunks, data_at, read_script};
use super::*;
use crate::client::{Aside, Command, Reply, RequestError, Session};
use crate::context::Context;
use crate::errno::NbdErrno;
use crate::error::ProtocolError;

const FRAMINGS: [Framing; 3] = [Framing::Simple, Framing::Structured, Framing::Extended];

fn session(framing: Framing) -> Session {
    let mut export = Export { framing, ..capable_export() };
    if framing.has_chunks() {
        export.contexts = vec![Context { id: 4, name: "base:allocation".to_owned() }];
    }
    Session::new(export)
}

fn read_aside(offset: u64, length: u64) -> Command {
    Command::ReadAside { run: Run::new(offset, length) }
}

fn write_aside(length: u64) -> Command {
    Command::WriteAside { run: Run::new(0, length) }
}

/// All the data of a read, in one piece.
fn whole(framing: Framing, cookie: u64, done: bool, offset: u64, data: &[u8]) -> Vec<u8> {
    if framing.has_chunks() {
        let payload = [message![offset], data.to_vec()].concat();
        chunk_in(framing, cookie, offset, done, NBD_REPLY_TYPE_OFFSET_DATA, &payload)
    } else {
        [simple_reply(cookie, 0), data.to_vec()].concat()
    }
}

/// Says that what is to be sent is on its way, in pieces of at most so many bytes; returns it, what the caller has
/// being `byte`.
fn send(session: &mut Session, piece: usize, byte: u8) -> Vec<u8> {
    let mut sent = Vec::new();
    while session.wants_transmit() {
        let before = sent.len();
        sent.extend(session.transmit().flatten().take(piece));
        if let Some(Aside { left, .. }) = session.transmit_aside() {
            assert_eq!(sent.len(), before, "it is the caller's");
            sent.resize(before + left.min(piece), byte);
        }
        assert_ne!(sent.len(), before, "what is to be sent is told");
        session.handle_transmitted(sent.len() - before);
    }
    sent
}

/// Room for what comes next.
fn room(session: &mut Session) -> usize {
    session.receive_buffers().iter().map(|buffer| buffer.len()).sum()
}

/// What is asked of a session, and how its server answers.
#[derive(Clone, Debug)]
enum Ask {
    Read(ReadScript),
    ReadAside(ReadScript),
    Write(u64),
    WriteAside(u64),
    Status,
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        1 => read_script().prop_map(Ask::Read),
        4 => read_script().prop_map(Ask::ReadAside),
        1 => (1_u64..9000).prop_map(Ask::Write),
        2 => (1_u64..9000).prop_map(Ask::WriteAside),
        1 => Just(Ask::Status),
    ]
}

impl Ask {
    fn command(&self) -> Command {
        match self {
            Self::Read(ReadScript { offset, length, .. }) => {
                Command::Read { offset: *offset, buffer: vec![0xee; *length as usize], dont_fragment: false }
            }
            Self::ReadAside(ReadScript { offset, length, .. }) => read_aside(*offset, *length),
            Self::Write(length) => {
                Command::Write { offset: 0, buffer: vec![0xdd; *length as usize], fua: false }
            }
            Self::WriteAside(length) => write_aside(*length),
            Self::Status => {
                Command::BlockStatus { run: Run::new(0, 4096), request_one: false, contexts: vec![] }
            }
        }
    }

    /// The request's payload.
    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Write(length) => vec![0xdd; *length as usize],
            Self::WriteAside(length) => vec![0xaa; *length as usize],
            _ => Vec::new(),
        }
    }

    fn answer(&self, framing: Framing, cookie: u64) -> Vec<Vec<u8>> {
        match self {
            Self::Read(script) | Self::ReadAside(script) if framing.has_chunks() => {
                chunks(framing, cookie, script)
            }
            Self::Read(ReadScript { offset, length, .. })
            | Self::ReadAside(ReadScript { offset, length, .. }) => {
                vec![whole(framing, cookie, true, *offset, &data_at(*offset, *length))]
            }
            Self::Status => {
                let (kind, payload) = if framing == Framing::Extended {
                    (NBD_REPLY_TYPE_BLOCK_STATUS_EXT, message![4_u32, 1_u32, 4096_u64, 0_u64])
                } else {
                    (NBD_REPLY_TYPE_BLOCK_STATUS, message![4_u32, 4096_u32, 0_u32])
                };
                vec![chunk_in(framing, cookie, 0, true, kind, &payload)]
            }
            _ if framing == Framing::Extended => {
                vec![extended_chunk(cookie, 0, true, NBD_REPLY_TYPE_NONE, &[])]
            }
            _ => vec![simple_reply(cookie, 0)],
        }
    }
}

proptest! {
    /// What is answered in one piece goes aside, all else to where it always goes, whatever is in flight besides.
    #[test]
    fn what_is_answered_in_one_piece_is_taken_aside(
        asks in proptest::collection::vec(ask(), 1..8),
        interleaving in proptest::collection::vec(any::<prop::sample::Index>(), 40),
        sent in 1_usize..6000,
        pieces in proptest::collection::vec(1_usize..6000, 1..8),
        framing in prop::sample::select(FRAMINGS.to_vec()),
    ) {
        let asks: Vec<_> =
            asks.into_iter().filter(|ask| framing.has_chunks() || !matches!(ask, Ask::Status)).collect();
        let mut session = session(framing);
        let mut expected = Vec::new();
        let mut answers = Vec::new();
        for (token, ask) in asks.iter().enumerate() {
            let cookie = session.submit(token as u64, ask.command()).unwrap();
            answers.push(ask.answer(framing, cookie));
            expected.push(ask.payload());
        }
        let lengths: usize = expected.iter().map(Vec::len).sum();
        let requests = send(&mut session, sent, 0xaa);
        prop_assert_eq!(requests.len(), lengths + asks.len() * framing.request_header_length());
        let mut rest = requests.as_slice();
        for payload in &expected {
            let behind = &rest[framing.request_header_length()..];
            prop_assert!(behind.starts_with(payload));
            rest = &behind[payload.len()..];
        }

        let in_parts: Vec<_> = answers.iter().map(|answer| answer.len() > 1).collect();
        let mut stream = Vec::new();
        let mut choices = interleaving.iter().cycle();
        while !answers.is_empty() {
            let chosen = choices.next().unwrap().index(answers.len());
            stream.extend(answers[chosen].remove(0));
            answers.retain(|answer| !answer.is_empty());
        }
        let mut taken = BTreeMap::new();
        prop_assert_eq!(tell_session_aside(&mut session, &stream, &pieces, &mut taken), Ok(()));
        prop_assert_eq!(session.in_flight(), 0);
        for _ in &asks {
            let completion = session.poll_completion().unwrap();
            prop_assert!(completion.result.is_ok());
            let index = completion.token as usize;
            match &asks[index] {
                Ask::ReadAside(script) => {
                    let data = data_at(script.offset, script.length);
                    let is_hole = framing.has_chunks() && data.iter().all(|byte| *byte == 0);
                    let (aside, memory) =
                        if in_parts[index] || is_hole { (None, Some(data)) } else { (Some(data), None) };
                    prop_assert!(taken.remove(&completion.cookie) == aside);
                    prop_assert!(completion.buffer == memory);
                }
                Ask::Read(script) => {
                    prop_assert!(completion.buffer == Some(data_at(script.offset, script.length)));
                }
                ask @ Ask::Write(_) => prop_assert!(completion.buffer == Some(ask.payload())),
                Ask::WriteAside(_) | Ask::Status => prop_assert_eq!(completion.buffer, None),
            }
        }
        prop_assert!(taken.is_empty());
        prop_assert_eq!(room(&mut session), 4096, "nothing is in flight: all is read ahead again");
    }
}

#[test]
fn at_any_byte_the_caller_may_turn_to_memory() {
    for framing in FRAMINGS {
        for moved in 0..100 {
            let mut session = session(framing);
            let cookie = session.submit(7, read_aside(1000, 100)).unwrap();
            send(&mut session, usize::MAX, 0);
            let data = data_at(1000, 100);
            let answer = whole(framing, cookie, true, 1000, &data);
            let (before, after) = answer.split_at(answer.len() - 100 + moved);
            tell_session(&mut session, before, &[9]).unwrap();
            assert_eq!(session.aside(), Some(Aside { cookie, moved, left: 100 - moved }));
            session.read_into_memory().copy_from_slice(&data[..moved]);
            assert_eq!(session.aside(), None);
            tell_session(&mut session, after, &[9]).unwrap();
            assert_eq!(session.poll_completion().unwrap().buffer, Some(data));
        }
    }
}

#[test]
fn no_more_than_a_header_is_read_while_data_is_to_be_taken_aside() {
    for (framing, header) in FRAMINGS.into_iter().zip([16, 28, 40]) {
        let mut session = session(framing);
        assert_eq!(room(&mut session), 4096);
        let cookies =
            [read_aside(0, 1000), read_aside(1000, 1000)].map(|command| session.submit(0, command).unwrap());
        send(&mut session, usize::MAX, 0);
        assert_eq!(room(&mut session), header);
        for (cookie, offset) in cookies.into_iter().zip([0, 1000]) {
            assert_eq!(room(&mut session), header);
            let answer = whole(framing, cookie, true, offset, &[7; 1000]);
            tell_session(&mut session, &answer, &[usize::MAX]).unwrap();
        }
        assert_eq!(room(&mut session), 4096);
    }
}

#[test]
fn a_read_that_fails_leaves_what_was_taken_to_the_caller() {
    for framing in [Framing::Structured, Framing::Extended] {
        for order in [[0, 1, 2], [1, 0, 2], [1, 2, 0]] {
            let mut session = session(framing);
            let cookie = session.submit(7, read_aside(512, 512)).unwrap();
            send(&mut session, usize::MAX, 0);
            let error =
                |done| chunk_in(framing, cookie, 512, done, NBD_REPLY_TYPE_ERROR, &message![5_u32, 0_u16]);
            let replies = order.map(|what| match what {
                0 => whole(framing, cookie, order[2] == 0, 512, &[1; 512]),
                1 => error(false),
                _ => error(order[2] == 2),
            });
            let mut taken = BTreeMap::new();
            tell_session_aside(&mut session, &replies.concat(), &[100], &mut taken).unwrap();
            let completion = session.poll_completion().unwrap();
            assert_eq!(completion.result.unwrap_err().errno, NbdErrno::Eio);
            assert_eq!(completion.buffer, None);
            assert_eq!(taken[&cookie], [1; 512]);
            assert_eq!(room(&mut session), 4096, "it is over");
        }
    }
}

#[test]
fn a_read_that_fails_at_once_has_nothing_aside() {
    for framing in [Framing::Simple, Framing::Structured] {
        let mut session = session(framing);
        let cookie = session.submit(7, read_aside(0, 4096)).unwrap();
        send(&mut session, usize::MAX, 0);
        tell_session(&mut session, &simple_reply(cookie, 5), &[3]).unwrap();
        assert_eq!(session.aside(), None);
        assert_eq!(session.poll_completion().unwrap().result.unwrap_err().errno, NbdErrno::Eio);
        assert_eq!(room(&mut session), 4096);
    }
}

#[test]
fn data_that_comes_twice_is_refused_wherever_the_first_went() {
    for framing in [Framing::Structured, Framing::Extended] {
        let twice = |first: &[u8], second: &[u8]| {
            let mut session = session(framing);
            session.submit(7, read_aside(512, 512)).unwrap();
            send(&mut session, usize::MAX, 0);
            tell_session(&mut session, &[first, second].concat(), &[64])
        };
        let data = whole(framing, 1, false, 512, &[1; 512]);
        let part = [message![1000_u64], vec![1; 24]].concat();
        let part = chunk_in(framing, 1, 512, false, NBD_REPLY_TYPE_OFFSET_DATA, &part);
        let hole = message![512_u64, 512_u32];
        let hole = chunk_in(framing, 1, 512, false, NBD_REPLY_TYPE_OFFSET_HOLE, &hole);
        for (first, second) in
            [(&data, &data), (&data, &part), (&part, &data), (&data, &hole), (&hole, &data)]
        {
            assert_eq!(twice(first, second), Err(ProtocolError::ReadRange));
        }
        let done = whole(framing, 1, true, 512, &[1; 512]);
        assert_eq!(twice(&done, &part), Err(ProtocolError::Cookie(1)), "it is over");
    }
}

#[test]
fn a_write_that_is_answered_early_is_over_when_it_is_sent() {
    let mut session = session(Framing::Structured);
    let cookie = session.submit(7, write_aside(100)).unwrap();
    session.submit(8, Command::Flush).unwrap();
    let early = tell_session(&mut session, &simple_reply(cookie, 28), &[5]);
    assert_eq!(early, Err(ProtocolError::Cookie(cookie)), "before it was sent");

    let mut session = Session::new(session.export().clone());
    let cookie = session.submit(7, write_aside(100)).unwrap();
    session.submit(8, Command::Flush).unwrap();
    session.handle_transmitted(28);
    session.handle_transmitted(40);
    assert_eq!(session.transmit_aside(), Some(Aside { cookie, moved: 40, left: 60 }));
    assert_eq!(session.transmit().next(), None, "the flush waits for its turn");
    tell_session(&mut session, &simple_reply(cookie, 28), &[5]).unwrap();
    assert_eq!(session.poll_completion(), None);
    session.handle_transmitted(60);
    assert_eq!(session.poll_completion().unwrap().result.unwrap_err().errno, NbdErrno::Enospc);
    assert_eq!(session.transmit_aside(), None);
    assert_eq!(session.transmit().flatten().count(), 28, "the flush");
}

#[test]
fn of_a_server_that_goes_away_only_what_was_begun_is_finished() {
    let mut session = session(Framing::Structured);
    let first = session.submit(1, Command::Flush).unwrap();
    session.submit(2, write_aside(100)).unwrap();
    session.submit(3, write_aside(100)).unwrap();
    session.submit(4, read_aside(0, 100)).unwrap();
    session.handle_transmitted(28 + 28 + 30);
    tell_session(&mut session, &simple_reply(first, 108), &[usize::MAX]).unwrap();
    let over: Vec<_> = std::iter::from_fn(|| session.poll_completion()).map(|over| over.token).collect();
    assert_eq!(over, [1, 3, 4]);
    assert_eq!(session.submit(5, read_aside(0, 100)), Err(RequestError::ServerShutdown));
    assert_eq!(send(&mut session, usize::MAX, 3), [3; 70]);
    assert_eq!(room(&mut session), 4096, "no read is in flight any more");
    tell_session(&mut session, &simple_reply(2, 0), &[usize::MAX]).unwrap();
    assert_eq!(session.poll_completion().unwrap().result, Ok(Reply::Done));
}

#[test]
fn such_requests_keep_to_the_export_as_others_do() {
    let mut export = capable_export();
    export.block_size.maximum_payload = 65_536;
    for command in [read_aside, |offset, length| Command::WriteAside { run: Run::new(offset, length) }] {
        assert_eq!(command(0, 0).check(&export), Err(RequestError::Empty));
        assert_eq!(command(0, 65_537).check(&export), Err(RequestError::TooLong { maximum: 65_536 }));
        assert_eq!(command(1 << 20, 1).check(&export), Err(RequestError::BeyondEnd { size: 1 << 20 }));
        assert_eq!(command(u64::MAX, 2).check(&export), Err(RequestError::BeyondEnd { size: 1 << 20 }));
        assert_eq!(command(0, 65_536).check(&export), Ok(()));
    }
    export.read_only = true;
    assert_eq!(write_aside(1).check(&export), Err(RequestError::ReadOnly));
    assert_eq!(read_aside(0, 1).check(&export), Ok(()));
}
