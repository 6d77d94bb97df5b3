//! A connection as a lane.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use nbd_io::client::{Command, Completion, PipedCommand};
use nbd_io::{Interest, Waker};

use super::shared::SharedConnection;
use crate::endpoint::{Completed, Lane, Operation};
use crate::error::CopyError;

pub(super) struct NbdLane {
    connection: Arc<SharedConnection>,
    socket: OwnedFd,
    completed: VecDeque<Completion>,
}

impl NbdLane {
    pub(super) fn new(connection: Arc<SharedConnection>) -> Result<Self, CopyError> {
        let socket = connection.socket()?;
        Ok(Self { connection, socket, completed: VecDeque::new() })
    }
}

impl Lane for NbdLane {
    fn submit(&mut self, token: u64, operation: Operation) -> Result<(), CopyError> {
        let command = match operation {
            Operation::ReadPiped { run, pipe } => {
                return self.connection.submit_piped(token, PipedCommand::Read { run }, pipe);
            }
            Operation::WritePiped { offset, pipe } => {
                return self.connection.submit_piped(token, PipedCommand::Write { offset }, pipe);
            }
            Operation::Read { offset, buffer } => Command::Read { offset, buffer, dont_fragment: false },
            Operation::Write { offset, buffer } => Command::Write { offset, buffer, fua: false },
            Operation::Zero { run, may_unmap, fast } => Command::Zero { run, may_unmap, fast, fua: false },
            Operation::Flush => Command::Flush,
        };
        self.connection.submit(token, command)
    }

    fn drive(&mut self, now: Instant) -> Result<(), CopyError> {
        self.connection.drive(now, &mut self.completed)
    }

    fn poll_completion(&mut self) -> Option<Completed> {
        let Completion { token, buffer, pipe, result } = self.completed.pop_front()?;
        Some(Completed { token, buffer, pipe, result: result.map(drop).map_err(CopyError::from) })
    }

    fn poll_fd(&self) -> Option<(BorrowedFd<'_>, Interest)> {
        Some((self.socket.as_fd(), self.connection.interest()))
    }

    fn attach(&mut self, driver: &Arc<Waker>) {
        self.connection.attach(driver);
    }

    fn deadline(&self) -> Option<Instant> {
        self.connection.deadline()
    }

    fn close(self: Box<Self>) {
        self.connection.close();
    }
}

impl Drop for NbdLane {
    /// Without taking leave: whoever asked for the map must not wait for a lane that nobody drives.
    fn drop(&mut self) {
        self.connection.abandon();
    }
}
