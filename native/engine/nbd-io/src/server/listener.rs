//! A server's life: listen, accept, close.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nbd_proto::framing::Framing;
use nbd_proto::server::{Handshake, Offer};
use nbd_proto::uri::{NbdUri, Transport};

use super::connection::{Connection, negotiate};
use super::export::{OPERATION, ServedExport, errno};
use super::patience::Patience;
use super::registry::{Registration, Registry};
use super::{ExportConfig, Listen, ServerOptions};
use crate::error::{ErrorKind, NbdError};
use crate::tls::ServerTls;
use crate::transport::{Accepted, Interest, Listener, Socket, Waker, wait};

/// A running server. Dropping it closes it.
pub struct Server {
    shared: Arc<Shared>,
    address: Transport,
    waker: Arc<Waker>,
    /// One a listening socket; none once it is closed.
    acceptors: Vec<JoinHandle<()>>,
}

/// What all threads of a server use.
struct Shared {
    exports: Vec<ServedExport>,
    offers: Arc<[Offer]>,
    registry: Arc<Registry>,
    framing: Framing,
    handshake_timeout: Duration,
    patience: Patience,
    max_connections: usize,
    tls: Option<ServerTls>,
}

impl Server {
    /// Listens and serves the exports until [`close`](Self::close).
    ///
    /// Fails with [`ErrorKind::Listen`] where the address cannot be had, and with [`ErrorKind::InvalidRequest`]
    /// where two exports or two bitmaps have one name, a name is longer than 4096 bytes or contains NUL, or a
    /// bitmap is of another size than its device, and with [`ErrorKind::TlsCredentials`] where these are of no use.
    pub fn start(options: &ServerOptions, exports: Vec<ExportConfig>) -> Result<Self, NbdError> {
        let shared = Arc::new(Shared::new(options, exports)?);
        let cannot_listen = |error: io::Error| {
            let failed = NbdError::new(ErrorKind::Listen, "listen");
            let failed = match &options.listen {
                Listen::At(address) => failed.with(&NbdUri::plain(address.clone(), String::new())),
                Listen::On(_) => failed,
            };
            failed.caused_by(error)
        };
        let listeners = listeners(&options.listen).map_err(cannot_listen)?;
        let address = listeners.first().map(|listener| listener.address().clone());
        let address =
            address.ok_or_else(|| cannot_listen(io::Error::other("there is no socket to listen on")))?;
        let waker = Arc::new(Waker::new().map_err(|error| cannot_listen(error.into()))?);
        // Closes what was started if a later step fails.
        let mut server = Self { shared, address, waker, acceptors: Vec::new() };
        for listener in listeners {
            let (shared, waker) = (Arc::clone(&server.shared), Arc::clone(&server.waker));
            let builder = thread::Builder::new().name("nbd-accept".to_owned());
            let acceptor = builder.spawn(move || accept_clients(&shared, &listener, &waker));
            server.acceptors.push(acceptor.map_err(cannot_listen)?);
        }
        Ok(server)
    }

