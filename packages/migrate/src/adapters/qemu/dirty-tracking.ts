import { type QmpClient, QmpError, type TransactionAction } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { Session } from '../../ports.js';
import type { QemuDisk } from './disks.js';

/**
 * Dirty bitmaps on the source's disks, one generation after the other. All disks change over in one transaction:
 * a write lands in the generation that ends or in the next, never in none.
 */
export class DirtyTracking {
  readonly #qmp: QmpClient;
  readonly #disks: readonly QemuDisk[];
  readonly #prefix: string;
  #generation = -1;
  /** What exists on every disk, oldest first. */
  #names: string[] = [];

  constructor(qmp: QmpClient, disks: readonly QemuDisk[], prefix: string) {
    this.#qmp = qmp;
    this.#disks = disks;
    this.#prefix = prefix;
  }

  /** The bitmap that records. */
  get recording(): string {
    return this.#name(this.#generation);
  }

  /** Records from now on. */
  async start(): Promise<void> {
    await this.#transaction(this.#add('coarse'));
  }

  /** The next generation records; the name of the one that does so no more. */
  async rotate(next: Granularity): Promise<string> {
    const ended = this.recording;
    const add = this.#add(next);
    await this.#transaction([...add, ...this.#disable(ended)]);
    return ended;
  }

  /** Nothing records any more: for a guest that has stopped. */
  async freeze(): Promise<string> {
    await this.#transaction(this.#disable(this.recording));
    return this.recording;
  }

  /** Removes a generation. */
  async remove(name: string): Promise<void> {
    this.#names = this.#names.filter((kept) => kept !== name);
    await Promise.all(
      this.#disks.map(({ node }) => this.#qmp.execute('block-dirty-bitmap-remove', { node, name })),
    );
  }

  /** Removes all that is left. Disks that are gone have none. */
  async removeAll(): Promise<void> {
    const names = this.#names;
    this.#names = [];
    const left = this.#disks.flatMap(({ node }) => names.map((name) => ({ node, name })));
    const outcomes = await Promise.allSettled(
      left.map((at) => this.#qmp.execute('block-dirty-bitmap-remove', at)),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected' && !isGone(outcome.reason));
    if (failed?.status === 'rejected') throw failed.reason;
  }

  #add(granularity: Granularity): TransactionAction[] {
    this.#generation += 1;
    const name = this.recording;
    this.#names.push(name);
    return this.#disks.map(({ node, size }) => ({
      type: 'block-dirty-bitmap-add',
      data: { node, name, granularity: granularity === 'fine' ? finestFor(size) : COARSE },
    }));
  }

  #disable(name: string): TransactionAction[] {
    return this.#disks.map(({ node }) => ({ type: 'block-dirty-bitmap-disable', data: { node, name } }));
  }

  #name(generation: number): string {
    if (generation < 0) throw new MigrationError('INTERNAL', 'Nothing is tracked yet.');
    return `${this.#prefix}-${generation}`;
  }

  async #transaction(actions: readonly TransactionAction[]): Promise<void> {
    if (actions.length > 0) await this.#qmp.execute('transaction', { actions: [...actions] });
  }
}

/** A bitmap that a failed transaction never made, or that went with its disk. */
function isGone(error: unknown): boolean {
  return QmpError.is(error) && /not found|Cannot find/i.test(error.description ?? '');
}

/** The finest that costs QEMU little memory for a disk of this size. */
function finestFor(size: number): number {
  let granularity = FINEST;
  while (granularity < COARSE && size / granularity > MOST_BITS) granularity *= 2;
  return granularity;
}

type Granularity = Parameters<Session['rotate']>[0];

/** Bytes a bit: QEMU's default. */
const COARSE = 65536;
/** A guest's page. */
const FINEST = 4096;
/** 32 MiB of bitmap. */
const MOST_BITS = 2 ** 28;
