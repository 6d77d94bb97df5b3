//! Devices that fail, wait, or watch.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use block_device::{Device, MemoryDevice, ZeroMode};
use extent::{Extent, Run};

type Hook = Box<dyn Fn(&str) -> io::Result<()> + Send + Sync>;

/// Memory whose calls first ask a hook, by the call's name.
pub struct HookedDevice {
    memory: MemoryDevice,
    hook: Hook,
}

impl HookedDevice {
    pub fn new(size: u64, hook: impl Fn(&str) -> io::Result<()> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { memory: MemoryDevice::new(size).unwrap(), hook: Box::new(hook) })
    }
}

impl Device for HookedDevice {
    fn size(&self) -> u64 {
        self.memory.size()
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (self.hook)("read")?;
        self.memory.read_at(buffer, offset)
    }

    fn write_at(&self, buffer: &[u8], offset: u64) -> io::Result<()> {
        (self.hook)("write")?;
        self.memory.write_at(buffer, offset)
    }

    fn zero(&self, run: Run, mode: ZeroMode) -> io::Result<()> {
        (self.hook)("zero")?;
        self.memory.zero(run, mode)
    }

    fn trim(&self, run: Run) -> io::Result<()> {
        (self.hook)("trim")?;
        self.memory.trim(run)
    }

    fn flush(&self) -> io::Result<()> {
        (self.hook)("flush")?;
        self.memory.flush()
    }

    fn prefetch(&self, run: Run) {
        // It has no way to fail.
        let _ = (self.hook)("prefetch");
        self.memory.prefetch(run);
    }

    fn extents(&self, run: Run, limit: usize) -> io::Result<Vec<Extent>> {
        (self.hook)("extents")?;
        self.memory.extents(run, limit)
    }
}

/// Holds calls up until they are let go.
pub struct Gate {
    pub arrived: Receiver<()>,
    pub let_go: Sender<()>,
}

/// A device whose writes say that they have begun, and wait.
pub fn gated(size: u64) -> (Arc<HookedDevice>, Gate) {
    let (arrive, arrived) = channel();
    let (let_go, wait) = channel();
    let ends = Mutex::new((arrive, wait));
    let device = HookedDevice::new(size, move |call| {
        if call == "write" {
            let ends = ends.lock().unwrap();
            ends.0.send(()).unwrap();
            ends.1.recv().unwrap();
        }
        Ok(())
    });
    (device, Gate { arrived, let_go })
}
