//! Endpoints for tests: devices with hooks, lanes that complete late and in another order.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use block_device::{Device, MemoryDevice, ZeroMode};
use extent::{Extent, Run};
use nbd_io::{Interest, Waker};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

use crate::{Completed, CopyError, DeviceEndpoint, Endpoint, ErrorKind, Lane, Limits, Operation, RunMap};

/// Numbers that look random and are the same each time.
pub(crate) struct Noise(pub u64);

impl Noise {
    pub(crate) fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    pub(crate) fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = u8::try_from(self.next(256)).unwrap();
        }
    }
}

pub(crate) fn memory(size: u64) -> Arc<MemoryDevice> {
    Arc::new(MemoryDevice::new(size).unwrap())
}

pub(crate) fn noisy(size: u64, seed: u64) -> Arc<MemoryDevice> {
    let device = memory(size);
    write_noise(&*device, Run::new(0, size), seed);
    device
}

pub(crate) fn write_noise(device: &dyn Device, run: Run, seed: u64) {
    let mut buffer = vec![0; usize::try_from(run.length).unwrap()];
    Noise(seed).fill(&mut buffer);
    device.write_at(&buffer, run.offset).unwrap();
}

pub(crate) fn contents(device: &dyn Device) -> Vec<u8> {
    let mut buffer = vec![0; usize::try_from(device.size()).unwrap()];
    device.read_at(&mut buffer, 0).unwrap();
    buffer
}

/// Whether a wake-up is there to be seen.
pub(crate) fn is_set(waker: &Waker) -> bool {
    let mut fds = [PollFd::new(waker, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).unwrap() == 1
}

/// Bytes that are not holes.
pub(crate) fn allocated(device: &dyn Device) -> u64 {
    let extents = device.extents(Run::new(0, device.size()), usize::MAX).unwrap();
    extents.iter().filter(|extent| !extent.hole).map(|extent| extent.run.length).sum()
}

pub(crate) fn endpoint(device: &Arc<MemoryDevice>) -> Arc<dyn Endpoint> {
    let device: Arc<dyn Device> = device.clone();
    Arc::new(DeviceEndpoint::new(device))
}

/// A call of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Write,
    Zero,
    Flush,
    Extents,
}

/// What is asked before each call; an error is the call's.
pub(crate) type Hook = Box<dyn Fn(Call, Run) -> io::Result<()> + Send + Sync>;

/// A device whose calls go through a hook first.
pub(crate) struct Hooked {
    pub device: Arc<MemoryDevice>,
    pub hook: Hook,
    /// The most bytes that it tells the extents of at a time.
    pub most_told: u64,
}

impl Hooked {
    pub(crate) fn new(
        device: &Arc<MemoryDevice>,
        hook: impl Fn(Call, Run) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { device: device.clone(), hook: Box::new(hook), most_told: u64::MAX }
    }

    pub(crate) fn endpoint(
        device: &Arc<MemoryDevice>,
        hook: impl Fn(Call, Run) -> io::Result<()> + Send + Sync + 'static,
    ) -> Arc<dyn Endpoint> {
        Arc::new(DeviceEndpoint::new(Arc::new(Self::new(device, hook))))
    }
}

impl Device for Hooked {
    fn size(&self) -> u64 {
        self.device.size()
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (self.hook)(Call::Read, Run::new(offset, buffer.len() as u64))?;
        self.device.read_at(buffer, offset)
    }

    fn write_at(&self, buffer: &[u8], offset: u64) -> io::Result<()> {
        (self.hook)(Call::Write, Run::new(offset, buffer.len() as u64))?;
        self.device.write_at(buffer, offset)
    }

    fn zero(&self, run: Run, mode: ZeroMode) -> io::Result<()> {
        (self.hook)(Call::Zero, run)?;
        self.device.zero(run, mode)
    }

    fn trim(&self, run: Run) -> io::Result<()> {
        self.device.trim(run)
    }

    fn flush(&self) -> io::Result<()> {
        (self.hook)(Call::Flush, Run::new(0, 0))?;
        self.device.flush()
    }

    fn extents(&self, run: Run, limit: usize) -> io::Result<Vec<Extent>> {
        (self.hook)(Call::Extents, run)?;
        self.device.extents(Run::new(run.offset, run.length.min(self.most_told)), limit)
    }
}

/// An endpoint whose lanes do one operation a drive, not the oldest one, and check what they are given.
pub(crate) struct Shuffled {
    pub device: Arc<dyn Device>,
    pub limits: Limits,
    pub seen: Arc<Mutex<Seen>>,
    /// Operations after which a lane is dead.
    pub dies_after: Option<usize>,
    /// Whether fast zeroing is refused although it is offered.
    pub refuses_fast: bool,
    /// Whether it has a block status.
    pub has_map: bool,
}

/// What all lanes of an endpoint have seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub in_flight: Vec<Run>,
    pub most_bytes: u64,
    pub most_requests: usize,
    pub zeroed: Vec<(Run, bool)>,
    pub flushes: usize,
}

