//! Messages of both sides, true or not.

use nbd_proto::framing::Framing;
use nbd_proto::wire::{
    NBD_EXTENDED_REPLY_MAGIC, NBD_INFO_BLOCK_SIZE, NBD_INFO_DESCRIPTION, NBD_INFO_EXPORT, NBD_INFO_NAME,
    NBD_MAGIC, NBD_OLDSTYLE_MAGIC, NBD_OPTS_MAGIC, NBD_REP_ACK, NBD_REP_ERR_UNSUP, NBD_REP_FLAG_ERROR,
    NBD_REP_INFO, NBD_REP_MAGIC, NBD_REP_META_CONTEXT, NBD_REP_SERVER, NBD_REPLY_TYPE_BLOCK_STATUS,
    NBD_REPLY_TYPE_BLOCK_STATUS_EXT, NBD_REPLY_TYPE_ERROR, NBD_REPLY_TYPE_ERROR_OFFSET, NBD_REPLY_TYPE_NONE,
    NBD_REPLY_TYPE_OFFSET_DATA, NBD_REPLY_TYPE_OFFSET_HOLE, NBD_SIMPLE_REPLY_MAGIC,
    NBD_STRUCTURED_REPLY_MAGIC,
};

use crate::script::Script;

/// Appends big-endian fields of different widths.
macro_rules! message {
    ($($field:expr),* $(,)?) => {{
        let mut message: Vec<u8> = Vec::new();
        $(message.extend_from_slice(&$field.to_be_bytes());)*
        message
    }};
}
pub(crate) use message;

/// A payload's length as it is announced: mostly the true one.
fn announced(script: &mut Script<'_>, payload: &[u8]) -> u64 {
    if script.byte() < 0xe0 { payload.len() as u64 } else { script.number() }
}

/// An option as a client sends it.
pub(crate) fn option(code: u32, payload: &[u8]) -> Vec<u8> {
    [message![NBD_OPTS_MAGIC, code, payload.len() as u32], payload.to_vec()].concat()
}

/// A reply to an option.
pub(crate) fn option_reply(code: u32, kind: u32, payload: &[u8]) -> Vec<u8> {
    [message![NBD_REP_MAGIC, code, kind, payload.len() as u32], payload.to_vec()].concat()
}

fn counted(text: &[u8]) -> Vec<u8> {
    [message![text.len() as u32], text.to_vec()].concat()
}

/// A greeting, and what a server of any age may say in it.
pub(crate) fn greeting(script: &mut Script<'_>) -> Vec<u8> {
    match script.byte() {
        0xfd => message![NBD_MAGIC, NBD_OLDSTYLE_MAGIC, script.number()],
        0xfe => message![NBD_MAGIC, NBD_OPTS_MAGIC, script.number_u32() as u16],
        0xff => script.bytes().to_vec(),
        flags => message![NBD_MAGIC, NBD_OPTS_MAGIC, u16::from(flags % 4)],
    }
}

/// A server's reply, mostly to the option that is `open`.
pub(crate) fn any_option_reply(script: &mut Script<'_>, open: u32) -> Vec<u8> {
    let (kind, payload) = match script.byte() % 12 {
        0 | 1 => (NBD_REP_ACK, Vec::new()),
        2 => (NBD_REP_INFO, message![NBD_INFO_EXPORT, script.number(), script.number_u32() as u16]),
        3 => (
            NBD_REP_INFO,
            message![NBD_INFO_BLOCK_SIZE, script.number_u32(), script.number_u32(), script.number_u32()],
        ),
        4 => (NBD_REP_INFO, [message![NBD_INFO_NAME], script.text()].concat()),
        5 => (NBD_REP_INFO, [message![NBD_INFO_DESCRIPTION], script.text()].concat()),
        6 => (NBD_REP_SERVER, [counted(&script.text()), script.text()].concat()),
        7 => (NBD_REP_META_CONTEXT, [message![script.number_u32()], script.text()].concat()),
        8 => (NBD_REP_FLAG_ERROR + u32::from(script.byte() % 12), script.text()),
        9 => (NBD_REP_ERR_UNSUP, Vec::new()),
        10 => (script.number_u32(), script.bytes().to_vec()),
        _ => return script.bytes().to_vec(),
    };
    let code = if script.byte() < 0xf0 { open } else { script.number_u32() };
    let length = announced(script, &payload) as u32;
    [message![NBD_REP_MAGIC, code, kind, length], payload].concat()
}

