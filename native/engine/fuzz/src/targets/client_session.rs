//! A client's transmission with a server that says anything.

use std::collections::BTreeSet;

use extent::Run;
use nbd_proto::client::{Command, Completion, Reply, Session};
use nbd_proto::context::Context;
use nbd_proto::error::ProtocolError;
use nbd_proto::export::Export;
use nbd_proto::framing::Framing;
use nbd_proto::wire::NBD_FLAG_READ_ONLY;

use crate::exchange::{LARGEST_BUFFER, fill};
use crate::message::any_reply;
use crate::script::Script;

/// The first byte says what was negotiated, the second in which pieces the server is heard; then follow what the
/// caller does and what the server says.
pub(crate) fn run(input: &[u8]) {
    let mut script = Script::new(input);
    let (setup, piece) = (script.byte(), script.byte());
    let export = export(setup);
    let mut steps = Vec::new();
    let first = converse(&export, usize::MAX, |requests| {
        let step = next(&mut script, &export, requests)?;
        steps.push(step.clone());
        Some(step)
    });
    // However the bytes are cut, and whatever was in the buffers, the same comes of them.
    let mut steps = steps.into_iter().map(|step| match step {
        Step::Submit(Command::Read { offset, mut buffer, dont_fragment }) => {
            buffer.fill(0x11);
            Step::Submit(Command::Read { offset, buffer, dont_fragment })
        }
        other => other,
    });
    let again = converse(&export, usize::from(piece % 64) + 1, |_| steps.next());
    assert_eq!(first, again);
}

/// An export in which everything works, of three contexts where there can be any.
pub(crate) fn export(setup: u8) -> Export {
    let size = if setup & 0x80 == 0 { 1 << 20 } else { (1 << 63) - 1 };
    let mut export = Export::new("x".to_owned(), size, !NBD_FLAG_READ_ONLY).unwrap();
    export.framing = [Framing::Simple, Framing::Structured, Framing::Extended][usize::from(setup % 3)];
    export.block_size.minimum = 1;
    if export.framing.has_chunks() {
        let context = |id| Context { id, name: format!("x:{id}") };
        export.contexts = (0..3).map(context).collect();
    }
    export.can_df = export.framing.has_chunks();
    export.can_block_status_payload = export.framing == Framing::Extended && setup & 0x40 == 0;
    export
}

/// Longer ones are only slower.
const LONGEST_BUFFER: u64 = 10_000;

/// A request that the export takes, or not.
pub(crate) fn any_command(script: &mut Script<'_>, export: &Export) -> Command {
    let kind = script.byte();
    let (offset, flag) = (script.number(), kind & 0x80 != 0);
    let length = script.number();
    let run = Run::new(offset, length);
    let payload = length.min(LONGEST_BUFFER) as usize;
    match kind % 8 {
        0 | 1 => Command::Read { offset, buffer: vec![0xee; payload], dont_fragment: flag },
        2 => Command::Write { offset, buffer: vec![kind; payload], fua: flag },
        3 => Command::Zero { run, may_unmap: flag, fast: kind & 0x40 != 0, fua: kind & 0x20 != 0 },
        4 => Command::Trim { run, fua: flag },
        5 => Command::Cache { run },
        6 => Command::Flush,
        _ => {
            let chosen = script.byte();
            let names = export.contexts.iter().enumerate();
            let names = names.filter(|(index, _)| chosen >> index & 1 != 0);
            let contexts = names.map(|(_, context)| context.name.clone()).collect();
            Command::BlockStatus { run, request_one: flag, contexts }
        }
    }
}

#[derive(Clone)]
enum Step {
    Submit(Command),
    Transmit(usize),
    Hear(Vec<u8>),
    Disconnect,
}

fn next(script: &mut Script<'_>, export: &Export, requests: &[(u64, u64)]) -> Option<Step> {
    if script.is_over() {
        return None;
    }
    Some(match script.byte() % 8 {
        0 | 1 => Step::Submit(any_command(script, export)),
        2 => Step::Transmit(script.number().min(1 << 20) as usize),
        3 => Step::Transmit(usize::MAX),
        4 if script.byte() == 0 => Step::Disconnect,
        _ => Step::Hear(any_reply(script, export.framing, requests)),
    })
}

/// What came of it: the broken rule, the requests that are over, and what the client said.
type Ending = (Result<(), ProtocolError>, Vec<Completion>, Vec<u8>);

/// Does step after step; `next` is told the cookies and offsets of the requests so far.
fn converse(export: &Export, piece: usize, mut next: impl FnMut(&[(u64, u64)]) -> Option<Step>) -> Ending {
    let mut session = Session::new(export.clone());
    let (mut requests, mut said, mut completions) = (Vec::new(), Vec::new(), Vec::new());
    let mut result = Ok(());
    while let Some(step) = next(&requests) {
        match step {
            Step::Submit(command) => {
                let offset = command.run().offset;
                if let Ok(cookie) = session.submit(requests.len() as u64, command) {
                    requests.push((cookie, offset));
                }
            }
            Step::Transmit(count) => transmit(&mut session, count, &mut said),
            Step::Disconnect => session.disconnect(),
            Step::Hear(message) => result = hear(&mut session, &message, piece),
        }
        completions.extend(std::iter::from_fn(|| session.poll_completion()));
        if result.is_err() {
            break;
        }
    }
    check(&completions, export);
    // What a read that failed left in its buffer is undefined.
    for over in completions.iter_mut().filter(|over| over.result.is_err()) {
        over.buffer = None;
    }
    assert_eq!(session.in_flight() + completions.len(), requests.len());
    (result, completions, said)
}

/// Sends up to `count` bytes.
pub(crate) fn transmit(session: &mut Session, count: usize, said: &mut Vec<u8>) {
    let before = said.len();
    said.extend(session.transmit().flatten().take(count));
    session.handle_transmitted(said.len() - before);
}

/// Hears `message` in pieces.
pub(crate) fn hear(session: &mut Session, mut message: &[u8], piece: usize) -> Result<(), ProtocolError> {
    while !message.is_empty() {
        let mut count = 0;
        for buffer in session.receive_buffers() {
            assert!(buffer.len() <= LARGEST_BUFFER);
            count += fill(buffer, &message[count..message.len().min(piece)]);
        }
        assert_ne!(count, 0, "a session always has room");
        session.handle_received(count)?;
        message = &message[count..];
    }
    Ok(())
}

/// No request is over twice, and block status is within what was asked for.
pub(crate) fn check(completions: &[Completion], export: &Export) {
    let cookies: BTreeSet<u64> = completions.iter().map(|over| over.cookie).collect();
    assert_eq!(cookies.len(), completions.len());
    for over in completions {
        let Ok(Reply::BlockStatus(statuses)) = &over.result else { continue };
        assert!(!statuses.is_empty() && statuses.len() <= export.contexts.len());
        for (index, status) in statuses.iter().enumerate() {
            assert!(export.contexts.contains(&status.context));
            assert!(statuses[..index].iter().all(|earlier| earlier.context != status.context));
            let lengths = status.descriptors.iter().map(|descriptor| u128::from(descriptor.length));
            assert!(lengths.clone().all(|length| length > 0));
            assert!((1..=u128::from(over.run.length)).contains(&lengths.sum()));
        }
    }
}
