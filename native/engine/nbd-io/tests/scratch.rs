mod common;
use std::sync::Arc;
use std::time::Duration;
use common::*;
use nbd_io::client::*;
use nbd_io::*;
use extent::{Run, DirtyBitmap};

#[test]
fn serve_it() {
    let Ok(path) = std::env::var("SERVE") else { return };
    let dev = if let Ok(f) = std::env::var("FILE") {
        Arc::new(block_device::FileDevice::open(f.as_ref(), block_device::Access::ReadWrite).unwrap()) as Arc<dyn block_device::Device>
    } else { memory(64 << 20) };
    let bm = Arc::new(DirtyBitmap::new(dev.size(), 65536).unwrap());
    let mut e = export("disk", dev.clone());
    e.description = "a disk".into();
    e.bitmaps = vec![("b0".into(), bm)];
    let mut r = export("ro", dev); r.read_only = true;
    let t = if path == "tcp" { any_tcp_port() } else { Transport::Unix { path: path.into() } };
    let s = serve(t, vec![e, r]);
    println!("{}", s.uri("disk"));
    let secs = std::env::var("SECS").map(|s| s.parse().unwrap()).unwrap_or(10);
    std::thread::sleep(Duration::from_secs(secs));
    s.close().unwrap();
}

#[test]
fn client_it() {
    let Ok(uri) = std::env::var("URI") else { return };
    let uri: NbdUri = uri.parse().unwrap();
    let o = ConnectOptions { contexts: std::env::var("CTX").unwrap_or("base:allocation".into()).split(',').map(Into::into).collect(), ..Default::default() };
    println!("list: {:#?}", list(&uri, &o));
    println!("info: {:#?}", info(&uri, &o));
    let mut c = match Connection::connect(&uri, &o) { Ok(c) => c, Err(e) => { println!("connect: {e} / {:?} / {}", e, e.kind().code()); return } };
    println!("connected: {:?}", c.export());
    let size = c.export().size;
    let bs = c.export().block_size;
    let n = (u64::from(bs.maximum_payload.min(1 << 20))).min(size);
    let st = c.request(Command::BlockStatus { run: Run::new(0, size.min(1 << 31)), request_one: false });
    match st { Ok(s) => match s.result { Ok(Reply::BlockStatus(v)) => for x in v { println!("{} {} descriptors {:?}", x.context.name, x.descriptors.len(), &x.descriptors[..x.descriptors.len().min(4)]) }, r => println!("{r:?}") }, Err(e) => println!("status: {e} {e:?}") }
    if !c.export().read_only {
        let data: Vec<u8> = (0..n).map(|i| (i * 7 / 3) as u8).collect();
        let w = c.request(Command::Write { offset: 0, buffer: data.clone(), fua: c.export().can_fua });
        println!("write: {:?}", w.map(|w| w.result));
        let r = c.request(Command::Read { offset: 0, buffer: vec![9; n as usize] });
        match r { Ok(Completion{result: Ok(_), buffer: Some(b), ..}) => println!("read equal: {}", b == data), r => println!("read: {:?}", r.map(|r| r.result)) }
        println!("zero: {:?}", c.request(Command::Zero { run: Run::new(0, n / 2), may_unmap: true, fast: false, fua: false }).map(|w| w.result));
        println!("fastzero: {:?}", c.request(Command::Zero { run: Run::new(0, n / 2), may_unmap: true, fast: true, fua: false }).map(|w| w.result));
        println!("trim: {:?}", c.request(Command::Trim { run: Run::new(n / 2, n / 2) }).map(|w| w.result));
        println!("cache: {:?}", c.request(Command::Cache { run: Run::new(0, n) }).map(|w| w.result));
        println!("flush: {:?}", c.request(Command::Flush).map(|w| w.result));
    }
    // pipelined read of all
    let t = std::time::Instant::now();
    let mut off = 0; let mut inflight = 0; let mut errs = 0u64; let mut sum = 0u64; let mut first = None;
    let piece = n.min(256 << 10);
    let end = size.min(4 << 30) / piece * piece;
    loop {
        while inflight < 16 && off < end { c.submit(off, Command::Read { offset: off, buffer: vec![1; piece as usize] }).unwrap(); off += piece; inflight += 1; }
        if inflight == 0 { break }
        if let Err(e) = c.drive(std::time::Instant::now()) { println!("drive: {e} {e:?}"); return }
        let mut any = false;
        while let Some(x) = c.poll_completion() { any = true; inflight -= 1; match x.result { Ok(_) => sum += x.buffer.unwrap().iter().filter(|b| **b != 0).count() as u64, Err(e) => { errs += 1; first.get_or_insert(format!("{e} / {e:?}")); } } }
        if !any { std::thread::sleep(Duration::from_micros(50)); }
    }
    println!("read all {end}: nonzero {sum}, errors {errs} {first:?} in {:?}", t.elapsed());
    c.disconnect();
}
