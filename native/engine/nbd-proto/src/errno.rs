//! The error numbers that requests fail with.

use std::fmt;

/// Why a server failed a request.
///
/// Source: proto.md, "Error values".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NbdErrno {
    /// Not permitted: a write to a read-only export.
    Eperm,
    /// The medium failed.
    Eio,
    /// Out of memory.
    Enomem,
    /// A bad request; also every number that the specification does not list.
    Einval,
    /// No space left, or a write past the end.
    Enospc,
    /// A result too large to report.
    Eoverflow,
    /// Not supported, or not fast where only fast was wanted.
    Enotsup,
    /// The server is going away.
    Eshutdown,
}

/// Every error, its number and its name, in one place.
const TABLE: [(NbdErrno, u32, &str); 8] = [
    (NbdErrno::Eperm, 1, "EPERM"),
    (NbdErrno::Eio, 5, "EIO"),
    (NbdErrno::Enomem, 12, "ENOMEM"),
    (NbdErrno::Einval, 22, "EINVAL"),
    (NbdErrno::Enospc, 28, "ENOSPC"),
    (NbdErrno::Eoverflow, 75, "EOVERFLOW"),
    (NbdErrno::Enotsup, 95, "ENOTSUP"),
    (NbdErrno::Eshutdown, 108, "ESHUTDOWN"),
];

impl NbdErrno {
    /// The error behind a number of the wire. Unknown numbers are [`NbdErrno::Einval`], as the specification has it.
    #[must_use]
    pub fn from_wire(number: u32) -> Self {
        TABLE.iter().find(|(_, known, _)| *known == number).map_or(Self::Einval, |(errno, _, _)| *errno)
    }

    /// The number on the wire.
    #[must_use]
    pub fn to_wire(self) -> u32 {
        self.row().1
    }

    /// The name, `"ENOSPC"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (Self, u32, &'static str) {
        TABLE.into_iter().find(|(errno, _, _)| *errno == self).unwrap_or((Self::Einval, 22, "EINVAL"))
    }
}

impl fmt::Display for NbdErrno {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_table_round_trips() {
        for (errno, number, name) in TABLE {
            assert_eq!(NbdErrno::from_wire(number), errno);
            assert_eq!(errno.to_wire(), number);
            assert_eq!(errno.to_string(), name);
        }
    }

    #[test]
    fn unknown_numbers_are_einval() {
        for number in [0, 2, 13, 107, u32::MAX] {
            assert_eq!(NbdErrno::from_wire(number), NbdErrno::Einval);
        }
    }
}
