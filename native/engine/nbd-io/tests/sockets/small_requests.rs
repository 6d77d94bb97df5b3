//! Small requests that come together are answered together, and none waits for another one's sake.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use nbd_proto::wire::*;

use crate::devices::HookedDevice;
use crate::raw_client::{RawClient, request};
use crate::setup::{TempDir, export, memory, pattern, serve};

#[test]
fn requests_that_come_at_once_are_all_answered_in_order() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(1 << 20))]);
    let mut client = RawClient::connect_plainly(&server.uri(""));
    let mut requests = Vec::new();
    for index in 0..24_u8 {
        let offset = u64::from(index) * 4096;
        requests.extend(request(NBD_CMD_WRITE, 0, offset, 4096));
        requests.extend(pattern(4096, index));
        requests.extend(request(NBD_CMD_READ, 0, offset, 4096));
    }
    // Whoever sends all before he reads needs a server that takes all: the replies fit into its socket.
    client.say(&requests);
    for index in 0..24_u8 {
        assert_eq!(client.simple_reply(), None);
        assert_eq!(client.simple_reply(), None);
        assert!(client.take(4096) == pattern(4096, index));
    }
}

#[test]
fn no_reply_waits_for_a_payload_that_is_to_come() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(1 << 20))]);
    for length in [4096, 100_000] {
        let mut client = RawClient::connect_plainly(&server.uri(""));
        let mut said = request(NBD_CMD_READ, 0, 0, 512);
        said.extend(request(NBD_CMD_WRITE, 0, 0, length));
        said.extend([0; 1000]);
        client.say(&said);
        assert_eq!(client.simple_reply(), None);
        assert_eq!(client.take(512), [0; 512]);
        client.say(&vec![0; length as usize - 1000]);
        assert_eq!(client.simple_reply(), None);
    }
}

#[test]
fn no_reply_waits_for_a_flush_behind_it() {
    let dir = TempDir::new();
    let (let_go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let device = HookedDevice::new(1 << 20, move |call| {
        if call == "flush" {
            // Let go by a word, or by the test's end.
            let _ = wait.lock().unwrap().recv();
        }
        Ok(())
    });
    let server = serve(dir.unix(), vec![export("", device)]);
    let mut client = RawClient::connect_plainly(&server.uri(""));
    client.say(&[request(NBD_CMD_READ, 0, 0, 512), request(NBD_CMD_FLUSH, 0, 0, 0)].concat());
    assert_eq!(client.simple_reply(), None);
    assert_eq!(client.take(512), [0; 512]);
    let_go.send(()).unwrap();
    assert_eq!(client.simple_reply(), None);
    drop(let_go);
    server.close().unwrap();
}
