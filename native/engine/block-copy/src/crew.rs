//! The workers: a thread a lane pair, which lasts over all passes.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::endpoint::{Completed, Endpoint, Lane, Operation};
use crate::error::{CopyError, ErrorKind, Side};
use crate::fitted_lane::FittedLane;
use crate::health::Health;
use crate::lane_pair::LanePair;
use crate::pass::{Membership, Pass, Taken};
use crate::piece::Piece;
use crate::rate_limiter::RateLimiter;
use crate::window::{Claim, Window};
use nbd_io::Waker;

/// What a worker does with the pieces of a pass.
pub(crate) trait Task {
    /// The bytes of memory that the piece, or the part of it that is begun at once, will hold.
    fn cost(&self, piece: Piece) -> u64;

    /// The bytes of it that count against the rate limit.
    fn rated(&self, piece: Piece) -> u64;

    /// Begins a piece.
    fn begin(&mut self, piece: Piece, claim: Claim, lanes: &mut LanePair) -> Result<(), CopyError>;

    /// Takes the end of one of its operations.
    fn handle(&mut self, side: Side, done: Completed, lanes: &mut LanePair) -> Result<(), CopyError>;

    /// A piece that has to be begun, again or still.
    fn poll_postponed(&mut self) -> Option<Piece>;

    /// Gives up what is in flight on a side whose lane is dead.
    fn abandon(&mut self, side: Side);

    /// Whether nothing is in flight.
    fn is_idle(&self) -> bool;
}

/// Makes a worker's task for a pass, in the worker's thread.
pub(crate) type MakeTask = Arc<dyn Fn(&Arc<Pass>) -> Box<dyn Task> + Send + Sync>;

/// What each worker may have in flight, and how fast.
#[derive(Clone)]
pub(crate) struct WorkLimits {
    pub(crate) requests: usize,
    pub(crate) window_bytes: u64,
    pub(crate) limiter: Arc<RateLimiter>,
}

/// The threads. One pass at a time is theirs.
pub(crate) struct Crew {
    workers: Vec<Worker>,
    wakers: Vec<Arc<Waker>>,
    health: Arc<Health>,
}

struct Worker {
    orders: Mutex<Sender<Order>>,
    thread: JoinHandle<()>,
}

enum Order {
    Pass(Membership, MakeTask),
    Flush(Sender<Result<(), CopyError>>),
}

impl Crew {
    /// Opens up to `count` lane pairs, at least one, and starts a worker for each.
    pub(crate) fn start(
        endpoints: [&dyn Endpoint; 2],
        count: usize,
        limits: &WorkLimits,
    ) -> Result<Self, CopyError> {
        let mut crew = Self { workers: vec![], wakers: vec![], health: Arc::default() };
        for index in 0..count {
            let waker = Arc::new(Waker::new()?);
            let [mut from, mut to] = match open_lanes(endpoints) {
                Ok(lanes) => lanes,
                // A server may take fewer clients than it lets on: what there is will do.
                Err(error) if index > 0 && matches!(error.kind(), ErrorKind::Nbd(_)) => break,
                Err(error) => return Err(error),
            };
            from.attach(&waker);
            to.attach(&waker);
            let lanes = LanePair::new(from, to, Arc::clone(&crew.health));
            limits.limiter.watch(&waker);
            crew.wakers.push(Arc::clone(&waker));
            let (orders, received) = channel();
            let limits = limits.clone();
            let thread = Builder::new().name(format!("block-copy-{index}")).spawn(move || {
                serve(&received, Station { index, lanes, waker, limits });
            })?;
            crew.workers.push(Worker { orders: Mutex::new(orders), thread });
        }
        Ok(crew)
    }

    /// Sets all workers to a new pass, whose queue is to be filled and closed. `Err`: a lane is dead.
    pub(crate) fn begin(&self, make_task: &MakeTask) -> Result<Arc<Pass>, CopyError> {
        self.health.check()?;
        let pass = Arc::new(Pass::new(self.wakers.clone(), Arc::clone(&self.health)));
        for worker in &self.workers {
            worker.order(Order::Pass(Membership::new(&pass), Arc::clone(make_task)));
        }
        Ok(pass)
    }

    /// Flushes the destination, by one lane for all: every write is acknowledged by now.
    ///
    /// Source: NBD protocol, "Multiple connections": a flush covers writes acknowledged on any of them.
    pub(crate) fn flush(&self) -> Result<(), CopyError> {
        let (reply, result) = channel();
        if let Some(worker) = self.workers.first() {
            worker.order(Order::Flush(reply));
        }
        result.recv().unwrap_or_else(|_| Err(CopyError::new(ErrorKind::Internal)))
    }
}

fn open_lanes(endpoints: [&dyn Endpoint; 2]) -> Result<[Box<dyn Lane>; 2], CopyError> {
    let [source, destination] = endpoints;
    let from = open_lane(source).map_err(|error| error.of(Side::Source))?;
    let to = open_lane(destination).map_err(|error| error.of(Side::Destination))?;
    Ok([from, to])
}

