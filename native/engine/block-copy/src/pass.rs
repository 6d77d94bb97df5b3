//! One pass over a device: the queue between the planner and the workers, and how it ended.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use crate::error::{CopyError, ErrorKind};
use crate::health::Health;
use crate::piece::Piece;
use crate::sync::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, Waker};

/// Shared by the planner, the workers, and whoever cancels.
pub(crate) struct Pass {
    state: Mutex<State>,
    /// There is room in the queue, or a worker has left.
    changed: Condvar,
    /// The pass has failed: read without the lock.
    failed: AtomicBool,
    wakers: Vec<Arc<Waker>>,
    health: Arc<Health>,
    /// A queue of so many pieces is full.
    room: usize,
}

struct State {
    queue: VecDeque<Piece>,
    /// Nothing more is wanted, or will come.
    closed: bool,
    /// The planner is done.
    planned: bool,
    /// Workers that found the queue empty and wait for their waker.
    idle: Vec<bool>,
    working: usize,
    failure: Option<CopyError>,
}

/// What a worker finds in the queue.
pub(crate) enum Taken {
    Piece(Piece),
    /// Nothing yet: the worker's waker will tell.
    Nothing,
    /// Nothing any more.
    End,
}

impl Pass {
    /// A pass for one worker a waker.
    pub(crate) fn new(wakers: Vec<Arc<Waker>>, health: Arc<Health>) -> Self {
        Self::with_room(QUEUE_PIECES, wakers, health)
    }

    /// The same with a queue of this length.
    pub(crate) fn with_room(room: usize, wakers: Vec<Arc<Waker>>, health: Arc<Health>) -> Self {
        let workers = wakers.len();
        let state = State {
            queue: VecDeque::with_capacity(room),
            closed: false,
            planned: false,
            idle: vec![false; workers],
            working: workers,
            failure: None,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            failed: AtomicBool::new(false),
            wakers,
            health,
            room,
        }
    }

    /// Hands a piece to the workers; waits while the queue is full. `false`: nobody wants more.
    pub(crate) fn push(&self, piece: Piece) -> bool {
        let mut state = self.state();
        if state.queue.len() >= self.room {
            // Once waiting, until there is room for many: not a wake-up for each piece.
            let crowded = |state: &mut State| state.queue.len() > self.room / 2 && !state.closed;
            state = self.changed.wait_while(state, crowded).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return false;
        }
        state.queue.push_back(piece);
        self.wake_one(&mut state);
        true
    }

    /// Takes a piece back from a worker that has no room for it, for the next one that has.
    pub(crate) fn give_back(&self, piece: Piece) {
        let mut state = self.state();
        state.queue.push_front(piece);
        self.wake_one(&mut state);
    }

    /// The end of the plan: what is queued is still done.
    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.planned = true;
        drop(state);
        self.wake_all();
    }

    /// Whether the planner is done. Until then workers stay, to drive the lanes that it may be asking.
    pub(crate) fn is_planned(&self) -> bool {
        self.state().planned
    }

    /// The rest need not be done: what is queued is forgotten, what is in flight is done.
    pub(crate) fn finish_early(&self) {
        let mut state = self.state();
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.wake_all();
    }

    /// Ends the pass with `error`, unless it failed before: the first failure is the one to tell.
    pub(crate) fn fail(&self, error: CopyError) {
        self.state().failure.get_or_insert(error);
        self.failed.store(true, Ordering::Release);
        self.finish_early();
    }

    /// Whether nothing new is to be begun, and what is read need not be written.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Whether no more pieces are wanted.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// The next piece for this worker.
    pub(crate) fn take(&self, worker: usize) -> Taken {
        let mut state = self.state();
        let piece = state.queue.pop_front();
        if let Some(idle) = state.idle.get_mut(worker) {
            *idle = piece.is_none();
        }
        match piece {
            Some(piece) => {
                if state.queue.len() == self.room / 2 {
                    self.changed.notify_all();
                }
                Taken::Piece(piece)
            }
            None if state.closed => Taken::End,
            None => Taken::Nothing,
        }
    }

    /// Waits until all workers have left: nothing is in flight then.
    pub(crate) fn wait(&self) -> Result<(), CopyError> {
        let mut state = self
            .changed
            .wait_while(self.state(), |state| state.working > 0)
            .unwrap_or_else(PoisonError::into_inner);
        state.failure.take().map_or(Ok(()), Err)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_one(&self, state: &mut State) {
        let idle = state.idle.iter_mut().zip(&self.wakers).find(|(idle, _)| **idle);
        if let Some((idle, waker)) = idle {
            *idle = false;
            waker.wake();
        }
    }

    fn wake_all(&self) {
        self.wakers.iter().for_each(|waker| waker.wake());
        self.changed.notify_all();
    }
}

