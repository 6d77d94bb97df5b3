//! Options as a server reads them, and its replies.

use crate::error::ProtocolError;
use crate::fields::Fields;
use crate::text;
use crate::wire::NBD_REP_MAGIC;

/// Appends a reply to `out`.
pub(super) fn encode_reply(option: u32, kind: u32, payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&NBD_REP_MAGIC.to_be_bytes());
    out.extend_from_slice(&option.to_be_bytes());
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&text::length(payload).to_be_bytes());
    out.extend_from_slice(payload);
}

/// `NBD_OPT_INFO` and `NBD_OPT_GO`: the export's name and the kinds of information asked for.
pub(super) fn parse_info(payload: &[u8]) -> Result<(String, Vec<u16>), ProtocolError> {
    let mut fields = Fields::new(payload);
    let export = text::parse(fields.counted()?)?;
    let count = fields.u16()?;
    let kinds = (0..count).map(|_| fields.u16()).collect::<Result<_, _>>()?;
    if fields.is_empty() { Ok((export, kinds)) } else { Err(ProtocolError::Truncated) }
}

/// `NBD_OPT_LIST_META_CONTEXT` and `NBD_OPT_SET_META_CONTEXT`: the export's name and the queries.
pub(super) fn parse_contexts(payload: &[u8]) -> Result<(String, Vec<String>), ProtocolError> {
    let mut fields = Fields::new(payload);
    let export = text::parse(fields.counted()?)?;
    let count = fields.u32()?;
    let mut queries = Vec::new();
    for _ in 0..count {
        queries.push(text::parse(fields.counted()?)?);
    }
    if fields.is_empty() { Ok((export, queries)) } else { Err(ProtocolError::Truncated) }
}
