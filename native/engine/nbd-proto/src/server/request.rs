//! Requests as a server reads them.

use extent::Run;

use crate::errno::NbdErrno;
use crate::error::ProtocolError;
use crate::fields::Fields;
use crate::framing::Framing;
use crate::server::ReplyEncoder;
use crate::wire::{
    NBD_CMD_BLOCK_STATUS, NBD_CMD_CACHE, NBD_CMD_DISC, NBD_CMD_FLAG_DF, NBD_CMD_FLAG_FAST_ZERO,
    NBD_CMD_FLAG_FUA, NBD_CMD_FLAG_NO_HOLE, NBD_CMD_FLAG_PAYLOAD_LEN, NBD_CMD_FLAG_REQ_ONE, NBD_CMD_FLUSH,
    NBD_CMD_READ, NBD_CMD_TRIM, NBD_CMD_WRITE, NBD_CMD_WRITE_ZEROES, NBD_EXTENDED_REQUEST_MAGIC,
    NBD_REQUEST_MAGIC,
};

/// A request's header, read but not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The client's name for the request; every reply to it carries it.
    pub cookie: u64,
    flags: u16,
    kind: u16,
    run: Run,
    framing: Framing,
}

/// What a connection allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The export's size in bytes.
    pub size: u64,
    /// Writes are refused.
    pub read_only: bool,
    /// What was negotiated.
    pub framing: Framing,
    /// How many metadata contexts were chosen.
    pub contexts: usize,
    /// Largest read or write in bytes.
    pub maximum_payload: u32,
}

/// A request that is to be carried out. Ranges lie within the export and are not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read.
    Read {
        /// The range.
        run: Run,
        /// Answer with one data chunk.
        dont_fragment: bool,
    },
    /// Write what follows the header.
    Write {
        /// The range.
        run: Run,
        /// On stable storage before the reply.
        fua: bool,
    },
    /// Make a range zero.
    Zero {
        /// The range.
        run: Run,
        /// It may become a hole.
        may_unmap: bool,
        /// Fail rather than be slow.
        fast: bool,
        /// On stable storage before the reply.
        fua: bool,
    },
    /// Give a range's space back.
    Trim {
        /// The range.
        run: Run,
        /// On stable storage before the reply.
        fua: bool,
    },
    /// Prefetch a range.
    Cache {
        /// The range.
        run: Run,
    },
    /// Put all answered writes on stable storage.
    Flush,
    /// Tell the status of a range.
    BlockStatus {
        /// The range.
        run: Run,
        /// One descriptor.
        request_one: bool,
    },
    /// The same for the range and the contexts that a payload behind the header tells:
    /// [`Request::filter`] reads it.
    FilteredBlockStatus {
        /// One descriptor.
        request_one: bool,
    },
    /// The client leaves; there is no reply.
    Disconnect,
}

impl Request {
    /// Reads a header of [`Framing::request_header_length`] bytes.
    ///
    /// A wrong magic number means that the client's stream cannot be followed any more; a payload with extended
    /// headers that is longer than `limits` allow, that it had better not be.
    pub fn decode(header: &[u8], limits: &Limits) -> Result<Self, ProtocolError> {
        let framing = limits.framing;
        let is_extended = framing == Framing::Extended;
        let mut fields = Fields::new(header);
        let magic = fields.u32()?;
        if magic != if is_extended { NBD_EXTENDED_REQUEST_MAGIC } else { NBD_REQUEST_MAGIC } {
            return Err(ProtocolError::Magic(u64::from(magic)));
        }
        let (flags, kind, cookie) = (fields.u16()?, fields.u16()?, fields.u64()?);
        let offset = fields.u64()?;
        let length = if is_extended { fields.u64()? } else { u64::from(fields.u32()?) };
        let request = Self { cookie, flags, kind, run: Run::new(offset, length), framing };
        if is_extended && request.payload_length() > u64::from(limits.maximum_payload) {
            return Err(ProtocolError::TooLong { length });
        }
        Ok(request)
    }

    /// What replies to it are written with.
    #[must_use]
    pub fn reply(&self) -> ReplyEncoder {
        ReplyEncoder::new(self.framing, self.cookie, self.run.offset)
    }

    /// Bytes that follow the header, whatever becomes of the request.
    #[must_use]
    pub fn payload_length(&self) -> u64 {
        // QEMU 10.0 leaves the flag out with writes, which it must not, and sends their data.
        let is_announced = self.framing == Framing::Extended && self.flags & NBD_CMD_FLAG_PAYLOAD_LEN != 0;
        if is_announced || self.kind == NBD_CMD_WRITE { self.run.length } else { 0 }
    }