/// The planner's part in a pass. However it ends, the queue is closed.
pub(crate) struct Planning<'a>(pub(crate) &'a Pass);

impl Drop for Planning<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A worker's part in a pass. However it ends, done or by a panic or never taken up, the pass learns of it.
pub(crate) struct Membership {
    pass: Arc<Pass>,
    done: bool,
}

impl Membership {
    pub(crate) fn new(pass: &Arc<Pass>) -> Self {
        Self { pass: Arc::clone(pass), done: false }
    }

    pub(crate) fn pass(&self) -> &Arc<Pass> {
        &self.pass
    }

    /// Leaves the pass with nothing in flight.
    pub(crate) fn leave(mut self) {
        self.done = true;
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if !self.done {
            self.pass.health.lane_died(ErrorKind::Internal, None);
            self.pass.fail(CopyError::new(ErrorKind::Internal));
        }
        self.pass.state().working -= 1;
        self.pass.changed.notify_all();
    }
}

/// Enough to keep every lane busy while the planner asks for the next stretch of the map.
const QUEUE_PIECES: usize = 256;

#[cfg(test)]
mod tests {
    use extent::Run;

    use super::*;
    use crate::tests::endpoints::is_set;

    fn pass(workers: usize) -> Pass {
        let wakers = (0..workers).map(|_| Arc::new(Waker::new().unwrap())).collect();
        Pass::new(wakers, Arc::default())
    }

    fn piece() -> Piece {
        Piece { run: Run::new(0, 1), source_zero: false, destination_zero: false }
    }

    #[test]
    fn a_piece_wakes_one_worker_that_found_nothing() {
        let pass = pass(3);
        assert!(matches!(pass.take(1), Taken::Nothing));
        assert!(matches!(pass.take(2), Taken::Nothing));
        assert!(pass.push(piece()));
        let set: Vec<_> = pass.wakers.iter().map(|waker| is_set(waker)).collect();
        assert_eq!(set, [false, true, false]);
        assert!(matches!(pass.take(1), Taken::Piece(_)));
        assert!(pass.push(piece()));
        assert!(is_set(&pass.wakers[2]));
    }

    #[test]
    fn a_piece_that_is_given_back_is_the_next_and_wakes_a_worker_that_found_nothing() {
        let pass = pass(2);
        assert!(matches!(pass.take(1), Taken::Nothing));
        let first = Piece { run: Run::new(8, 1), ..piece() };
        pass.give_back(first);
        assert!(is_set(&pass.wakers[1]));
        assert!(pass.push(piece()));
        assert!(matches!(pass.take(0), Taken::Piece(piece) if piece == first));
    }

    #[test]
    fn a_failure_forgets_the_queue_wakes_everyone_and_is_the_one_that_is_told() {
        let pass = Arc::new(pass(1));
        let membership = Membership::new(&pass);
        assert!(pass.push(piece()));
        pass.fail(CopyError::new(ErrorKind::Cancelled));
        pass.fail(CopyError::new(ErrorKind::Protocol));
        assert!(is_set(&pass.wakers[0]));
        assert!(matches!(pass.take(0), Taken::End));
        assert!(!pass.push(piece()));
        membership.leave();
        assert_eq!(pass.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    }
}
