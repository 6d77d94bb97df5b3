//! What a fuzzer's bytes stand for.

/// The bytes that have not been used yet. At their end everything reads as zero.
pub(crate) struct Script<'a> {
    rest: &'a [u8],
}

impl<'a> Script<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { rest: input }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 != 0
    }

    /// One of `choices`, which are not empty.
    pub(crate) fn choose<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()].clone()
    }

    /// A number: one at which something changes, or a small one, or any.
    pub(crate) fn number(&mut self) -> u64 {
        let kind = usize::from(self.byte());
        match EDGES.get(kind) {
            Some(edge) => *edge,
            None if kind < 0xe0 => (kind - EDGES.len()) as u64,
            None => {
                let mut bytes = [0; 8];
                bytes.fill_with(|| self.byte());
                u64::from_be_bytes(bytes)
            }
        }
    }

    pub(crate) fn number_u32(&mut self) -> u32 {
        self.number() as u32
    }

    /// Up to 255 bytes as they are.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte());
        self.take(length)
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.take(usize::MAX)
    }

    /// A string: of a length at which something changes, or broken, or any.
    pub(crate) fn text(&mut self) -> Vec<u8> {
        match self.byte() {
            kind @ 0..=5 => vec![b'x'; [0, 1, 255, 256, 4096, 4097][usize::from(kind)]],
            6 => b"base:allocation".to_vec(),
            7 => b"qemu:dirty-bitmap:b".to_vec(),
            8 => b"qemu:".to_vec(),
            9 => b"a\0b".to_vec(),
            10 => vec![0xc3, 0x28],
            _ => self.bytes().to_vec(),
        }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (head, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        head
    }
}

/// Where lengths, sizes and offsets turn from possible to impossible.
const EDGES: [u64; 26] = [
    0,
    1,
    2,
    511,
    512,
    513,
    4095,
    4096,
    4097,
    65_535,
    65_536,
    65_537,
    1 << 20,
    (1 << 20) + 1,
    32 << 20,
    1 << 31,
    (1 << 32) - 512,
    (1 << 32) - 1,
    1 << 32,
    (1 << 32) + 1,
    1 << 40,
    (1 << 63) - 1,
    1 << 63,
    (1 << 63) + 1,
    u64::MAX - 511,
    u64::MAX,
];
