import {
  type Copier,
  compare,
  type DirtyMap,
  type Endpoint,
  OpenMap,
  openCopier,
  type RateLimiter,
  type Sabotage,
} from '@blockferry/nbd';
import { locate, MigrationError } from '../error.js';
import type { MigrationEvent } from '../events.js';
import { toMigrationError } from '../failure.js';
import type { RoundRecord } from '../policy/convergence.js';
import type { DiskPair, EndpointPair } from '../ports.js';
import type { Meter } from './meter.js';
import { Tally } from './tally.js';

export interface DiskCopiersOptions {
  readonly disks: readonly DiskPair[];
  readonly meter: Meter;
  readonly limiter: RateLimiter;
  readonly allowLarger: boolean;
  readonly signal: AbortSignal;
  readonly emit: (event: MigrationEvent, key?: string) => void;
  readonly sabotage: Sabotage;
}

/** A finished round over all disks. */
export interface CopiedRound extends RoundRecord {
  /** Of `ms`: the longest flush of a disk. */
  readonly flushMs: number;
}

/** A copier for each disk that moves, and passes over all of them side by side. */
export class DiskCopiers {
  readonly tally: Tally;
  readonly #options: DiskCopiersOptions;
  readonly #copiers = new Map<string, Copier>();
  #endpoints: ReadonlyMap<string, EndpointPair> = new Map();
  #rounds = 0;

  constructor(options: DiskCopiersOptions) {
    this.#options = options;
    this.tally = new Tally(options.disks);
  }

  /** Whether there is nothing to copy. */
  get isEmpty(): boolean {
    return this.#options.disks.length === 0;
  }

  /** Rounds so far, each over all disks. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Connects to both sides of every disk. */
  async open(endpoints: ReadonlyMap<string, EndpointPair>): Promise<void> {
    const { disks, meter, limiter, allowLarger, signal, sabotage } = this.#options;
    this.#endpoints = endpoints;
    await this.#each(async (disk) => {
      const { source, destination } = found(endpoints, disk);
      this.#copiers.set(
        disk,
        await openCopier(source, destination, {
          limiter,
          signal,
          allowLarger,
          sabotage,
          ...(isOneMachine(source, destination) ? GENTLE : {}),
        }),
      );
    });
    // In definition order, whichever connected first.
    for (const { disk } of disks) meter.watch(disk, found(this.#copiers, disk));
  }

  /** Copies the disks whole. */
  async bulk(): Promise<void> {
    await this.#each(async (disk) => {
      this.#options.meter.begin(disk, 0);
      this.tally.add(disk, 0, await found(this.#copiers, disk).bulk(this.#options.signal));
    });
  }

  /** Connects to the maps, so that their round loses no time with that. A round may run meanwhile. */
  async openMaps(maps: ReadonlyMap<string, DirtyMap>): Promise<ReadonlyMap<string, DirtyMap | OpenMap>> {
    const open = new Map<string, DirtyMap | OpenMap>();
    try {
      await this.#each(async (disk) => {
        const map = found(maps, disk);
        open.set(disk, 'uri' in map ? await found(this.#copiers, disk).openMap(map) : map);
      });
      return open;
    } catch (error) {
      closeMaps(open);
      throw error;
    }
  }

  /** Copies what the maps mark. */
  async round(maps: ReadonlyMap<string, DirtyMap | OpenMap>): Promise<CopiedRound> {
    const { meter, signal, emit } = this.#options;
    const began = performance.now();
    const round = ++this.#rounds;
    let total = 0;
    let flushMs = 0;
    await this.#each(async (disk) => {
      meter.begin(disk, round);
      const pass = await found(this.#copiers, disk).round(found(maps, disk), signal);
      const bytes = pass.bytesMoved + pass.bytesZeroed + pass.bytesSkipped;
      total += bytes;
      flushMs = Math.max(flushMs, pass.flushMs);
      this.tally.add(disk, round, pass);
      emit({ type: 'round', disk, round, bytes, ms: Math.round(pass.ms * 10) / 10 });
    });
    return { bytes: total, ms: performance.now() - began, flushMs };
  }

  /** Reads both sides of every disk; `VERIFY_DIFFERENT` where they differ. */
  async compare(): Promise<void> {
    await this.#each(async (disk) => {
      const { source, destination } = found(this.#endpoints, disk);
      const { equal, firstDifference } = await compare(source, destination, { signal: this.#options.signal });
      if (!equal) {
        const message = `${disk} differs from byte ${firstDifference} on; the guest stays on the source.`;
        throw new MigrationError('VERIFY_DIFFERENT', message, { disk, offset: firstDifference });
      }
      this.tally.verified(disk);
    });
  }

  /** Ends the connections. A second call does nothing. */
  async close(): Promise<void> {
    const copiers = [...this.#copiers.values()];
    this.#copiers.clear();
    await Promise.all(copiers.map((copier) => copier.close()));
  }

  /** Does `action` for all disks side by side; the first failure is thrown when none runs any more. */
  async #each(action: (disk: string) => Promise<void>): Promise<void> {
    this.#options.signal.throwIfAborted();
    const failures: MigrationError[] = [];
    await Promise.all(
      this.#options.disks.map(async ({ disk }) => {
        try {
          await action(disk);
        } catch (error) {
          const failure = toMigrationError(error);
          // Stopping is of no disk in particular.
          failures.push(failure.code === 'ABORTED' ? failure : locate(failure, { disk }));
          for (const copier of this.#copiers.values()) copier.cancel();
        }
      }),
    );
    // A pass that was cancelled because another disk failed is no news.
    const first = failures.find(({ code }) => code !== 'ABORTED') ?? failures[0];
    if (first !== undefined) throw first;
  }
}

/** Closes those that no round has used up. */
export function closeMaps(maps: ReadonlyMap<string, DirtyMap | OpenMap>): void {
  for (const map of maps.values()) if (map instanceof OpenMap) map.close();
}

function isOneMachine(...ends: readonly Endpoint[]): boolean {
  return ends.every((end) => typeof end === 'string' && end.startsWith('nbd+unix:'));
}

function found<T>(map: ReadonlyMap<string, T>, disk: string): T {
  const value = map.get(disk);
  if (value === undefined) throw new MigrationError('INTERNAL', `The adapter forgot ${disk}.`, { disk });
  return value;
}

/**
 * With no way between the hosts more in flight makes no copy faster, but the guest's own writes wait behind it in QEMU,
 * which serves both by one thread.
 */
const GENTLE = { connections: 2, requests: 8 } as const;