/// A lane that takes any range: whole blocks are the planner's aim, but a device may end in the middle of one.
fn open_lane(endpoint: &dyn Endpoint) -> Result<Box<dyn Lane>, CopyError> {
    Ok(Box::new(FittedLane::new(endpoint.open_lane()?, &endpoint.limits())))
}

impl Drop for Crew {
    /// Ends the threads; they close their lanes first.
    fn drop(&mut self) {
        let threads: Vec<_> = self.workers.drain(..).map(|worker| worker.thread).collect();
        for thread in threads {
            // A panic has been told by its pass.
            let _ = thread.join();
        }
    }
}

impl Worker {
    /// Where the thread is gone, the order is dropped, and whoever waits for it learns of that.
    fn order(&self, order: Order) {
        let _ = self.orders.lock().unwrap_or_else(PoisonError::into_inner).send(order);
    }
}

/// What a worker has of its own.
struct Station {
    index: usize,
    lanes: LanePair,
    waker: Arc<Waker>,
    limits: WorkLimits,
}

fn serve(orders: &Receiver<Order>, mut station: Station) {
    while let Ok(order) = orders.recv() {
        match order {
            Order::Pass(membership, make_task) => {
                let mut task = make_task(membership.pass());
                station.work(membership.pass(), &mut *task);
                membership.leave();
            }
            Order::Flush(reply) => {
                // Whoever asked may be gone.
                let _ = reply.send(station.flush());
            }
        }
    }
    station.lanes.close();
}

/// Both sides; the destination first, since what it completes makes room.
const SIDES: [Side; 2] = [Side::Destination, Side::Source];

/// How the search for something to begin ended.
enum Supply {
    /// The window is full, or pieces are to come.
    Waiting,
    /// Not before this time has passed.
    Limited(Duration),
    /// Nothing will come any more.
    Ended,
}

impl Station {
    fn work(&mut self, pass: &Pass, task: &mut dyn Task) {
        let window = Window::new(self.limits.requests, self.limits.window_bytes);
        let mut held = None;
        loop {
            let now = Instant::now();
            let progress = self.advance(pass, task, now);
            let supply = self.supply(pass, task, &window, &mut held, now);
            if progress || supply.1 {
                continue;
            }
            let timeout = match supply.0 {
                Supply::Ended if task.is_idle() && pass.is_planned() => return,
                Supply::Limited(delay) => Some(delay),
                Supply::Ended | Supply::Waiting => None,
            };
            if let Err(error) = self.lanes.wait(&self.waker, timeout, now) {
                // Without poll(2) there is no waiting for what is in flight: the lanes end here.
                self.lanes.kill(error.kind());
                pass.fail(error);
                return;
            }
        }
    }

    /// Drives both lanes and hands their completions on; whether there were any.
    fn advance(&mut self, pass: &Pass, task: &mut dyn Task, now: Instant) -> bool {
        let mut progress = false;
        for side in SIDES {
            if let Err(error) = self.lanes.drive(side, now) {
                pass.fail(error);
                task.abandon(side);
            }
            while let Some(done) = self.lanes.poll_completion(side) {
                progress = true;
                if let Err(error) = task.handle(side, done, &mut self.lanes) {
                    pass.fail(error);
                }
            }
        }
        progress
    }

    /// Begins what the window and the rate allow; whether anything was begun.
    fn supply(
        &mut self,
        pass: &Pass,
        task: &mut dyn Task,
        window: &Window,
        held: &mut Option<Piece>,
        now: Instant,
    ) -> (Supply, bool) {
        let mut progress = false;
        loop {
            if pass.has_failed() {
                *held = None;
                while task.poll_postponed().is_some() {}
                return (Supply::Ended, progress);
            }
            // What this lane has no room for is another's: on a long way it would wait here for a round trip.
            if window.is_full() {
                return (Supply::Waiting, progress);
            }
            let next = held.take().or_else(|| task.poll_postponed());
            let piece = match next.map_or_else(|| pass.take(self.index), Taken::Piece) {
                Taken::Piece(piece) => piece,
                Taken::Nothing => return (Supply::Waiting, progress),
                Taken::End => return (Supply::Ended, progress),
            };
            let Some(claim) = window.claim(task.cost(piece)) else {
                pass.give_back(piece);
                return (Supply::Waiting, progress);
            };
            if let Err(delay) = self.limits.limiter.admit(task.rated(piece), now) {
                *held = Some(piece);
                return (Supply::Limited(delay), progress);
            }
            progress = true;
            if let Err(error) = task.begin(piece, claim, &mut self.lanes) {
                pass.fail(error);
            }
        }
    }

    fn flush(&mut self) -> Result<(), CopyError> {
        self.lanes.submit(Side::Destination, 0, Operation::Flush)?;
        loop {
            let now = Instant::now();
            self.lanes.drive(Side::Destination, now)?;
            if let Some(done) = self.lanes.poll_completion(Side::Destination) {
                return done.result.map_err(|error| error.of(Side::Destination));
            }
            self.lanes.wait(&self.waker, None, now)?;
        }
    }
}
