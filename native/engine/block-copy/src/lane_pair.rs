//! A lane to each side, and waiting for both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nbd_io::{Interest, Waker};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::endpoint::{Completed, Lane, Operation};
use crate::error::{CopyError, ErrorKind, Side};
use crate::health::Health;

/// The lanes that one worker drives.
pub(crate) struct LanePair {
    source: LaneState,
    destination: LaneState,
    health: Arc<Health>,
}

enum LaneState {
    Open(Box<dyn Lane>),
    /// Of what it died; it stays so.
    Dead(ErrorKind),
}

impl LanePair {
    /// `health` learns when one of them dies.
    pub(crate) fn new(source: Box<dyn Lane>, destination: Box<dyn Lane>, health: Arc<Health>) -> Self {
        Self { source: LaneState::Open(source), destination: LaneState::Open(destination), health }
    }

    pub(crate) fn submit(&mut self, side: Side, token: u64, operation: Operation) -> Result<(), CopyError> {
        match self.lane(side) {
            LaneState::Open(lane) => lane.submit(token, operation).map_err(|error| error.of(side)),
            LaneState::Dead(kind) => Err(CopyError::new(*kind).of(side)),
        }
    }

    /// Does what can be done on one side. `Err` when its lane dies, and each time after that.
    pub(crate) fn drive(&mut self, side: Side, now: Instant) -> Result<(), CopyError> {
        let state = self.lane(side);
        let error = match state {
            LaneState::Open(lane) => match lane.drive(now) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            },
            LaneState::Dead(kind) => CopyError::new(*kind),
        };
        *state = LaneState::Dead(error.kind());
        self.health.lane_died(error.kind(), Some(side));
        Err(error.of(side))
    }

    pub(crate) fn poll_completion(&mut self, side: Side) -> Option<Completed> {
        match self.lane(side) {
            LaneState::Open(lane) => lane.poll_completion(),
            LaneState::Dead(_) => None,
        }
    }

    /// Waits until a lane can go on, the waker is set, a lane's deadline or `timeout` has come.
    pub(crate) fn wait(
        &self,
        waker: &Waker,
        timeout: Option<Duration>,
        now: Instant,
    ) -> Result<(), CopyError> {
        let lanes = [&self.source, &self.destination];
        let mut fds = Vec::with_capacity(3);
        fds.push(PollFd::new(waker, PollFlags::IN));
        let waited = lanes.iter().filter_map(|state| match state {
            LaneState::Open(lane) => lane.poll_fd(),
            LaneState::Dead(_) => None,
        });
        fds.extend(waited.map(|(fd, interest)| PollFd::from_borrowed_fd(fd, flags(interest))));
        let deadlines = lanes.iter().filter_map(|state| match state {
            LaneState::Open(lane) => lane.deadline(),
            LaneState::Dead(_) => None,
        });
        let timeout = deadlines
            .map(|deadline| deadline.saturating_duration_since(now))
            .chain(timeout)
            .min()
            .and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if fds.first().is_some_and(|fd| !fd.revents().is_empty()) {
            waker.clear();
        }
        Ok(())
    }

    /// Gives both lanes up, with what they have in flight.
    pub(crate) fn kill(&mut self, kind: ErrorKind) {
        self.source = LaneState::Dead(kind);
        self.destination = LaneState::Dead(kind);
        self.health.lane_died(kind, None);
    }

    /// Takes leave of both peers.
    pub(crate) fn close(self) {
        for state in [self.source, self.destination] {
            if let LaneState::Open(lane) = state {
                lane.close();
            }
        }
    }

    fn lane(&mut self, side: Side) -> &mut LaneState {
        match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        }
    }
}

fn flags(interest: Interest) -> PollFlags {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, interest.read);
    flags.set(PollFlags::OUT, interest.write);
    flags
}
