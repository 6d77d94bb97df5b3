//! Requests as a server reads and judges them.

use extent::Run;
use nbd_proto::errno::NbdErrno;
use nbd_proto::framing::Framing;
use nbd_proto::server::{Action, Limits, Request};
use nbd_proto::wire::{
    EXTENDED_REQUEST_HEADER_LENGTH, NBD_EXTENDED_REQUEST_MAGIC, NBD_REQUEST_MAGIC, REQUEST_HEADER_LENGTH,
};

use crate::message::message;
use crate::script::Script;

/// The export, a request's header, and the rest is its payload.
pub(crate) fn run(input: &[u8]) {
    let mut script = Script::new(input);
    let setup = script.byte();
    let framing = [Framing::Simple, Framing::Structured, Framing::Extended][usize::from(setup % 3)];
    let limits = Limits {
        size: script.number() >> 1,
        read_only: setup & 0x80 != 0,
        framing,
        contexts: usize::from(setup / 4 % 4),
        maximum_payload: script.number_u32(),
    };
    let header = header(&mut script, framing);
    let Ok(request) = Request::decode(&header, &limits) else { return };
    if framing == Framing::Extended {
        assert!(request.payload_length() <= u64::from(limits.maximum_payload));
    }
    let Ok(action) = request.check(&limits) else { return };
    check(action, &limits);
    let chosen: Vec<u32> = (0..limits.contexts as u32).map(|index| 3 * index).collect();
    if let Action::FilteredBlockStatus { .. } = action {
        let payload = script.rest();
        let filtered = request.filter(payload, &chosen, &limits);
        if payload.len() as u64 == request.payload_length()
            && let Ok((run, ids)) = filtered
        {
            assert_inside(run, &limits);
            assert!(!ids.is_empty() && ids.iter().all(|id| chosen.contains(id)));
            assert!(ids.iter().enumerate().all(|(index, id)| !ids[..index].contains(id)));
        }
    }
    // What can be carried out can be answered.
    let mut answer = Vec::new();
    request.reply().done(&mut answer);
    request.reply().failed(NbdErrno::Eio, &mut answer);
}

fn header(script: &mut Script<'_>, framing: Framing) -> Vec<u8> {
    let is_extended = framing == Framing::Extended;
    let mut header = match script.byte() {
        0xff => script.bytes().to_vec(),
        kind => {
            let magic = if is_extended { NBD_EXTENDED_REQUEST_MAGIC } else { NBD_REQUEST_MAGIC };
            let flags = u16::from(script.byte());
            let fields = message![magic, flags, u16::from(kind % 10), script.number(), script.number()];
            let length = script.number();
            let length = if is_extended { message![length] } else { message![length as u32] };
            [fields, length].concat()
        }
    };
    header.resize(if is_extended { EXTENDED_REQUEST_HEADER_LENGTH } else { REQUEST_HEADER_LENGTH }, 0);
    header
}

/// What is to be done lies within the export and its limits.
fn check(action: Action, limits: &Limits) {
    match action {
        Action::Read { run, .. } => {
            assert_inside(run, limits);
            assert!(run.length <= u64::from(limits.maximum_payload));
        }
        Action::Write { run, .. } => {
            assert_inside(run, limits);
            assert!(run.length <= u64::from(limits.maximum_payload) && !limits.read_only);
        }
        Action::Zero { run, .. } | Action::Trim { run, .. } => {
            assert_inside(run, limits);
            assert!(!limits.read_only);
        }
        Action::Cache { run } => assert_inside(run, limits),
        Action::BlockStatus { run, .. } => {
            assert_inside(run, limits);
            assert!(limits.contexts > 0);
        }
        Action::FilteredBlockStatus { .. } => {
            assert!(limits.contexts > 0 && limits.framing == Framing::Extended);
        }
        Action::Flush | Action::Disconnect => {}
    }
}

fn assert_inside(run: Run, limits: &Limits) {
    assert!(run.length > 0 && run.offset.checked_add(run.length).is_some_and(|end| end <= limits.size));
}
