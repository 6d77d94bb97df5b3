//! A server that goes away in the middle: nothing new is asked, and leave is taken.

use super::*;
use crate::client::{Command, RequestError, Session};
use crate::errno::NbdErrno;

fn write(byte: u8) -> Command {
    Command::Write { offset: 0, buffer: vec![byte; 100], fua: false }
}

fn leave() -> Vec<u8> {
    message![NBD_REQUEST_MAGIC, 0_u16, NBD_CMD_DISC, 0_u64, 0_u64, 0_u32]
}

#[test]
fn requests_that_were_not_begun_are_not_sent() {
    let mut session = Session::new(capable_export());
    let first = session.submit(1, write(1)).unwrap();
    let second = session.submit(2, write(2)).unwrap();
    session.submit(3, write(3)).unwrap();
    // The second one is on its way, in part; it has to be finished.
    session.handle_transmitted(128 + 50);
    tell_session(&mut session, &simple_reply(first, 108), &[usize::MAX]).unwrap();
    let mut completed = || session.poll_completion().map(|over| (over.token, over.result.unwrap_err().errno));
    assert_eq!(completed(), Some((1, NbdErrno::Eshutdown)));
    assert_eq!(completed(), Some((3, NbdErrno::Eshutdown)), "its buffer comes back, unsent");
    assert_eq!(completed(), None);
    assert_eq!(session.submit(4, write(4)), Err(RequestError::ServerShutdown));

    assert_eq!(take_requests(&mut session), [2; 78]);
    tell_session(&mut session, &simple_reply(second, 0), &[usize::MAX]).unwrap();
    assert!(session.poll_completion().unwrap().result.is_ok(), "it was done all the same");
    assert_eq!(take_requests(&mut session), leave());
    session.disconnect();
    assert!(!session.wants_transmit(), "once is enough");
}

#[test]
fn other_errors_change_nothing() {
    let mut session = Session::new(capable_export());
    let cookie = session.submit(1, write(1)).unwrap();
    take_requests(&mut session);
    tell_session(&mut session, &simple_reply(cookie, 28), &[usize::MAX]).unwrap();
    assert!(!session.wants_transmit());
    assert!(session.submit(2, write(2)).is_ok());
}
