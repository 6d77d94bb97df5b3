//! Every input of the corpus through its target, and mutations of them, the same ones at each run.
#![cfg(test)]

use std::panic::catch_unwind;
use std::path::PathBuf;
use std::{env, fs};

/// Mutations of each target's corpus: a second or two without optimisation. `npm run fuzz` looks further.
const MUTATIONS: usize = 4000;
/// Longer inputs have more of the same messages.
const LONGEST: usize = 512;

macro_rules! targets {
    ($($target:ident),*) => {
        #[test]
        fn every_target_is_tested() {
            assert_eq!(fuzz::TARGETS.map(|(name, _)| name), [$(stringify!($target)),*]);
        }

        $(mod $target {
            #[test]
            fn takes_its_corpus() {
                super::take_corpus(stringify!($target));
            }

            #[test]
            fn takes_mutations() {
                super::take_mutations(stringify!($target));
            }
        })*
    };
}

targets!(
    bitmap,
    block_status,
    client_handshake,
    client_session,
    option_payloads,
    server_handshake,
    server_requests,
    session_pair,
    uri
);

fn take_corpus(target: &str) {
    take(target, &[]);
    for input in corpus(target) {
        take(target, &input);
    }
}

fn take_mutations(target: &str) {
    let corpus = corpus(target);
    let mut chance = Chance(target.len() as u64);
    for _ in 0..MUTATIONS {
        let mut input = corpus[chance.below(corpus.len())].clone();
        for _ in 0..=chance.below(4) {
            mutate(&mut input, &corpus, &mut chance);
        }
        input.truncate(LONGEST);
        take(target, &input);
    }
}

fn take(target: &str, input: &[u8]) {
    let taken = catch_unwind(|| fuzz::run(target, input));
    assert!(taken.is_ok(), "{target} does not take {input:02x?}");
}

/// The inputs in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

fn mutate(input: &mut Vec<u8>, corpus: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(input.len() + 1);
    let byte = chance.next().to_le_bytes()[0];
    match (chance.below(6), input.get_mut(at)) {
        (0, Some(place)) => *place = byte,
        (1, Some(place)) => *place ^= 1 << (byte % 8),
        (2, Some(place)) => *place = place.wrapping_add(byte % 9).wrapping_sub(4),
        (3, Some(_)) => drop(input.drain(at..input.len().min(at + usize::from(byte % 8) + 1))),
        (4, _) => {
            let other = &corpus[chance.below(corpus.len())];
            let from = chance.below(other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => input.insert(at, byte),
    }
}

/// `SplitMix64`: the same numbers at each run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}
