import type { NbdHandle } from '@blockferry/nbd';
import { MigrationError } from '../../error.js';
import { BLOCK, GuestContents } from './guest-contents.js';

/** What comparing a disk with the guest's memory found. */
export interface GuestVerification {
  readonly disk: string;
  readonly ok: boolean;
  /** Blocks of 4096 bytes that were compared. */
  readonly blocks: number;
  /** Byte offset of the first wrong block. */
  readonly firstDifference?: number;
}

export interface GuestDisk {
  readonly name: string;
  readonly size: number;
  /** Filled, then never written again. */
  readonly idle: boolean;
}

interface DiskState {
  readonly disk: GuestDisk;
  readonly contents: GuestContents;
  /** The block after the last one written. */
  next: number;
}

/**
 * A guest without a machine: it writes and zeroes blocks at a steady rate and remembers what every block has to
 * hold. One write of 1 to 16 blocks in eight zeroes instead; half go on in order, half are spread by chance.
 */
export class Guest {
  readonly #disks: Map<string, DiskState>;
  readonly #rate: number;
  readonly #onFailure: (error: Error) => void;
  #handles: ReadonlyMap<string, NbdHandle> = new Map();
  #random: number;
  #generation = 0;
  /** Whether it is to run, as start() and stop() said last. */
  #isStarted = false;
  /** How many want it to stand still meanwhile. */
  #holds = 0;
  #loop: Promise<void> | undefined;
  #stopping = false;
  #bytesWritten = 0;

  /** `rate` in bytes per second, all disks together. */
  constructor(disks: readonly GuestDisk[], rate: number, seed: number, onFailure: (error: Error) => void) {
    this.#disks = new Map(
      disks.map((disk, index) => [
        disk.name,
        { disk, contents: new GuestContents(disk.size, seed + index), next: 0 },
      ]),
    );
    this.#rate = rate;
    this.#random = seed | 1;
    this.#onFailure = onFailure;
  }

  get running(): boolean {
    return this.#loop !== undefined && !this.#stopping;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Gives it other ways to its disks; it must stand still. Refused where one is missing that it writes to. */
  place(handles: ReadonlyMap<string, NbdHandle>): void {
    for (const { name } of this.#busy()) required(handles, name);
    this.#handles = handles;
  }

  /** Fills the first half of every disk; the rest stays a hole. */
  async fill(): Promise<void> {
    for (const [name, { contents }] of this.#disks) {
      const handle = required(this.#handles, name);
      const end = Math.ceil(contents.blocks / 2);
      for (let first = 0; first < end; first += FILL_BLOCKS) {
        const count = Math.min(FILL_BLOCKS, end - first);
        contents.remember(first, count, ++this.#generation);
        await handle.write(first * BLOCK, contents.expected(first, count));
      }
      await handle.flush();
    }
  }

  /** Runs, unless it is held: then from its release on. */
  start(): void {
    if (this.#isStarted) throw new MigrationError('INVALID_ARGUMENT', 'The guest runs already.');
    this.#isStarted = true;
    this.#goOn();
  }

  /** Stops it; resolves when all its writes have been acknowledged. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    await this.#halt();
  }

  /** Like stop(), but until `release()` alone: whoever starts it meanwhile starts it then. */
  async hold(): Promise<void> {
    this.#holds += 1;
    await this.#halt();
  }

  /** Ends a hold: it runs on if it ran, or was started meanwhile. */
  release(): void {
    this.#holds -= 1;
    this.#goOn();
  }

  /** Compares a disk with the guest's memory; it stands still meanwhile. */
  async verify(name: string): Promise<GuestVerification> {
    await this.hold();
    try {
      return await this.#compare(this.#required(name), required(this.#handles, name));
    } finally {
      this.release();
    }
  }

  async #compare({ disk, contents }: DiskState, handle: NbdHandle): Promise<GuestVerification> {
    for (let first = 0; first < contents.blocks; first += FILL_BLOCKS) {
      const count = Math.min(FILL_BLOCKS, contents.blocks - first);
      const found = await handle.read(first * BLOCK, count * BLOCK);
      const expected = contents.expected(first, count);
      if (found.equals(expected)) continue;
      const wrong = [...Array(count).keys()].find(
        (index) =>
          found.compare(expected, index * BLOCK, (index + 1) * BLOCK, index * BLOCK, (index + 1) * BLOCK) !==
          0,
      );
      return {
        disk: disk.name,
        ok: false,
        blocks: contents.blocks,
        firstDifference: (first + (wrong ?? 0)) * BLOCK,
      };
    }
    return { disk: disk.name, ok: true, blocks: contents.blocks };
  }

  #goOn(): void {
    if (!this.#isStarted || this.#holds > 0 || this.#loop !== undefined) return;
    this.#stopping = false;
    this.#loop = this.#run().catch((error: Error) => {
      this.#isStarted = false;
      this.#loop = undefined;
      this.#onFailure(error);
    });
  }

  async #halt(): Promise<void> {
    const loop = this.#loop;
    if (loop === undefined) return;
    this.#stopping = true;
    await loop;
    if (this.#loop === loop) this.#loop = undefined;
    // It may have been started again meanwhile.
    this.#goOn();
  }

  async #run(): Promise<void> {
    const busy = this.#busy();
    if (busy.length === 0) return;
    let due = performance.now();
    while (!this.#stopping) {
      due += TICK_MS;
      const budget = ((this.#rate * TICK_MS) / 1000 / busy.length) | 0;
      // Disks side by side; on one disk one write after the other, for NBD orders nothing.
      await Promise.all(busy.map(({ name }) => this.#write(name, budget)));
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      else if (wait < -1000) due = performance.now();
    }
    await Promise.all(busy.map(({ name }) => required(this.#handles, name).flush()));
  }

  async #write(name: string, budget: number): Promise<void> {
    const state = this.#required(name);
    const handle = required(this.#handles, name);
    for (let left = budget; left > 0 && !this.#stopping; ) {
      const count = Math.min(1 + this.#chance(16), state.contents.blocks);
      const last = state.contents.blocks - count + 1;
      const first = this.#chance(2) === 0 ? this.#chance(last) : state.next % last;
      state.next = first + count;
      const zero = this.#chance(8) === 0;
      state.contents.remember(first, count, zero ? 0 : ++this.#generation);
      if (zero) await handle.zero(first * BLOCK, count * BLOCK);
      else await handle.write(first * BLOCK, state.contents.expected(first, count));
      this.#bytesWritten += count * BLOCK;
      left -= count * BLOCK;
    }
  }

  /** The disks that it writes to. */
  #busy(): GuestDisk[] {
    return [...this.#disks.values()].map(({ disk }) => disk).filter(({ idle }) => !idle && this.#rate > 0);
  }

  #required(name: string): DiskState {
    const state = this.#disks.get(name);
    if (state === undefined)
      throw new MigrationError('DISK_NOT_FOUND', `The guest has no disk ${name}.`, { disk: name });
    return state;
  }

  /** A number from 0 to `below` - 1 (xorshift32: repeatable from the seed). */
  #chance(below: number): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return (x >>> 0) % below;
  }
}

function required(handles: ReadonlyMap<string, NbdHandle>, name: string): NbdHandle {
  const handle = handles.get(name);
  if (handle === undefined)
    throw new MigrationError('DISK_NOT_FOUND', `The disk ${name} is not open.`, { disk: name });
  return handle;
}

const TICK_MS = 10;
const FILL_BLOCKS = 256;
