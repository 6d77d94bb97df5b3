/** Numbers that look random and are the same each time: from 0 on, below 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  // A multiplicative step with a mix of the bits afterwards (mulberry32's shape): 2^32 of them before it repeats.
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
