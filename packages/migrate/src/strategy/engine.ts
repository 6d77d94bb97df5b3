import { setImmediate } from 'node:timers/promises';
import type { RateLimiter } from '@blockferry/nbd';
import { abortable } from '../abortable.js';
import type { LogEvent, MigrationEvent } from '../events.js';
import { toMigrationError } from '../failure.js';
import type { Phase } from '../phase.js';
import type { PhaseRunner } from '../phase-runner.js';
import { type ConvergenceDecision, decide, type RoundRecord } from '../policy/convergence.js';
import type { DiskPair, Session } from '../ports.js';
import type { DiskResult } from '../result.js';
import { closeMaps, DiskCopiers } from './disk-copiers.js';
import type { EngineSabotage } from './engine-sabotage.js';
import { Meter } from './meter.js';
import { type Standstill, StandstillClock } from './standstill.js';
import type { Strategy } from './strategy.js';
import { copyUntilStopped, type Stopped } from './stream-rounds.js';

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
export class EngineStrategy implements Strategy {
  readonly #options: EngineOptions;
  readonly #meter: Meter;
  readonly #copiers: DiskCopiers;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#meter = new Meter(options.emit, () => options.phases.current);
    this.#copiers = new DiskCopiers({ ...options, meter: this.#meter });
  }

  async run(): Promise<Standstill> {
    const { session, phases, signal } = this.#options;
    try {
      await this.#phase('prepare', () => this.#prepare());
      await this.#phase('bulk', () => this.#copiers.bulk());
      await this.#phase('precopy', () => this.#precopy());
      const { at, round } = await this.#phase('state', () => this.#streamState());
      const clock = new StandstillClock(at);
      await this.#phase('switchover', () => this.#lastRound(round, clock));
      // A signal that has reached this process by now still counts: it is the last chance.
      await setImmediate();
      signal.throwIfAborted();
      const arrival = await this.#phase('finish', () => session.handOver());
      phases.commit();
      await this.#phase('confirm', () => this.#confirm());
      return clock.read(arrival);
    } finally {
      this.#meter[Symbol.dispose]();
    }
  }

  setBandwidth(bytesPerSecond: number): void {
    this.#options.limiter.setRate(bytesPerSecond);
  }

  get rounds(): number {
    return this.#copiers.rounds;
  }

  results(): DiskResult[] {
    return this.#copiers.tally.disks();
  }

  progress(): ReturnType<Meter['read']> {
    return this.#meter.read();
  }

  async #prepare(): Promise<void> {
    const { session, phases } = this.#options;
    phases.onFailure('close the connections', () => this.#copiers.close(), 'here');
    await this.#copiers.open(await session.prepare());
  }

  async #precopy(): Promise<void> {
    const { session, maxDowntimeMs, emit } = this.#options;
    if (this.#copiers.isEmpty) return;
    const switchMs = SWITCH_MS + SWITCH_ROUND_TRIPS * session.roundTripMs;
    const leastRoundMs = ROUND_ROUND_TRIPS * session.roundTripMs;
    const limits = { maxDowntimeMs, switchMs, leastRoundMs, maxRounds: MAX_ROUNDS };
    const records: RoundRecord[] = [];
    for (;;) {
      records.push(await this.#copiers.round(await session.rotate('coarse')));
      await session.release();
      const decision = decide(records, limits);
      if (decision.action === 'round') continue;
      emit(announce(decision, maxDowntimeMs));
      return;
    }
  }

  async #streamState(): Promise<Stopped> {
    const { session, signal, sabotage } = this.#options;
    await session.startState();
    const stopped = session.stopped(signal);
    if (this.#copiers.isEmpty || sabotage.skipLastRounds === true) {
      return { at: await abortable(stopped, signal), round: Promise.resolve() };
    }
    // Its failure is met by the rounds; one of theirs that comes first must not leave it unhandled.
    stopped.catch(() => undefined);
    return copyUntilStopped(stopped, session, this.#copiers, signal);
  }

  /** What the guest wrote last is looked up while `round` is still in flight, and copied after it. */
  async #lastRound(round: Promise<unknown>, clock: StandstillClock): Promise<void> {
    const { session, sabotage, verify } = this.#options;
    const opened = session.freeze().then((frozen) => this.#copiers.openMaps(frozen));
    const [before, maps] = await Promise.allSettled([round, opened]);
    if (before.status === 'rejected' || maps.status === 'rejected') {
      if (maps.status === 'fulfilled') closeMaps(maps.value);
      throw firstCause([before, maps]);
    }
    if (sabotage.skipLastRounds === true) closeMaps(maps.value);
    else if (!this.#copiers.isEmpty) clock.copied((await this.#copiers.round(maps.value)).flushMs);
    if (verify) await this.#copiers.compare();
    await session.checkSource();
    await session.sealDestination();
  }

  async #confirm(): Promise<void> {
    await this.#copiers.close();
    await this.#options.session.cleanUp();
  }

  async #phase<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const { phases, signal } = this.#options;
    if (phase !== 'finish' && phase !== 'confirm') signal.throwIfAborted();
    phases.enter(phase);
    try {
      return await work();
    } catch (error) {
      throw toMigrationError(await this.#cause(phase, error), { phase });
    }
  }

  /** Of copying alone it is known that a change of the source's may be behind its failure. */
  async #cause(phase: Phase, failure: unknown): Promise<unknown> {
    if (!COPYING.has(phase) || this.#options.signal.aborted) return failure;
    return this.#options.session.explain(failure);
  }
}

/** Why some of several failed: one that was cancelled because another failed is no news. */
function firstCause(outcomes: readonly PromiseSettledResult<unknown>[]): unknown {
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  return reasons.find((reason) => toMigrationError(reason).code !== 'ABORTED') ?? reasons[0];
}

function announce({ reason, forecastMs }: ConvergenceDecision, maxDowntimeMs: number): LogEvent {
  const forecast = `Starting the state stream: ${reason}; forecast downtime ${Math.round(forecastMs)} ms`;
  if (forecastMs <= maxDowntimeMs) return { type: 'log', level: 'info', message: `${forecast}.` };
  const message =
    `${forecast}, more than the ${maxDowntimeMs} ms asked for. ` +
    'To roll back instead give a timeout; to shorten it, raise the bandwidth or calm the guest.';
  return { type: 'log', level: 'warning', message };
}

/** Measured: what the switch costs with nothing dirty and no way between the hosts (bare QEMU, unix sockets). */
const SWITCH_MS = 25;
/** One closes the destination's exports, one is the end of the stream, and one lets the guest run. */
const SWITCH_ROUND_TRIPS = 3;
/** One for what was written, and one for the flush. */
const ROUND_ROUND_TRIPS = 2;
/** Rounds before the stream is started in any case. */
const MAX_ROUNDS = 30;
const COPYING: ReadonlySet<Phase> = new Set(['bulk', 'precopy', 'state', 'switchover']);
