//! Operations of any range on an endpoint that takes whole blocks and short payloads only.

use std::time::Instant;

use extent::Run;
use proptest::prelude::*;

use super::endpoints::{Hooked, Noise, Shuffled, contents, memory, noisy};
use crate::fitted_lane::FittedLane;
use crate::{CopyError, Endpoint as _, Lane as _, Operation};

/// Does one operation; its buffer comes back.
fn carry_out(lane: &mut FittedLane, operation: Operation) -> Result<Option<Vec<u8>>, CopyError> {
    lane.submit(7, operation)?;
    loop {
        lane.drive(Instant::now())?;
        if let Some(completed) = lane.poll_completion() {
            assert_eq!(completed.token, 7);
            completed.result?;
            return Ok(completed.buffer);
        }
    }
}

/// What is done, and where: also beyond the end, which is cut off.
fn step() -> impl Strategy<Value = (u8, u64, u64)> {
    (0_u8..3, 0_u64..200_000, prop_oneof![1_u64..100, 1_u64..200_000])
}

proptest! {
    #[test]
    fn any_range_is_read_written_and_zeroed_and_nothing_else(
        size in 1_u64..200_000,
        block_shift in 0_u32..17,
        payload_shift in 0_u32..3,
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let device = noisy(size, 1);
        let mut model = contents(&*device);
        // It fails the test where a request does not keep to its limits.
        let mut endpoint = Shuffled::new(&device);
        endpoint.limits.minimum_block = 1 << block_shift;
        endpoint.limits.maximum_payload = 1 << (block_shift + payload_shift).max(9);
        let mut lane = FittedLane::new(endpoint.open_lane().unwrap(), &endpoint.limits());
        for (seed, (kind, offset, length)) in (2..).zip(steps) {
            let Some(run) = Run::new(offset, length).intersection(Run::new(0, size)) else { continue };
            let range = usize::try_from(run.offset).unwrap()..usize::try_from(run.end()).unwrap();
            let mut data = vec![0; range.len()];
            Noise(seed).fill(&mut data);
            match kind {
                0 => {
                    let read = Operation::Read { offset: run.offset, buffer: data };
                    prop_assert!(carry_out(&mut lane, read).unwrap().unwrap() == model[range]);
                }
                1 => {
                    model[range].copy_from_slice(&data);
                    let write = Operation::Write { offset: run.offset, buffer: data.clone() };
                    prop_assert!(carry_out(&mut lane, write).unwrap().unwrap() == data, "the buffer comes back");
                }
                _ => {
                    model[range].fill(0);
                    let zero = Operation::Zero { run, may_unmap: true, fast: false };
                    prop_assert!(carry_out(&mut lane, zero).unwrap().is_none());
                }
            }
            prop_assert!(contents(&*device) == model, "{kind} {run:?}");
        }
        prop_assert!(carry_out(&mut lane, Operation::Flush).unwrap().is_none());
    }
}

#[test]
fn a_part_that_fails_fails_the_whole_and_the_lane_goes_on() {
    for failing in [0, 4096, 8192] {
        let device = memory(1 << 20);
        let hooked = Hooked::endpoint(&device, move |_, run| {
            if run.offset == failing { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        });
        let limits = crate::Limits { minimum_block: 4096, maximum_payload: 4096, ..hooked.limits() };
        let mut lane = FittedLane::new(hooked.open_lane().unwrap(), &limits);
        // The first and the last block in part, the one between as a whole.
        let write = Operation::Write { offset: 100, buffer: vec![1; 10_000] };
        assert_eq!(carry_out(&mut lane, write).unwrap_err().code(), "IO_ENOSPC");
        let elsewhere = Operation::Write { offset: 20_000, buffer: vec![1; 10] };
        assert!(carry_out(&mut lane, elsewhere).is_ok());
    }
}
