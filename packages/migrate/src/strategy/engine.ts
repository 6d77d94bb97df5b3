import { setImmediate } from 'node:timers/promises';
import {
  type Copier,
  compare,
  type DirtyMap,
  openCopier,
  type RateLimiter,
  type Sabotage,
} from '@blockferry/nbd';
import { MigrationError } from '../error.js';
import type { MigrationEvent } from '../events.js';
import { toMigrationError } from '../failure.js';
import type { Phase } from '../phase.js';
import type { PhaseRunner } from '../phase-runner.js';
import { decide, type RoundRecord } from '../policy/convergence.js';
import type { DiskPair, EndpointPair, Session } from '../ports.js';
import { Meter } from './meter.js';
import { Tally } from './tally.js';

/** Faults that acceptance tests ask for, to see that the verifier finds them. Not for users. */
export interface EngineSabotage extends Sabotage {
  /** No round once the state stream runs: the last one would have had it all to carry, and is left out. */
  readonly skipLastRounds?: boolean;
}

export interface EngineOptions {
  readonly session: Session;
  readonly disks: readonly DiskPair[];
  readonly phases: PhaseRunner;
  readonly limiter: RateLimiter;
  readonly maxDowntimeMs: number;
  readonly allowLarger: boolean;
  readonly verify: boolean;
  readonly signal: AbortSignal;
  readonly emit: (event: MigrationEvent, key?: string) => void;
  readonly sabotage: EngineSabotage;
}

/**
 * Moves disks with our own copier: a bulk, rounds of what the guest has written meanwhile, rounds beside the
 * state stream, the last one when the guest has stopped; then the guest is handed over.
 *
 * Dirty marks are taken before their blocks are read, and each pass ends acknowledged and flushed.
 */