/// A client's option, or something like it.
pub(crate) fn any_option(script: &mut Script<'_>) -> Vec<u8> {
    let code = script.byte();
    if code == 0xff {
        return script.bytes().to_vec();
    }
    let code = if code == 0xfe { script.number_u32() } else { u32::from(code % 13) };
    let payload = match script.byte() % 8 {
        0 | 1 => Vec::new(),
        2 => b"disk".to_vec(),
        3 => script.text(),
        4 | 5 => {
            let kinds: Vec<u8> = script.bytes().iter().flat_map(|kind| [0, *kind]).collect();
            [counted(&name(script)), message![(kinds.len() / 2) as u16], kinds].concat()
        }
        6 => {
            let name = name(script);
            let queries: Vec<_> = (0..script.byte() % 5).map(|_| counted(&script.text())).collect();
            [counted(&name), message![queries.len() as u32], queries.concat()].concat()
        }
        _ => script.bytes().to_vec(),
    };
    let length = announced(script, &payload) as u32;
    [message![NBD_OPTS_MAGIC, code, length], payload].concat()
}

/// The name of an export that there is, or of none.
fn name(script: &mut Script<'_>) -> Vec<u8> {
    if script.flag() { script.text() } else { b"disk".to_vec() }
}

/// A server's reply to one of the requests that were made: cookies count from 1.
pub(crate) fn any_reply(script: &mut Script<'_>, framing: Framing, requests: &[(u64, u64)]) -> Vec<u8> {
    let form = match script.byte() {
        0xfc => Framing::Simple,
        0xfd => Framing::Structured,
        0xfe => Framing::Extended,
        0xff => return script.bytes().to_vec(),
        _ => framing,
    };
    let about = requests.get(usize::from(script.byte()) % requests.len().max(1));
    let (cookie, offset) = about.copied().unwrap_or((script.number(), 0));
    if form == Framing::Simple || form == Framing::Structured && script.byte() >= 0xf0 {
        let error = if script.flag() { script.number_u32() } else { 0 };
        return [message![NBD_SIMPLE_REPLY_MAGIC, error, cookie], script.bytes().to_vec()].concat();
    }
    let near = |script: &mut Script<'_>| offset.wrapping_add(script.number());
    let (kind, payload) = match script.byte() % 9 {
        0 => (NBD_REPLY_TYPE_NONE, Vec::new()),
        1 => (NBD_REPLY_TYPE_OFFSET_DATA, [message![near(script)], script.bytes().to_vec()].concat()),
        2 => (NBD_REPLY_TYPE_OFFSET_DATA, {
            let length = script.number().min(10_000) as usize;
            [message![near(script)], vec![7; length]].concat()
        }),
        3 => (NBD_REPLY_TYPE_OFFSET_HOLE, message![near(script), script.number_u32()]),
        4 => (NBD_REPLY_TYPE_BLOCK_STATUS, compact_status(script)),
        5 => (NBD_REPLY_TYPE_BLOCK_STATUS_EXT, extended_status(script)),
        6 => (NBD_REPLY_TYPE_ERROR, error(script)),
        7 => (NBD_REPLY_TYPE_ERROR_OFFSET, [error(script), message![near(script)]].concat()),
        _ => (script.number_u32() as u16, script.bytes().to_vec()),
    };
    let done = u16::from(script.flag());
    let length = announced(script, &payload);
    let header = if form == Framing::Extended {
        let offset = if script.byte() < 0xf0 { offset } else { script.number() };
        message![NBD_EXTENDED_REPLY_MAGIC, done, kind, cookie, offset, length]
    } else {
        message![NBD_STRUCTURED_REPLY_MAGIC, done, kind, cookie, length as u32]
    };
    [header, payload].concat()
}

fn compact_status(script: &mut Script<'_>) -> Vec<u8> {
    let id = u32::from(script.byte() % 4);
    let descriptors: Vec<u8> = (0..script.byte() % 6)
        .flat_map(|_| message![script.number_u32(), u32::from(script.byte() % 4)])
        .collect();
    [message![id], descriptors].concat()
}

fn extended_status(script: &mut Script<'_>) -> Vec<u8> {
    let (id, count) = (u32::from(script.byte() % 4), script.byte() % 6);
    let descriptors: Vec<u8> =
        (0..count).flat_map(|_| message![script.number(), u64::from(script.byte() % 4)]).collect();
    let told = if script.byte() < 0xf0 { u32::from(count) } else { script.number_u32() };
    [message![id, told], descriptors].concat()
}

fn error(script: &mut Script<'_>) -> Vec<u8> {
    let errno = script.choose(&[5_u32, 22, 28, 108, 0, u32::MAX]);
    let text = script.text();
    let length = if script.byte() < 0xe0 { text.len() as u16 } else { script.number_u32() as u16 };
    [message![errno, length], text].concat()
}
