//! A session and a server that keeps to the protocol, however its bytes come.

use extent::Run;
use proptest::prelude::*;

use super::*;
use crate::client::{Command, Reply, Session};
use crate::context::{Context, Descriptor};
use crate::errno::NbdErrno;

fn read(offset: u64, length: usize) -> Command {
    Command::Read { offset, buffer: vec![0xee; length], dont_fragment: false }
}

/// What is at an offset of the scripted export; zero in every third of its 512-byte blocks.
fn byte_at(offset: u64) -> u8 {
    if (offset / 512).is_multiple_of(3) { 0 } else { (offset % 251) as u8 + 1 }
}

pub(super) fn data_at(offset: u64, length: u64) -> Vec<u8> {
    (offset..offset + length).map(byte_at).collect()
}

#[test]
fn requests_look_as_the_specification_has_it() {
    let mut session = Session::new(capable_export());
    session.submit(7, Command::Write { offset: 0x1234, buffer: vec![9; 3], fua: true }).unwrap();
    let zero = Command::Zero { run: Run::new(8, 16), may_unmap: false, fast: true, fua: false };
    session.submit(8, zero).unwrap();
    session.submit(9, Command::Flush).unwrap();
    session.disconnect();
    let write = message![NBD_REQUEST_MAGIC, 1_u16, NBD_CMD_WRITE, 1_u64, 0x1234_u64, 3_u32];
    let zero = message![NBD_REQUEST_MAGIC, 0b1_0010_u16, NBD_CMD_WRITE_ZEROES, 2_u64, 8_u64, 16_u32];
    let flush = message![NBD_REQUEST_MAGIC, 0_u16, NBD_CMD_FLUSH, 3_u64, 0_u64, 0_u32];
    let leave = message![NBD_REQUEST_MAGIC, 0_u16, NBD_CMD_DISC, 0_u64, 0_u64, 0_u32];
    assert_eq!(take_requests(&mut session), [write, vec![9; 3], zero, flush, leave].concat());
}

#[test]
fn requests_leave_in_pieces_of_any_size() {
    for piece in [1, 2, 27, 28, 29, 1000] {
        let mut session = Session::new(capable_export());
        for index in 0..3_u8 {
            let write = Command::Write { offset: 0, buffer: vec![index; 100], fua: false };
            session.submit(0, write).unwrap();
        }
        let expected: Vec<u8> = session.transmit().flatten().copied().collect();
        let mut sent = Vec::new();
        while session.wants_transmit() {
            let next: Vec<u8> = session.transmit().flatten().copied().take(piece).collect();
            session.handle_transmitted(next.len());
            sent.extend(next);
        }
        assert_eq!(sent, expected);
    }
}

#[test]
fn a_buffer_stays_until_it_is_sent_even_if_the_reply_is_faster() {
    let mut session = Session::new(capable_export());
    let cookie = session.submit(7, Command::Write { offset: 0, buffer: vec![5; 100], fua: false }).unwrap();
    session.handle_transmitted(28 + 40);
    tell_session(&mut session, &simple_reply(cookie, 28), &[5]).unwrap();
    assert_eq!(session.poll_completion(), None);
    assert_eq!(session.in_flight(), 1);
    session.handle_transmitted(60);
    let completion = session.poll_completion().unwrap();
    assert_eq!((completion.token, completion.buffer), (7, Some(vec![5; 100])));
    assert_eq!(completion.result.unwrap_err().errno, NbdErrno::Enospc);
}

#[test]
fn simple_replies_carry_a_read_s_data() {
    let mut export = capable_export();
    export.framing = Framing::Simple;
    let mut session = Session::new(export);
    let first = session.submit(1, read(0, 3)).unwrap();
    let second = session.submit(2, read(100, 5)).unwrap();
    let third = session.submit(3, read(200, 5)).unwrap();
    take_requests(&mut session);
    let replies = [
        simple_reply(second, 0),
        b"hello".to_vec(),
        simple_reply(third, 5),
        simple_reply(first, 0),
        b"abc".to_vec(),
    ];
    tell_session(&mut session, &replies.concat(), &[4]).unwrap();
    let completions: Vec<_> = std::iter::from_fn(|| session.poll_completion()).collect();
    assert_eq!(completions.iter().map(|completion| completion.token).collect::<Vec<_>>(), [2, 3, 1]);
    assert_eq!(completions[0].buffer.as_deref(), Some(&b"hello"[..]));
    assert_eq!(completions[1].result.as_ref().unwrap_err().errno, NbdErrno::Eio);
    assert_eq!(completions[2].buffer.as_deref(), Some(&b"abc"[..]));
}

#[test]
fn errors_tell_where_and_why() {
    let mut session = Session::new(capable_export());
    let cookie = session.submit(0, read(512, 512)).unwrap();
    take_requests(&mut session);
    let data = [message![512_u64], vec![1; 100]].concat();
    let error = [message![5_u32, 4_u16], b"ouch".to_vec(), message![600_u64]].concat();
    let replies = [
        chunk(cookie, false, NBD_REPLY_TYPE_OFFSET_DATA, &data),
        chunk(cookie, false, NBD_REPLY_TYPE_ERROR_OFFSET, &error),
        chunk(cookie, true, NBD_REPLY_TYPE_NONE, &[]),
    ];
    tell_session(&mut session, &replies.concat(), &[1]).unwrap();
    let failure = session.poll_completion().unwrap().result.unwrap_err();
    assert_eq!((failure.errno, failure.offset), (NbdErrno::Eio, Some(600)));
    assert_eq!(failure.message.as_deref(), Some("ouch"));
}

