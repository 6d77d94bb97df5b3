//! Names as long as they may be, and longer; names that are no text.

use nbd_proto::wire::*;

use crate::raw_client::RawClient;
use crate::setup::{TempDir, export, memory, serve};

fn name_option(name: &[u8]) -> Vec<u8> {
    [&(name.len() as u32).to_be_bytes()[..], name, &[0, 0]].concat()
}

#[test]
fn names_of_0_256_and_4096_bytes_are_names() {
    let dir = TempDir::new();
    let names = [0, 256, 4096].map(|length| "n".repeat(length));
    let exports = names.iter().map(|name| export(name, memory(512)));
    let server = serve(dir.unix(), exports.collect());
    for name in &names {
        let mut client = RawClient::greeted(&dir.socket());
        for kind in [NBD_OPT_INFO, NBD_OPT_GO] {
            client.option(kind, &name_option(name.as_bytes()));
            assert_eq!(client.option_reply().0, NBD_REP_INFO, "{}", name.len());
            assert_eq!(client.option_reply().0, NBD_REP_ACK, "{}", name.len());
        }
        let mut plainly = RawClient::connect_plainly(&server.uri(name));
        plainly.request(NBD_CMD_FLUSH, 0, 0, 0);
        assert_eq!(plainly.simple_reply(), None);
    }
}

#[test]
fn names_that_are_too_long_or_no_text_are_refused_and_the_client_may_go_on() {
    let dir = TempDir::new();
    let _server = serve(dir.unix(), vec![export("disk", memory(512))]);
    let mut client = RawClient::greeted(&dir.socket());
    for name in [&vec![b'n'; 4097][..], &vec![b'n'; 60_000], b"\xff\xfe", b"di\0k"] {
        for kind in [NBD_OPT_INFO, NBD_OPT_GO] {
            client.option(kind, &name_option(name));
            let (reply, _) = client.option_reply();
            assert_ne!(reply & NBD_REP_FLAG_ERROR, 0, "{} bytes", name.len());
        }
    }
    client.option(NBD_OPT_GO, &name_option(b"disk"));
    assert_eq!(client.option_reply().0, NBD_REP_INFO);
}

#[test]
fn an_unknown_name_is_refused_where_there_is_a_word_for_it() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("disk", memory(512))]);
    let mut client = RawClient::greeted(&dir.socket());
    client.option(NBD_OPT_GO, &name_option(b"Disk"));
    assert_eq!(client.option_reply().0, NBD_REP_ERR_UNKNOWN);
    drop(client);

    for name in [&b"Disk"[..], &[b'n'; 4097], b"\xff"] {
        let mut client = RawClient::greeted(&dir.socket());
        client.option(NBD_OPT_EXPORT_NAME, name);
        assert_eq!(client.take_all(), []);
    }
    assert_eq!(server.connections(), 0);
}