    /// What is to be done, or what the request fails with.
    pub fn check(&self, limits: &Limits) -> Result<Action, NbdErrno> {
        let has = |flag| self.flags & flag != 0;
        let (run, fua) = (self.run, has(NBD_CMD_FLAG_FUA));
        let (action, valid_flags) = match self.kind {
            NBD_CMD_READ => (Action::Read { run, dont_fragment: has(NBD_CMD_FLAG_DF) }, NBD_CMD_FLAG_DF),
            NBD_CMD_WRITE if self.framing == Framing::Extended => {
                (Action::Write { run, fua }, NBD_CMD_FLAG_PAYLOAD_LEN)
            }
            NBD_CMD_WRITE => (Action::Write { run, fua }, 0),
            NBD_CMD_DISC => (Action::Disconnect, 0),
            NBD_CMD_FLUSH => (Action::Flush, 0),
            NBD_CMD_TRIM => (Action::Trim { run, fua }, 0),
            NBD_CMD_CACHE => (Action::Cache { run }, 0),
            NBD_CMD_WRITE_ZEROES => {
                let (may_unmap, fast) = (!has(NBD_CMD_FLAG_NO_HOLE), has(NBD_CMD_FLAG_FAST_ZERO));
                (Action::Zero { run, may_unmap, fast, fua }, NBD_CMD_FLAG_NO_HOLE | NBD_CMD_FLAG_FAST_ZERO)
            }
            NBD_CMD_BLOCK_STATUS if self.payload_length() > 0 => {
                let request_one = has(NBD_CMD_FLAG_REQ_ONE);
                (Action::FilteredBlockStatus { request_one }, NBD_CMD_FLAG_REQ_ONE | NBD_CMD_FLAG_PAYLOAD_LEN)
            }
            NBD_CMD_BLOCK_STATUS => {
                (Action::BlockStatus { run, request_one: has(NBD_CMD_FLAG_REQ_ONE) }, NBD_CMD_FLAG_REQ_ONE)
            }
            _ => return Err(NbdErrno::Einval),
        };
        if matches!(action, Action::Disconnect) {
            return Ok(action);
        }
        // FUA is valid with every command, if without effect on those that write nothing.
        if self.flags & !(valid_flags | NBD_CMD_FLAG_FUA) != 0 {
            return Err(NbdErrno::Einval);
        }
        match action {
            Action::Flush => Ok(action),
            Action::FilteredBlockStatus { .. } => self.check_filter_length(limits).map(|()| action),
            _ => Self::check_range(action, run, limits),
        }
    }

    /// Reads what follows a [filtered](Action::FilteredBlockStatus) block status request: the range, and the ids
    /// of the contexts that it is for. They are among `chosen`, and each is there once.
    pub fn filter(
        &self,
        payload: &[u8],
        chosen: &[u32],
        limits: &Limits,
    ) -> Result<(Run, Vec<u32>), NbdErrno> {
        self.check_filter_length(limits)?;
        let mut fields = Fields::new(payload);
        let length = fields.u64().map_err(|_| NbdErrno::Einval)?;
        let mut ids = Vec::new();
        while !fields.is_empty() {
            let id = fields.u32().map_err(|_| NbdErrno::Einval)?;
            if !chosen.contains(&id) || ids.contains(&id) {
                return Err(NbdErrno::Einval);
            }
            ids.push(id);
        }
        let run = Run::new(self.run.offset, length);
        Self::check_range(Action::BlockStatus { run, request_one: false }, run, limits)?;
        Ok((run, ids))
    }

    /// A range and at least one context, at most all that were chosen.
    fn check_filter_length(&self, limits: &Limits) -> Result<(), NbdErrno> {
        let ids = self.payload_length().checked_sub(8).filter(|ids| *ids > 0 && ids.is_multiple_of(4));
        let most = u64::try_from(limits.contexts).unwrap_or(u64::MAX);
        ids.filter(|ids| ids / 4 <= most).map(drop).ok_or(NbdErrno::Einval)
    }