#[test]
fn block_status_of_several_contexts() {
    let mut export = capable_export();
    let context = |id, name: &str| Context { id, name: name.to_owned() };
    export.contexts = vec![context(4, "base:allocation"), context(9, "qemu:dirty-bitmap:b")];
    let mut session = Session::new(export);
    let status = Command::BlockStatus { run: Run::new(1000, 3000), request_one: false, contexts: vec![] };
    let cookie = session.submit(0, status).unwrap();
    take_requests(&mut session);
    let replies = [
        chunk(cookie, false, NBD_REPLY_TYPE_BLOCK_STATUS, &message![9_u32, 500_u32, 1_u32]),
        chunk(
            cookie,
            true,
            NBD_REPLY_TYPE_BLOCK_STATUS,
            &message![4_u32, 2000_u32, 0_u32, u32::MAX - 511, 3_u32],
        ),
    ];
    tell_session(&mut session, &replies.concat(), &[3]).unwrap();
    let Ok(Reply::BlockStatus(statuses)) = session.poll_completion().unwrap().result else { panic!() };
    assert_eq!(statuses[0].context.name, "qemu:dirty-bitmap:b");
    assert_eq!(statuses[0].descriptors, [Descriptor { length: 500, flags: 1 }]);
    let clipped = [Descriptor { length: 2000, flags: 0 }, Descriptor { length: 1000, flags: 3 }];
    assert_eq!(statuses[1].descriptors, clipped, "the last one ends where the request does");
}

/// How a read is answered: where it is cut, and in which order the pieces come.
#[derive(Debug, Clone)]
pub(super) struct ReadScript {
    pub(super) offset: u64,
    pub(super) length: u64,
    cuts: Vec<u64>,
    order: Vec<u16>,
}

pub(super) fn read_script() -> impl Strategy<Value = ReadScript> {
    let cuts = proptest::collection::vec(1_u64..9000, 0..6);
    (0_u64..100_000, 1_u64..9000, cuts, proptest::collection::vec(any::<u16>(), 8))
        .prop_map(|(offset, length, cuts, order)| ReadScript { offset, length, cuts, order })
}

/// The chunks that answer a read, the last one done; zeroes as holes.
pub(super) fn chunks(framing: Framing, cookie: u64, script: &ReadScript) -> Vec<Vec<u8>> {
    let mut cuts: Vec<u64> = script.cuts.iter().copied().filter(|cut| *cut < script.length).collect();
    cuts.extend([0, script.length]);
    cuts.sort_unstable();
    cuts.dedup();
    let mut pieces: Vec<_> = cuts.windows(2).map(|cut| (script.offset + cut[0], cut[1] - cut[0])).collect();
    pieces.sort_by_key(|(offset, _)| script.order[*offset as usize % script.order.len()]);
    let last = pieces.len() - 1;
    let encode = |(index, (offset, length)): (usize, (u64, u64))| {
        let data = data_at(offset, length);
        let (kind, payload) = if data.iter().all(|byte| *byte == 0) {
            (NBD_REPLY_TYPE_OFFSET_HOLE, message![offset, length as u32])
        } else {
            (NBD_REPLY_TYPE_OFFSET_DATA, [message![offset], data].concat())
        };
        chunk_in(framing, cookie, script.offset, index == last, kind, &payload)
    };
    pieces.into_iter().enumerate().map(encode).collect()
}

proptest! {
    #[test]
    fn reads_arrive_whole_in_any_order_and_any_pieces(
        scripts in proptest::collection::vec(read_script(), 1..6),
        interleaving in proptest::collection::vec(any::<prop::sample::Index>(), 40),
        pieces in proptest::collection::vec(1_usize..6000, 1..8),
    ) {
        let mut session = Session::new(capable_export());
        let mut answers = Vec::new();
        for (token, script) in scripts.iter().enumerate() {
            let command = read(script.offset, script.length as usize);
            let cookie = session.submit(token as u64, command).unwrap();
            answers.push(chunks(Framing::Structured, cookie, script));
        }
        take_requests(&mut session);

        let mut stream = Vec::new();
        let mut choices = interleaving.iter().cycle();
        while !answers.is_empty() {
            let chosen = choices.next().unwrap().index(answers.len());
            stream.extend(answers[chosen].remove(0));
            answers.retain(|answer| !answer.is_empty());
        }
        prop_assert!(tell_session(&mut session, &stream, &pieces).is_ok());
        prop_assert_eq!(session.in_flight(), 0);
        for _ in &scripts {
            let completion = session.poll_completion().unwrap();
            let script = &scripts[completion.token as usize];
            prop_assert_eq!(completion.result, Ok(Reply::Done));
            prop_assert!(completion.buffer == Some(data_at(script.offset, script.length)));
        }
    }
}
