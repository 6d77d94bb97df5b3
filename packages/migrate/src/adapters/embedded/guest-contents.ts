/** Bytes of a block: what the guest writes, zeroes and remembers. */
export const BLOCK = 4096;

/** Contents that tell disk, block and generation apart; generation 0 reads as zeros. */
export class GuestContents {
  /** The generation of every block, as the guest's memory knows it. */
  readonly #generations: Uint32Array;
  readonly #salt: number;
  readonly #pattern: Buffer = Buffer.alloc(8);

  constructor(size: number, salt: number) {
    this.#generations = new Uint32Array(Math.floor(size / BLOCK));
    this.#salt = salt;
  }

  get blocks(): number {
    return this.#generations.length;
  }

  /** From now on `count` blocks from `first` on hold `generation`. */
  remember(first: number, count: number, generation: number): void {
    this.#generations.fill(generation, first, first + count);
  }

  /** What `count` blocks from `first` on have to hold. */
  expected(first: number, count: number): Buffer {
    const bytes = Buffer.alloc(count * BLOCK);
    for (let index = 0; index < count; index++) {
      const generation = this.#generations[first + index] ?? 0;
      if (generation === 0) continue;
      this.#pattern.writeUInt32LE(first + index, 0);
      this.#pattern.writeUInt32LE((Math.imul(generation, 0x9e3779b1) ^ this.#salt) >>> 0 || 1, 4);
      bytes.fill(this.#pattern, index * BLOCK, (index + 1) * BLOCK);
    }
    return bytes;
  }
}