    /// Where it listens, with the port that it got; of several sockets, the first.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.address
    }

    /// The URI of an export of this name.
    #[must_use]
    pub fn uri(&self, export: &str) -> NbdUri {
        let tls = self.shared.tls.is_some();
        NbdUri { tls, ..NbdUri::plain(self.address.clone(), export.to_owned()) }
    }

    /// Clients that are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.registry.len()
    }

    /// Stops listening, ends all connections and flushes the devices.
    ///
    /// Requests that are being worked on are finished and answered, those that have come and wait fail with
    /// `ESHUTDOWN`. Waits for the devices; a client that does not take its replies is cut off after a second.
    /// Fails where a device cannot be flushed; the server is closed all the same.
    pub fn close(mut self) -> Result<(), NbdError> {
        self.stop();
        let writable = self.shared.exports.iter().filter(|export| !export.read_only);
        let flushed = writable.map(|export| export.device.flush());
        // All are flushed, whatever becomes of the first.
        flushed
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<io::Result<()>>()
            .map_err(|error| NbdError::new(ErrorKind::Server(errno(&error)), "flush").caused_by(error))
    }

    fn stop(&mut self) {
        if self.acceptors.is_empty() {
            return;
        }
        self.shared.registry.begin_closing();
        self.waker.wake();
        self.shared.registry.finish_closing(GRACE);
        for acceptor in self.acceptors.drain(..) {
            // It fails only by a panic, which has been reported where it happened.
            let _ = acceptor.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn new(options: &ServerOptions, configs: Vec<ExportConfig>) -> Result<Self, NbdError> {
        let mut exports = Vec::new();
        let mut offers: Vec<Offer> = Vec::new();
        for config in configs {
            let (export, offer) = ServedExport::new(config, options.max_connections > 1)?;
            if offers.iter().any(|other| other.name() == offer.name()) {
                let reason = "two exports have the same name";
                return Err(NbdError::new(ErrorKind::InvalidRequest, OPERATION).caused_by(reason));
            }
            exports.push(export);
            offers.push(offer);
        }
        let tls = options.tls.as_ref().map(ServerTls::new).transpose();
        Ok(Self {
            exports,
            offers: offers.into(),
            registry: Arc::default(),
            framing: options.framing,
            handshake_timeout: options.handshake_timeout,
            patience: Patience::new(options),
            max_connections: options.max_connections,
            tls: tls.map_err(|failure| NbdError::tls(OPERATION, failure))?,
        })
    }

    fn handshake(&self) -> Handshake {
        Handshake::new(Arc::clone(&self.offers)).up_to(self.framing)
    }
}

fn listeners(listen: &Listen) -> io::Result<Vec<Listener>> {
    match listen {
        Listen::At(address) => Ok(vec![Listener::bind(address)?]),
        Listen::On(sockets) => sockets.iter().map(|socket| Listener::adopt(socket.as_fd())).collect(),
    }
}

/// Accepts until the server is closing; then waits for the threads of all clients.
fn accept_clients(shared: &Arc<Shared>, listener: &Listener, waker: &Waker) {
    let mut clients: Vec<JoinHandle<()>> = Vec::new();
    while !shared.registry.is_closing() {
        match listener.accept(waker) {
            Ok(Accepted::Client(socket)) => {
                clients.retain(|client| !client.is_finished());
                clients.extend(welcome(shared, socket));
            }
            Ok(Accepted::Exhausted) => {
                let later = Instant::now() + EXHAUSTION_PAUSE;
                // Woken or not, broken or not: the loop finds out.
                let _ = wait(waker.as_fd(), Interest::READ, Some(later));
            }
            Ok(Accepted::Nobody) => {}
            // A listening socket that fails for good: the clients that are there are served on.
            Err(_) => break,
        }
    }
    for client in clients {
        // A panic of a device was reported where it happened; its client has lost its connection.
        let _ = client.join();
    }
}

/// Starts a client's thread; turns the client away where there are too many.
fn welcome(shared: &Arc<Shared>, socket: Socket) -> Option<JoinHandle<()>> {
    let socket = Arc::new(socket);
    let registration = shared.registry.enter(&socket, shared.max_connections)?;
    let shared = Arc::clone(shared);
    let builder = thread::Builder::new().name("nbd-client".to_owned());
    builder.spawn(move || serve_client(&shared, &socket, &registration)).ok()
}

fn serve_client(shared: &Shared, socket: &Socket, _registration: &Registration) {
    // Whatever went wrong, the client sees its connection end; there is no one else to tell.
    let tls = shared.tls.as_ref();
    let negotiated = negotiate(socket, shared.handshake(), tls, shared.handshake_timeout);
    if let Ok(Some(choice)) = negotiated
        && let Some(export) = shared.exports.get(choice.offer)
    {
        let _ = Connection::new(socket, export, choice, &shared.registry, shared.patience).serve();
    }
    socket.take_leave();
}

/// What clients get to take their last replies.
const GRACE: Duration = Duration::from_secs(1);

/// Out of descriptors or memory: how long before the next attempt.
const EXHAUSTION_PAUSE: Duration = Duration::from_millis(100);