    fn check_range(action: Action, run: Run, limits: &Limits) -> Result<Action, NbdErrno> {
        let writes = matches!(action, Action::Write { .. } | Action::Zero { .. });
        if limits.read_only && (writes || matches!(action, Action::Trim { .. })) {
            return Err(NbdErrno::Eperm);
        }
        let end = run.offset.checked_add(run.length);
        if end.is_none_or(|end| end > limits.size) {
            return Err(if writes { NbdErrno::Enospc } else { NbdErrno::Einval });
        }
        let is_too_long = run.length > u64::from(limits.maximum_payload);
        let is_refused = match action {
            Action::Read { dont_fragment, .. } => {
                is_too_long || dont_fragment && !limits.framing.has_chunks()
            }
            Action::Write { .. } => is_too_long,
            Action::BlockStatus { .. } => limits.contexts == 0,
            _ => false,
        };
        if is_refused || run.length == 0 { Err(NbdErrno::Einval) } else { Ok(action) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        size: 1 << 40,
        read_only: false,
        framing: Framing::Structured,
        contexts: 1,
        maximum_payload: 32 << 20,
    };

    fn request(kind: u16, flags: u16, offset: u64, length: u64) -> Request {
        Request { cookie: 7, flags, kind, run: Run::new(offset, length), framing: Framing::Structured }
    }

    #[test]
    fn ranges_beyond_the_end() {
        let check = |kind, offset, length| request(kind, 0, offset, length).check(&LIMITS);
        for (offset, length) in
            [((1 << 40) - 1, 2), (1 << 40, 1), (u64::MAX, 1), (u64::MAX, u64::from(u32::MAX))]
        {
            assert_eq!(check(NBD_CMD_READ, offset, length), Err(NbdErrno::Einval));
            assert_eq!(check(NBD_CMD_TRIM, offset, length), Err(NbdErrno::Einval));
            assert_eq!(check(NBD_CMD_WRITE, offset, length), Err(NbdErrno::Enospc));
            assert_eq!(check(NBD_CMD_WRITE_ZEROES, offset, length), Err(NbdErrno::Enospc));
        }
        assert!(check(NBD_CMD_READ, (1 << 40) - 1, 1).is_ok());
    }

    #[test]
    fn read_only_exports_refuse_what_writes_and_nothing_else() {
        let limits = Limits { read_only: true, ..LIMITS };
        for kind in [NBD_CMD_WRITE, NBD_CMD_WRITE_ZEROES, NBD_CMD_TRIM] {
            assert_eq!(request(kind, 0, 0, 512).check(&limits), Err(NbdErrno::Eperm));
        }
        for kind in [NBD_CMD_READ, NBD_CMD_FLUSH, NBD_CMD_CACHE, NBD_CMD_BLOCK_STATUS] {
            assert!(request(kind, 0, 0, 512).check(&limits).is_ok());
        }
    }

    #[test]
    fn malformed_requests_are_einval() {
        for (kind, flags, length) in [
            (NBD_CMD_READ, 0, 0),
            (NBD_CMD_WRITE, 0, 0),
            (NBD_CMD_READ, 0, (32 << 20) + 1),
            (NBD_CMD_WRITE, 0, (32 << 20) + 1),
            (NBD_CMD_WRITE, NBD_CMD_FLAG_DF, 512),
            (NBD_CMD_READ, NBD_CMD_FLAG_REQ_ONE, 512),
            (NBD_CMD_TRIM, NBD_CMD_FLAG_NO_HOLE, 512),
            (NBD_CMD_FLUSH, 1 << 15, 0),
            (8, 0, 512),
            (u16::MAX, 0, 512),
        ] {
            assert_eq!(
                request(kind, flags, 0, length).check(&LIMITS),
                Err(NbdErrno::Einval),
                "{kind} {flags}"
            );
        }
        let plain = Limits { framing: Framing::Simple, contexts: 0, ..LIMITS };
        assert_eq!(request(NBD_CMD_READ, NBD_CMD_FLAG_DF, 0, 512).check(&plain), Err(NbdErrno::Einval));
        assert_eq!(request(NBD_CMD_BLOCK_STATUS, 0, 0, 512).check(&plain), Err(NbdErrno::Einval));
    }

    #[test]
    fn effects_of_4_gib_have_no_payload() {
        let zero = request(NBD_CMD_WRITE_ZEROES, NBD_CMD_FLAG_FAST_ZERO, 0, u64::from(u32::MAX));
        assert_eq!(zero.payload_length(), 0);
        let expected = Action::Zero { run: zero.run, may_unmap: true, fast: true, fua: false };
        assert_eq!(zero.check(&LIMITS), Ok(expected));
    }
}
