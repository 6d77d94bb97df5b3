//! How payloads travel, and what that means for how they are best moved.

/// What carries the payloads of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A socket with TLS: payloads are in memory.
    SecureSocket,
    /// A unix socket without TLS.
    UnixSocket,
    /// A TCP socket without TLS.
    TcpSocket {
        /// The peer is on this machine.
        loopback: bool,
    },
    /// A file's pages.
    File,
    /// Nothing: payloads are dropped.
    Nothing,
}

impl Medium {
    /// Lanes that are as good as more, on a machine with so many cores.
    ///
    /// By measurement (docs/performance.md): what moves at the speed of memory shares the cores with the servers, and
    /// lanes beyond half of them only take turns, in smaller batches.
    pub(crate) fn usual_lanes(self, cores: usize) -> usize {
        match self {
            Self::Nothing => 1,
            Self::UnixSocket | Self::TcpSocket { loopback: true } => (cores / 2).clamp(1, MOST_LANES),
            // Encrypting is work.
            Self::SecureSocket => cores.clamp(2, MOST_LANES),
            Self::File => cores.clamp(1, MOST_LANES),
            // A connection's window may be less than the line holds.
            Self::TcpSocket { loopback: false } => MOST_LANES,
        }
    }
}

/// Whether payloads go through pipes, in which the system hands pages on, or through memory, which is two copies.
///
/// By measurement (docs/performance.md): into TCP a page at a time is slower than a buffer.
pub(crate) fn pays_by_pipe(source: Medium, destination: Medium) -> bool {
    use Medium::{File, Nothing, TcpSocket, UnixSocket};
    matches!(
        (source, destination),
        (UnixSocket, UnixSocket | Nothing | File)
            | (TcpSocket { .. }, TcpSocket { .. } | Nothing)
            | (File, UnixSocket)
    )
}

/// Unless more are asked for.
const MOST_LANES: usize = 4;