impl Shuffled {
    pub(crate) fn new(device: &Arc<MemoryDevice>) -> Self {
        let device: Arc<dyn Device> = device.clone();
        let limits = Limits { lanes: 3, ..DeviceEndpoint::new(device.clone()).limits() };
        Self { device, limits, seen: Arc::default(), dies_after: None, refuses_fast: false, has_map: true }
    }
}

impl Endpoint for Shuffled {
    fn limits(&self) -> Limits {
        self.limits
    }

    fn open_lane(&self) -> Result<Box<dyn Lane>, CopyError> {
        Ok(Box::new(ShuffledLane {
            device: DeviceEndpoint::new(self.device.clone()).open_lane()?,
            limits: self.limits,
            seen: self.seen.clone(),
            pending: VecDeque::new(),
            noise: Noise(7),
            lives: self.dies_after,
            refuses_fast: self.refuses_fast,
            refused: VecDeque::new(),
            ready: eventfd(1, EventfdFlags::CLOEXEC).unwrap(),
        }))
    }

    fn open_map(&self, context: &str, range: Run) -> Result<Option<Box<dyn RunMap>>, CopyError> {
        if self.has_map {
            DeviceEndpoint::new(self.device.clone()).open_map(context, range)
        } else {
            Ok(None)
        }
    }
}

struct ShuffledLane {
    device: Box<dyn Lane>,
    limits: Limits,
    seen: Arc<Mutex<Seen>>,
    pending: VecDeque<(u64, Operation)>,
    noise: Noise,
    lives: Option<usize>,
    refuses_fast: bool,
    refused: VecDeque<Completed>,
    ready: OwnedFd,
}

fn range(operation: &Operation) -> Run {
    match operation {
        Operation::Read { offset, buffer } | Operation::Write { offset, buffer } => {
            Run::new(*offset, buffer.len() as u64)
        }
        Operation::ReadPiped { run, .. } | Operation::Zero { run, .. } => *run,
        Operation::WritePiped { offset, pipe } => Run::new(*offset, pipe.held() as u64),
        Operation::Flush => Run::new(0, 0),
    }
}

impl ShuffledLane {
    fn check(&self, operation: &Operation, seen: &mut Seen) {
        let run = range(operation);
        let block = u64::from(self.limits.minimum_block);
        let ends_well = run.end().is_multiple_of(block) || run.end() == self.limits.size;
        let whole = run.offset.is_multiple_of(block) && ends_well;
        assert!(whole && run.end() <= self.limits.size, "{run:?} is not whole blocks of {block}");
        match operation {
            Operation::Zero { fast, .. } => {
                assert!(self.limits.can_zero && (!fast || self.limits.can_fast_zero));
                seen.zeroed.push((run, *fast));
            }
            Operation::Flush => {
                assert!(seen.in_flight.is_empty(), "flushed before all was acknowledged");
                seen.flushes += 1;
                return;
            }
            _ => assert!(run.length <= u64::from(self.limits.maximum_payload)),
        }
        assert!(run.length > 0);
        let overlap = seen.in_flight.iter().find(|other| other.intersection(run).is_some());
        assert_eq!(overlap, None, "in flight together with {run:?}");
        seen.in_flight.push(run);
        seen.most_requests = seen.most_requests.max(self.pending.len() + 1);
        let pending = self.pending.iter().map(|(_, operation)| operation);
        let bytes =
            pending.chain([operation]).filter(|operation| !matches!(operation, Operation::Zero { .. }));
        seen.most_bytes = seen.most_bytes.max(bytes.map(|operation| range(operation).length).sum());
    }
}

impl Lane for ShuffledLane {
    fn submit(&mut self, token: u64, operation: Operation) -> Result<(), CopyError> {
        self.check(&operation, &mut self.seen.lock().unwrap());
        self.pending.push_back((token, operation));
        Ok(())
    }

    fn drive(&mut self, _now: Instant) -> Result<(), CopyError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if self.lives == Some(0) {
            return Err(CopyError::new(ErrorKind::Io(io::ErrorKind::ConnectionReset)));
        }
        self.lives = self.lives.map(|lives| lives - 1);
        let at = usize::try_from(self.noise.next(self.pending.len() as u64)).unwrap();
        let (token, operation) = self.pending.remove(at).unwrap();
        let run = range(&operation);
        if !matches!(operation, Operation::Flush) {
            let mut seen = self.seen.lock().unwrap();
            let at = seen.in_flight.iter().position(|other| *other == run).unwrap();
            seen.in_flight.swap_remove(at);
        }
        if self.refuses_fast && matches!(operation, Operation::Zero { fast: true, .. }) {
            let result = Err(CopyError::new(ErrorKind::Io(io::ErrorKind::Unsupported)));
            self.refused.push_back(Completed { token, buffer: None, pipe: None, result });
            return Ok(());
        }
        self.device.submit(token, operation)
    }

    fn poll_completion(&mut self) -> Option<Completed> {
        self.refused.pop_front().or_else(|| self.device.poll_completion())
    }

    fn poll_fd(&self) -> Option<(BorrowedFd<'_>, Interest)> {
        (!self.pending.is_empty()).then(|| (self.ready.as_fd(), Interest { read: true, write: false }))
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }
}
