//! A connection that many callers share.

use std::io::Write;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use nbd_io::client::{Command, Completion, ConnectOptions, Connection, Pipeline, Reply};
use nbd_io::{ErrorKind, Framing, NbdErrno, NbdError};
use nbd_proto::server::ReplyEncoder;

use crate::devices::gated;
use crate::scripted_server::{ScriptedServer, next_read};
use crate::setup::{TempDir, connect, export, memory, pattern, serve};

/// Hands a request over; its outcome comes through the channel.
fn hand_over(pipeline: &Pipeline, command: Command) -> Receiver<Result<Completion, NbdError>> {
    let (done, outcome) = channel();
    pipeline.request(command, move |result| done.send(result).unwrap());
    outcome
}

fn read_command() -> Command {
    Command::Read { offset: 0, buffer: vec![0; 4096], dont_fragment: false }
}

#[test]
fn callers_on_many_threads_get_their_own_answers() {
    let dir = TempDir::new();
    let server = serve(dir.unix(), vec![export("", memory(1 << 20))]);
    let pipeline = Pipeline::start(connect(&server.uri(""))).unwrap();
    assert_eq!(pipeline.export().size, 1 << 20);
    thread::scope(|scope| {
        for caller in 0..8_u8 {
            let pipeline = &pipeline;
            scope.spawn(move || {
                let offset = u64::from(caller) * 1000;
                let buffer = pattern(1000, caller);
                let write = Command::Write { offset, buffer: buffer.clone(), fua: false };
                hand_over(pipeline, write).recv().unwrap().unwrap().result.unwrap();
                let read = Command::Read { offset, buffer: vec![0; 1000], dont_fragment: false };
                let read = hand_over(pipeline, read).recv().unwrap().unwrap();
                assert_eq!(read.buffer.unwrap(), buffer);
            });
        }
    });
    let refused =
        hand_over(&pipeline, Command::Read { offset: 1 << 20, buffer: vec![0; 1], dont_fragment: false });
    assert_eq!(refused.recv().unwrap().unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[test]
fn closing_lets_what_was_handed_over_finish_and_takes_no_more() {
    let dir = TempDir::new();
    let (device, gate) = gated(4096);
    let server = serve(dir.unix(), vec![export("", device)]);
    let pipeline = Pipeline::start(connect(&server.uri(""))).unwrap();
    let write = hand_over(&pipeline, Command::Write { offset: 0, buffer: vec![1; 512], fua: false });
    gate.arrived.recv().unwrap();
    pipeline.close();
    let late = hand_over(&pipeline, read_command());
    assert_eq!(late.recv().unwrap().unwrap_err().kind(), ErrorKind::Disconnected);
    gate.let_go.send(()).unwrap();
    drop(pipeline);
    assert_eq!(write.recv().unwrap().unwrap().result.unwrap(), Reply::Done);
}

#[test]
fn when_the_server_dies_all_are_told() {
    let dir = TempDir::new();
    let server = ScriptedServer::negotiated(&dir, |mut client| {
        let cookies = [next_read(&mut client), next_read(&mut client), next_read(&mut client)];
        let mut answer = Vec::new();
        ReplyEncoder::new(Framing::Structured, cookies[1], 0).failed(NbdErrno::Eshutdown, &mut answer);
        client.write_all(&answer).unwrap();
    });
    let connection = Connection::connect(&server.uri, &ConnectOptions::default()).unwrap();
    let pipeline = Pipeline::start(connection).unwrap();
    let outcomes: Vec<_> = (0..3).map(|_| hand_over(&pipeline, read_command())).collect();
    let mut kinds = outcomes.iter().map(|outcome| match outcome.recv().unwrap() {
        Ok(completion) => completion.result.unwrap_err().kind(),
        Err(error) => error.kind(),
    });
    assert_eq!(kinds.next(), Some(ErrorKind::Disconnected));
    assert_eq!(kinds.next(), Some(ErrorKind::Server(NbdErrno::Eshutdown)), "it was answered");
    assert_eq!(kinds.next(), Some(ErrorKind::Disconnected));
    let late = hand_over(&pipeline, read_command());
    assert_eq!(late.recv().unwrap().unwrap_err().kind(), ErrorKind::Disconnected);
}
