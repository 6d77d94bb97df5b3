//! Two sessions and a line between them that passes on what it likes, when it likes.

use std::io::{IoSlice, IoSliceMut};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::server::UnbufferedServerConnection;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::provider::{VERSIONS, provider};
use super::session::TlsSession;

/// One side, and what it has said and heard.
struct End {
    session: TlsSession,
    said: Vec<u8>,
    heard: Vec<u8>,
}

/// What happens on one side.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// It writes pieces of these lengths.
    Write(usize, usize),
    /// So many bytes of its ciphertext reach the other side.
    Carry(usize),
    /// It reads into buffers of these lengths.
    Read(usize, usize),
}

impl End {
    fn new(session: TlsSession) -> Self {
        Self { session, said: Vec::new(), heard: Vec::new() }
    }

    fn write(&mut self, lengths: [usize; 2]) {
        let data: Vec<u8> =
            (0..lengths[0] + lengths[1]).map(|index| (self.said.len() + index) as u8).collect();
        let (first, second) = data.split_at(lengths[0]);
        // The socket sends what there is before more is encrypted.
        if self.session.transmit().is_empty() {
            let count = self.session.write(&[IoSlice::new(first), IoSlice::new(second)], 0).unwrap();
            self.said.extend_from_slice(&data[..count]);
        }
    }

    fn read(&mut self, lengths: [usize; 2]) -> usize {
        let (mut first, mut second) = (vec![0; lengths[0]], vec![0; lengths[1]]);
        let buffers = &mut [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        let count = self.session.read(buffers).unwrap();
        self.heard.extend([first, second].concat().drain(..count));
        count
    }
}

/// Passes ciphertext on as a socket does: only when the other side has nothing left to decrypt.
fn carry(from: &mut End, to: &mut End, most: usize) {
    if to.session.may_read() {
        return;
    }
    pass_on(from, to, most);
}

fn pass_on(from: &mut End, to: &mut End, most: usize) {
    let spare = to.session.spare();
    let count = from.session.transmit().len().min(spare.len()).min(most);
    spare[..count].copy_from_slice(&from.session.transmit()[..count]);
    from.session.handle_transmitted(count);
    to.session.handle_received(count);
}

fn pair(records_per_key: Option<u64>) -> (End, End) {
    type Credentials = (rustls::pki_types::CertificateDer<'static>, Vec<u8>);
    static CREDENTIALS: LazyLock<Credentials> = LazyLock::new(|| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        (made.cert.der().clone(), made.signing_key.serialize_der())
    });
    let (certificate, key) = &*CREDENTIALS;
    let provider = provider(records_per_key);
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(VERSIONS)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], PrivateKeyDer::try_from(key.clone()).unwrap())
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(VERSIONS)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = UnbufferedClientConnection::new(Arc::new(client), name).unwrap();
    let server = UnbufferedServerConnection::new(Arc::new(server)).unwrap();
    (End::new(TlsSession::client(client)), End::new(TlsSession::server(server)))
}

/// Lets the two shake hands over a line that passes on `piece` bytes at a time.
fn shake_hands(client: &mut End, server: &mut End, piece: usize) {
    loop {
        let done = [client.session.shake_hands().unwrap(), server.session.shake_hands().unwrap()];
        let left = client.session.transmit().len() + server.session.transmit().len();
        if done == [true, true] && left == 0 {
            return;
        }
        assert!(left > 0, "the handshake goes on");
        pass_on(client, server, piece);
        pass_on(server, client, piece);
    }
}

fn event() -> impl Strategy<Value = Event> {
    let length = prop_oneof![0_usize..64, 0_usize..40_000, Just(16 << 10), Just(600_000)];
    prop_oneof![
        (length.clone(), length.clone()).prop_map(|(a, b)| Event::Write(a, b)),
        length.clone().prop_map(Event::Carry),
        Just(Event::Carry(usize::MAX)),
        (length.clone(), length).prop_map(|(a, b)| Event::Read(a, b)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_said_is_heard_whatever_the_line_does(
        events in proptest::collection::vec((any::<bool>(), event()), 1..60),
        records_per_key in proptest::option::of(2_u64..6),
        piece in prop_oneof![1_usize..50, Just(usize::MAX)],
    ) {
        let (mut client, mut server) = pair(records_per_key);
        shake_hands(&mut client, &mut server, piece);
        for (is_client, event) in events {
            let (this, other) = if is_client { (&mut client, &mut server) } else { (&mut server, &mut client) };
            match event {
                Event::Write(first, second) => this.write([first, second]),
                Event::Carry(most) => carry(this, other, most),
                Event::Read(first, second) => drop(this.read([first, second])),
            }
        }
        // The rest of what was said arrives.
        settle(&mut client, &mut server);
        settle(&mut server, &mut client);
        prop_assert!(server.heard == client.said);
        prop_assert!(client.heard == server.said);
    }
}

fn settle(from: &mut End, to: &mut End) {
    loop {
        let heard = to.read([100_000, 7]);
        carry(from, to, usize::MAX);
        if heard == 0 && from.session.transmit().is_empty() && !to.session.may_read() {
            return;
        }
    }
}

#[test]
fn a_goodbye_is_heard_and_ends_it() {
    let (mut client, mut server) = pair(None);
    shake_hands(&mut client, &mut server, usize::MAX);
    client.write([3, 0]);
    client.session.close();
    carry(&mut client, &mut server, usize::MAX);
    assert_eq!((server.read([8, 0]), server.session.has_peer_closed()), (3, true));
    assert_eq!(server.read([8, 0]), 0);
}

#[test]
fn a_byte_that_was_changed_on_the_line_is_noticed_and_the_other_side_is_told() {
    let (mut client, mut server) = pair(None);
    shake_hands(&mut client, &mut server, usize::MAX);
    client.write([100, 0]);
    let count = client.session.transmit().len();
    server.session.spare()[..count].copy_from_slice(client.session.transmit());
    server.session.spare()[count / 2] ^= 1;
    server.session.handle_received(count);
    let mut buffer = [0; 100];
    for _ in 0..2 {
        let read = server.session.read(&mut [IoSliceMut::new(&mut buffer)]);
        assert_eq!(read, Err(rustls::Error::DecryptError), "it stays so");
    }
    assert!(!server.session.transmit().is_empty(), "an alert");
    let told = server.session.transmit().to_vec();
    client.session.spare()[..told.len()].copy_from_slice(&told);
    client.session.handle_received(told.len());
    let heard = client.session.read(&mut [IoSliceMut::new(&mut buffer)]);
    assert!(matches!(heard, Err(rustls::Error::AlertReceived(_))), "{heard:?}");
}
