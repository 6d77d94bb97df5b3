//! Bodies of block status, byte by byte.

use extent::Run;
use nbd_proto::client::Session;
use nbd_proto::client::{Command, Reply};
use nbd_proto::framing::Framing;
use nbd_proto::server::ReplyEncoder;
use nbd_proto::wire::{
    NBD_EXTENDED_REPLY_MAGIC, NBD_REPLY_TYPE_BLOCK_STATUS, NBD_REPLY_TYPE_BLOCK_STATUS_EXT,
    NBD_STRUCTURED_REPLY_MAGIC,
};

use super::client_session::{check, export, hear, transmit};
use crate::message::message;
use crate::script::Script;

/// What was asked for; then chunks, each of one of the contexts with a body of any bytes.
pub(crate) fn run(input: &[u8]) {
    let mut script = Script::new(input);
    let (setup, asked) = (script.byte(), script.byte());
    let export = export(setup);
    if !export.framing.has_chunks() {
        return;
    }
    let run = Run::new(script.number(), script.number());
    let contexts = export.contexts.iter().enumerate().filter(|(index, _)| asked >> index & 1 != 0);
    let contexts: Vec<_> = contexts.map(|(_, context)| context.name.clone()).collect();
    let mut session = Session::new(export.clone());
    let status = Command::BlockStatus { run, request_one: asked & 0x80 != 0, contexts };
    let Ok(cookie) = session.submit(0, status) else { return };
    transmit(&mut session, usize::MAX, &mut Vec::new());

    while !script.is_over() && session.in_flight() > 0 {
        let which = script.byte();
        let body = [message![u32::from(which % 4)], script.bytes().to_vec()].concat();
        let (done, length) = (u16::from(which & 0x80 != 0), body.len());
        let header = if export.framing == Framing::Extended {
            let kind = NBD_REPLY_TYPE_BLOCK_STATUS_EXT;
            message![NBD_EXTENDED_REPLY_MAGIC, done, kind, cookie, run.offset, length as u64]
        } else {
            message![NBD_STRUCTURED_REPLY_MAGIC, done, NBD_REPLY_TYPE_BLOCK_STATUS, cookie, length as u32]
        };
        if hear(&mut session, &[header, body].concat(), usize::MAX).is_err() {
            return;
        }
    }
    let Some(over) = session.poll_completion() else { return };
    check(std::slice::from_ref(&over), &export);
    let Ok(Reply::BlockStatus(statuses)) = over.result else { return };
    // A server that says the same is understood in the same way.
    let mut session = Session::new(export.clone());
    let contexts = statuses.iter().map(|status| status.context.name.clone()).collect();
    let same = Command::BlockStatus { run, request_one: asked & 0x80 != 0, contexts };
    let cookie = session.submit(0, same).unwrap();
    transmit(&mut session, usize::MAX, &mut Vec::new());
    let mut answer = Vec::new();
    for (index, status) in statuses.iter().enumerate() {
        let is_last = index + 1 == statuses.len();
        let encoder = ReplyEncoder::new(export.framing, cookie, run.offset);
        encoder.block_status(status.context.id, &status.descriptors, is_last, &mut answer);
    }
    hear(&mut session, &answer, 1).unwrap();
    assert_eq!(session.poll_completion().map(|over| over.result), Some(Ok(Reply::BlockStatus(statuses))));
}
