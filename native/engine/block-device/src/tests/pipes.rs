//! Contents that go through a pipe.

use extent::Run;

use crate::{Device, MemoryDevice, Pipe};

#[test]
fn what_one_device_puts_into_a_pipe_another_one_takes_out() {
    let (from, to) = (MemoryDevice::new(1 << 20).unwrap(), MemoryDevice::new(1 << 20).unwrap());
    let data: Vec<u8> = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
    from.write_at(&data, 5000).unwrap();
    let mut pipe = Pipe::new(256 << 10).unwrap();
    assert!(from.read_to_pipe(&mut pipe, Run::new(4999, 100_002)).unwrap());
    assert_eq!(pipe.held(), 100_002);
    assert!(to.write_from_pipe(&mut pipe, 123).unwrap());
    assert_eq!(pipe.held(), 0);
    let mut read = vec![1; 100_002];
    to.read_at(&mut read, 123).unwrap();
    assert_eq!((read[0], read[100_001]), (0, 0));
    assert_eq!(read[1..=100_000], data);
}