export class EngineStrategy {
  readonly tally: Tally;
  /** Rounds over all disks, the last one included. */
  rounds = 0;
  readonly #options: EngineOptions;
  readonly #meter: Meter;
  readonly #copiers = new Map<string, Copier>();
  #endpoints: ReadonlyMap<string, EndpointPair> = new Map();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.tally = new Tally(options.disks);
    this.#meter = new Meter(options.emit, () => options.phases.current);
  }

  /** Runs from `prepare` to `confirm`; resolves with the downtime in milliseconds. */
  async run(): Promise<number> {
    const { session, phases, signal } = this.#options;
    try {
      await this.#phase('prepare', () => this.#prepare());
      await this.#phase('bulk', () => this.#bulk());
      await this.#phase('precopy', () => this.#precopy());
      const stoppedAt = await this.#phase('state', () => this.#streamState());
      await this.#phase('switchover', () => this.#lastRound());
      // A signal that has reached this process by now still counts: it is the last chance.
      await setImmediate();
      signal.throwIfAborted();
      const resumedAt = await this.#phase('finish', () => session.handOver());
      phases.commit();
      await this.#phase('confirm', () => this.#confirm());
      return resumedAt - stoppedAt;
    } finally {
      this.#meter[Symbol.dispose]();
    }
  }

  progress(): ReturnType<Meter['read']> {
    return this.#meter.read();
  }

  async #prepare(): Promise<void> {
    const { session, disks, phases, limiter, sabotage, allowLarger, signal } = this.#options;
    phases.onFailure('close the connections', () => this.#closeCopiers());
    this.#endpoints = await session.prepare();
    await this.#each(async (disk) => {
      const endpoints = found(this.#endpoints, disk);
      const copier = await openCopier(endpoints.source, endpoints.destination, {
        limiter,
        signal,
        allowLarger,
        ...(sabotage.skipZeroes === undefined ? {} : { sabotage }),
      });
      this.#copiers.set(disk, copier);
    });
    // In definition order, whichever connected first.
    for (const { disk } of disks) {
      const copier = this.#copiers.get(disk);
      if (copier !== undefined) this.#meter.watch(disk, copier);
    }
  }

  async #bulk(): Promise<void> {
    await this.#each(async (disk) => {
      this.#meter.begin(disk, 0);
      this.tally.add(disk, 0, await found(this.#copiers, disk).bulk(this.#options.signal));
    });
  }

  async #precopy(): Promise<void> {
    const { maxDowntimeMs, emit } = this.#options;
    if (this.#copiers.size === 0) return;
    const records: RoundRecord[] = [];
    for (;;) {
      records.push(await this.#round(await this.#options.session.rotate()));
      const decision = decide(records, { maxDowntimeMs, switchMs: SWITCH_MS, maxRounds: MAX_ROUNDS });
      if (decision.action === 'switch') {
        const message = `${decision.reason}; forecast downtime ${Math.round(decision.forecastMs)} ms`;
        emit({ type: 'log', level: 'info', message: `Starting the state stream: ${message}.` });
        return;
      }
    }
  }

  async #streamState(): Promise<number> {
    const { session, signal, sabotage } = this.#options;
    await session.startState();
    const stopped = session.stopped(signal);
    // Its failure is met below; a round that fails first must not leave it unhandled.
    stopped.catch(() => undefined);
    const rounds = this.#copiers.size > 0 && sabotage.skipLastRounds !== true;
    while (rounds && (await within(ROUND_GAP_MS, stopped, signal)) === undefined) {
      await this.#round(await session.rotate());
    }
    return abortable(stopped, signal);
  }

  async #lastRound(): Promise<void> {
    const { session, sabotage, verify } = this.#options;
    const maps = await session.freeze();
    if (sabotage.skipLastRounds !== true && maps.size > 0) await this.#round(maps, 'last');
    if (verify) await this.#compare();
    await session.sealDestination();
  }

  async #confirm(): Promise<void> {
    await this.#closeCopiers();
    await this.#options.session.cleanUp();
  }

  async #round(maps: Map<string, DirtyMap>, last?: 'last'): Promise<RoundRecord> {
    const { session, emit, signal } = this.#options;
    const began = performance.now();
    const round = ++this.rounds;
    let total = 0;
    await this.#each(async (disk) => {
      this.#meter.begin(disk, round);
      const pass = await found(this.#copiers, disk).round(found(maps, disk), signal);
      const bytes = pass.bytesMoved + pass.bytesZeroed + pass.bytesSkipped;
      total += bytes;
      this.tally.add(disk, round, pass);
      emit({ type: 'round', disk, round, bytes, ms: Math.round(pass.ms * 10) / 10 });
    });
    // The guest stands still in the last round: its maps go when it runs again.
    if (last === undefined) await session.release();
    return { bytes: total, ms: performance.now() - began };
  }

  async #compare(): Promise<void> {
    await this.#each(async (disk) => {
      const endpoints = found(this.#endpoints, disk);
      const { equal, firstDifference } = await compare(endpoints.source, endpoints.destination, {
        signal: this.#options.signal,
      });
      if (!equal) {
        throw new MigrationError(
          'VERIFY_DIFFERENT',
          `${disk} differs from byte ${firstDifference} on; the guest stays on the source.`,
          {
            disk,
            offset: firstDifference,
          },
        );
      }
      this.tally.verified(disk);
    });
  }

  /** Does `action` for all disks side by side; the first failure is thrown when none runs any more. */
  async #each(action: (disk: string) => Promise<void>): Promise<void> {
    const failures: MigrationError[] = [];
    await Promise.all(
      this.#options.disks.map(async ({ disk }) => {
        try {
          this.#options.signal.throwIfAborted();
          await action(disk);
        } catch (error) {
          failures.push(toMigrationError(error, { disk }));
          for (const copier of this.#copiers.values()) copier.cancel();
        }
      }),
    );
    // A pass that was cancelled because another disk failed is no news.
    const first = failures.find(({ code }) => code !== 'ABORTED') ?? failures[0];
    if (first !== undefined) throw first;
  }

  async #closeCopiers(): Promise<void> {
    const copiers = [...this.#copiers.values()];
    this.#copiers.clear();
    await Promise.all(copiers.map((copier) => copier.close()));
  }

  async #phase<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const { phases, signal } = this.#options;
    if (phase !== 'finish' && phase !== 'confirm') signal.throwIfAborted();
    phases.enter(phase);
    try {
      return await work();
    } catch (error) {
      throw toMigrationError(error, { phase });
    }
  }
}

function found<T>(map: ReadonlyMap<string, T>, disk: string): T {
  const value = map.get(disk);
  if (value === undefined) throw new MigrationError('INTERNAL', `The adapter forgot ${disk}.`, { disk });
  return value;
}

/** The value if `promise` settles within `ms`, else `undefined`; rejects when it does, or when aborted. */
async function within<T>(ms: number, promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const pause = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await abortable(Promise.race([promise, pause]), signal);
  } finally {
    clearTimeout(timer);
  }
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Given up below when aborted: its rejection must not go unhandled then.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const abort = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, abort]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** Measured: what the switch costs with nothing dirty (bare QEMU, unix sockets). */
const SWITCH_MS = 25;
/** Rounds before the stream is started in any case. */
const MAX_ROUNDS = 30;
/** Between two rounds beside the stream: short, for what a round leaves the guest's stop has to wait for. */
const ROUND_GAP_MS = 10;
