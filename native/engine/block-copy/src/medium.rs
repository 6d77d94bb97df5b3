//! How payloads travel, and whether they are best moved through a pipe.

/// What carries the payloads of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// This process's memory: nothing can be lent.
    Memory,
    /// A unix socket without TLS.
    UnixSocket,
    /// A TCP socket without TLS.
    TcpSocket,
    /// A file's pages.
    File,
    /// Nothing: payloads are dropped.
    Nothing,
}

/// Whether payloads go through pipes, in which the system hands pages on, or through memory, which is two copies.
///
/// By measurement (docs/performance.md): into TCP a page at a time is slower than a buffer.
pub(crate) fn pays_by_pipe(source: Medium, destination: Medium) -> bool {
    use Medium::{File, Nothing, TcpSocket, UnixSocket};
    matches!(
        (source, destination),
        (UnixSocket, UnixSocket | Nothing | File) | (TcpSocket, TcpSocket | Nothing) | (File, UnixSocket)
    )
}
