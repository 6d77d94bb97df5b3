/** Numbers that look random and are the same in every run: `next(n)` is an integer from 0 to n-1. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(limit: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }
}
