//! Checksums of a device by regions, taken in any order and any cut of whole blocks.

use std::sync::atomic::{AtomicU64, Ordering};

use extent::Run;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::buffers::is_zero;

/// Each region's checksum is the sum of the hashes of its blocks, each with its offset as the seed: no order
/// matters, and two blocks that changed places do. A block of zeros counts nothing, so zeros need not be told.
///
/// Against faults, not against an adversary: whoever serves the destination can answer what he likes anyway.
pub(crate) struct Checksums {
    size: u64,
    /// Bytes of a region, but for the last one; a power of two.
    region: u64,
    sums: Box<[Sum]>,
}

/// Two halves that are added up separately, so that no lock is needed.
#[derive(Default)]
struct Sum {
    low: AtomicU64,
    high: AtomicU64,
}

/// Bytes that are hashed together. What is told begins and ends with one, or ends with the device.
pub(crate) const BLOCK: u32 = 4096;

/// Bytes that are read again where a checksum differs.
const REGION: u64 = 64 << 20;
/// Of larger devices the regions are larger, so that all checksums take 1 MiB at most.
const MOST_REGIONS: u64 = 1 << 16;

impl Checksums {
    /// Of a device of `size` bytes, all zeros.
    pub(crate) fn new(size: u64) -> Self {
        let region = REGION.max(size.div_ceil(MOST_REGIONS).next_power_of_two());
        let sums = (0..size.div_ceil(region)).map(|_| Sum::default()).collect();
        Self { size, region, sums }
    }

    /// Back to all zeros.
    pub(crate) fn reset(&self) {
        for sum in &self.sums {
            sum.low.store(0, Ordering::Release);
            sum.high.store(0, Ordering::Release);
        }
    }

    /// Adds what the device holds from `offset` on, a multiple of the block. Each block is added once at most.
    pub(crate) fn add(&self, offset: u64, bytes: &[u8]) {
        debug_assert!(offset.is_multiple_of(BLOCK.into()), "whole blocks");
        let mut rest = bytes;
        let mut at = offset;
        while !rest.is_empty() {
            let left = usize::try_from(self.region - at % self.region).unwrap_or(usize::MAX);
            let (begun, beyond) = rest.split_at(left.min(rest.len()));
            let index = usize::try_from(at / self.region).unwrap_or(usize::MAX);
            if let Some(sum) = self.sums.get(index) {
                let [low, high] = hash(at, begun);
                sum.low.fetch_add(low, Ordering::AcqRel);
                sum.high.fetch_add(high, Ordering::AcqRel);
            }
            at += begun.len() as u64;
            rest = beyond;
        }
    }

    /// The first region, of those of equal devices, that has another checksum.
    pub(crate) fn first_difference(&self, other: &Self) -> Option<Run> {
        let index = self.sums.iter().zip(&other.sums).position(|(a, b)| a.halves() != b.halves())?;
        let offset = index as u64 * self.region;
        Some(Run::new(offset, self.region.min(self.size - offset)))
    }
}

impl Sum {
    fn halves(&self) -> [u64; 2] {
        [self.low.load(Ordering::Acquire), self.high.load(Ordering::Acquire)]
    }
}

/// The sum of the blocks' hashes.
fn hash(offset: u64, bytes: &[u8]) -> [u64; 2] {
    let blocks = (offset..).step_by(BLOCK as usize).zip(bytes.chunks(BLOCK as usize));
    blocks.filter(|(_, block)| !is_zero(block)).fold([0, 0], |[low, high], (at, block)| {
        let hash = xxh3_128_with_seed(block, at);
        [low.wrapping_add(half(hash)), high.wrapping_add(half(hash >> 64))]
    })
}

fn half(hash: u128) -> u64 {
    u64::try_from(hash & u128::from(u64::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::endpoints::Noise;

    const SIZE: usize = 40_000;

    fn noise() -> Vec<u8> {
        let mut bytes = vec![0; SIZE];
        Noise(5).fill(&mut bytes);
        bytes
    }

    fn of(bytes: &[u8]) -> Checksums {
        let sums = Checksums::new(bytes.len() as u64);
        sums.add(0, bytes);
        sums
    }

    #[test]
    fn neither_the_order_nor_the_cut_nor_zeros_matter() {
        let mut bytes = noise();
        bytes[8192..20_480].fill(0);
        let torn = Checksums::new(SIZE as u64);
        torn.add(20_480, &bytes[20_480..]);
        torn.add(4096, &bytes[4096..12_288]);
        torn.add(0, &bytes[..4096]);
        assert_eq!(torn.first_difference(&of(&bytes)), None);
        torn.reset();
        assert_eq!(torn.first_difference(&of(&vec![0; SIZE])), None);
    }

    #[test]
    fn every_byte_and_every_blocks_place_matters() {
        let bytes = noise();
        let whole = Run::new(0, SIZE as u64);
        for at in [0, 4095, 4096, 20_000, SIZE - 1] {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_eq!(of(&other).first_difference(&of(&bytes)), Some(whole), "{at}");
        }
        let mut swapped = bytes.clone();
        let (first, second) = swapped[..8192].split_at_mut(4096);
        first.swap_with_slice(second);
        assert_eq!(of(&swapped).first_difference(&of(&bytes)), Some(whole));
    }

    #[test]
    fn what_lies_in_two_regions_is_added_to_both() {
        let size = 2 * REGION;
        let (sums, other) = (Checksums::new(size), Checksums::new(size));
        let bytes = noise();
        sums.add(REGION - 8192, &bytes);
        other.add(REGION - 8192, &bytes[..8192]);
        assert_eq!(sums.first_difference(&other), Some(Run::new(REGION, REGION)));
        other.add(REGION, &bytes[8192..]);
        assert_eq!(sums.first_difference(&other), None);
    }

    #[test]
    fn the_region_is_told_and_the_memory_is_bounded() {
        let size = 200 << 20;
        let (sums, other) = (Checksums::new(size), Checksums::new(size));
        other.add(size - 4096, &[1; 4096]);
        assert_eq!(sums.first_difference(&other), Some(Run::new(192 << 20, 8 << 20)));
        for size in [0, 1, 1 << 43, (1 << 43) + 1, 1 << 63, u64::MAX] {
            assert!(Checksums::new(size).sums.len() <= 1 << 16, "{size}");
        }
    }
}
