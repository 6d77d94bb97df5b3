//! `block-copy`'s pass: a planner, workers that wait for their wakers, and failures at any moment.

use std::sync::Arc;

use loom::thread::{self, JoinHandle};

use crate::error::{CopyError, ErrorKind};
use crate::explore;
use crate::health::Health;
use crate::pass::{Membership, Pass, Planning, Taken};
use crate::sync::Waker;

/// Three pieces into a queue of two.
const PIECES: u32 = 3;
const ROOM: usize = 2;

/// What a worker does besides.
#[derive(Clone, Copy, PartialEq)]
enum Habit {
    Plain,
    /// Finds no room for its first piece.
    GivesBack,
    /// Fails at its first piece.
    Fails,
    /// Is gone at its first piece, as by a panic.
    Dies,
}

struct Shared {
    pass: Arc<Pass>,
    health: Arc<Health>,
    workers: Vec<JoinHandle<Vec<u32>>>,
}

fn start(habits: &[Habit]) -> Shared {
    let wakers: Vec<_> = habits.iter().map(|_| Arc::new(Waker::new())).collect();
    let health = Arc::new(Health::default());
    let pass = Arc::new(Pass::with_room(ROOM, wakers.clone(), Arc::clone(&health)));
    let workers = habits.iter().zip(wakers).enumerate().map(|(index, (habit, waker))| {
        let (habit, membership) = (*habit, Membership::new(&pass));
        thread::spawn(move || work(index, habit, membership, &waker))
    });
    let workers = workers.collect();
    Shared { pass, health, workers }
}

/// `Station::work` without lanes: what it takes is done at once.
fn work(index: usize, habit: Habit, membership: Membership, waker: &Waker) -> Vec<u32> {
    let mut done = Vec::new();
    let mut is_first = true;
    loop {
        let taken = if membership.pass().has_failed() { Taken::End } else { membership.pass().take(index) };
        match taken {
            Taken::Piece(piece) => match habit {
                Habit::GivesBack if is_first => membership.pass().give_back(piece),
                Habit::Fails => membership.pass().fail(CopyError::new(ErrorKind::Cancelled)),
                Habit::Dies => return done,
                _ => done.push(piece),
            },
            Taken::End if membership.pass().is_planned() => break,
            Taken::Nothing | Taken::End => waker.wait(),
        }
        is_first = false;
    }
    membership.leave();
    done
}

/// Plans; returns how the pass ended and what was done.
fn plan(shared: Shared) -> (Result<(), CopyError>, Vec<u32>) {
    {
        let _planning = Planning(&shared.pass);
        let _ = (0..PIECES).all(|piece| shared.pass.push(piece));
    }
    let result = shared.pass.wait();
    let mut done: Vec<u32> = shared.workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    done.sort_unstable();
    (result, done)
}

/// Every piece is done once.
pub fn every_piece_is_done_once() {
    explore(Some(2), || {
        let (result, done) = plan(start(&[Habit::Plain, Habit::Plain]));
        assert_eq!((result, done), (Ok(()), vec![0, 1, 2]));
    });
}

/// A piece that is given back is done by whoever has room.
pub fn a_piece_that_is_given_back_is_done() {
    explore(Some(2), || {
        let (result, done) = plan(start(&[Habit::GivesBack, Habit::Plain]));
        assert_eq!((result, done), (Ok(()), vec![0, 1, 2]));
    });
}

/// A failure ends everything, the planner's waiting for room too.
pub fn a_failure_ends_all() {
    explore(Some(2), || {
        let (result, done) = plan(start(&[Habit::Fails, Habit::Plain]));
        // The other worker may have done it all before.
        let is_done = result.is_ok() && done == [0, 1, 2];
        assert!(is_done || result == Err(CopyError::new(ErrorKind::Cancelled)));
    });
}

/// A worker that is gone fails the pass, and those that would follow.
pub fn a_dead_worker_is_told() {
    explore(Some(2), || {
        let shared = start(&[Habit::Dies]);
        let health = Arc::clone(&shared.health);
        let (result, done) = plan(shared);
        assert_eq!((result, done), (Err(CopyError::new(ErrorKind::Internal)), vec![]));
        assert_eq!(health.check(), Err(CopyError::new(ErrorKind::Internal)));
    });
}

/// Somebody cancels from outside.
pub fn a_cancel_reaches_everyone() {
    explore(Some(2), || {
        let shared = start(&[Habit::Plain]);
        let pass = Arc::clone(&shared.pass);
        let canceller = thread::spawn(move || pass.fail(CopyError::new(ErrorKind::Cancelled)));
        let (result, done) = plan(shared);
        canceller.join().unwrap();
        assert!(result == Err(CopyError::new(ErrorKind::Cancelled)) || done == [0, 1, 2]);
    });
}
