import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { EventLog } from '@blockferry/nbd';
import { QmpError } from '@blockferry/qmp';
import { MigrationError, refusal } from './error.js';
import type { Side } from './error-code.js';
import type { MigrationEvent } from './events.js';
import { exitStatus, toMigrationError } from './failure.js';
import type { MigrationJob, MigrationSnapshot } from './job.js';
import { occupy } from './one-at-a-time.js';
import { openEnds } from './open.js';
import { inRange } from './option-checks.js';
import type { MigrateOptions } from './options.js';
import type { Phase } from './phase.js';
import { PhaseRunner } from './phase-runner.js';
import { plannerOf } from './planner.js';
import type { MigrationResult } from './result.js';
import type { Standstill } from './strategy/standstill.js';
import type { MigrationInternals, Planner, Strategy } from './strategy/strategy.js';

/**
 * Starts a migration; never throws. Every fault rejects `done` with a `MigrationError`: `INVALID_ARGUMENT` for options that
 * no host could take; the plan's problem, or `REFUSED` with all of them, before any change; {@link MigrationErrorCode} has
 * the others.
 */
export function startMigration(options: MigrateOptions): MigrationJob {
  return new Migration(options, {});
}

/** Like `startMigration`, with what users have no need to set. @internal */
export function startMigrationWith(options: MigrateOptions, internals: MigrationInternals): MigrationJob {
  return new Migration(options, internals);
}

class Migration implements MigrationJob {
  readonly id: string = randomUUID().slice(0, 8);
  readonly done: Promise<MigrationResult>;
  readonly #log = new EventLog<MigrationEvent>();
  readonly #abort = new AbortController();
  readonly #began = performance.now();
  readonly #phases = new PhaseRunner(
    (phase) => this.#emit({ type: 'phase', phase }),
    (level, message) => this.#emit({ type: 'log', level, message }),
  );
  #strategy: Strategy | undefined;
  /** Bytes per second, until there is a strategy. */
  #bandwidth: number | undefined;

  constructor(options: MigrateOptions, internals: MigrationInternals) {
    // Each disk's pass listens, and there may be any number of disks.
    setMaxListeners(0, this.#abort.signal);
    this.done = this.#run(options, internals);
    // Whoever only reads events() must not meet an unhandled rejection.
    this.done.catch(() => undefined);
  }

  events(): AsyncGenerator<MigrationEvent, void, undefined> {
    return this.#log.read();
  }

  snapshot(): MigrationSnapshot {
    return { id: this.id, phase: this.#phases.current, disks: this.#strategy?.progress() ?? [] };
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#abandon(reason);
    await this.done.catch(() => undefined);
  }

  setBandwidth(bytesPerSecond: number): void {
    inRange('bandwidth', bytesPerSecond, 0, Number.MAX_SAFE_INTEGER);
    this.#bandwidth = bytesPerSecond;
    this.#strategy?.setBandwidth(bytesPerSecond);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel('disposed');
  }

  async #run(options: MigrateOptions, internals: MigrationInternals): Promise<MigrationResult> {
    const onAbort = (): void => this.#abandon(options.signal?.reason);
    let timer: NodeJS.Timeout | undefined;
    try {
      if (options.signal?.aborted) onAbort();
      options.signal?.addEventListener('abort', onAbort, { once: true });
      const planner = plannerOf(options);
      this.#bandwidth ??= planner.bandwidth;
      if (planner.timeoutMs !== undefined) timer = setTimeout(() => this.#timeOut(), planner.timeoutMs);
      const standstill = await this.#migrate(options, planner, internals);
      return this.#finish({ ok: true, exit: 0, standstill });
    } catch (thrown) {
      const error = this.#explain(thrown);
      const result = this.#finish({ ok: false, exit: exitStatus(error), error });
      throw new MigrationError(error.code, error.message, {
        ...detailsOf(error),
        result,
        cause: error.cause,
      });
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      this.#log.end();
    }
  }

  async #migrate(
    options: MigrateOptions,
    planner: Planner,
    internals: MigrationInternals,
  ): Promise<Standstill | undefined> {
    this.#phases.enter('begin');
    const { signal } = this.#abort;
    signal.throwIfAborted();
    await using ends = await openEnds({ ...options, signal }, internals);
    const { plan, start } = await planner.plan(ends.domain, ends.host);
    if (!plan.ok) throw (internals.refuse ?? refusal)(plan.problems);
    using _occupied = occupy(ends.domain.port, ends.host.port);
    for (const message of plan.warnings) this.#emit({ type: 'log', level: 'warning', message });
    this.#strategy = start({
      id: this.id,
      phases: this.#phases,
      signal,
      bandwidth: this.#bandwidth,
      emit: (event, key) => this.#emit(event, key),
      stop: (cause) => this.#stop(cause),
      internals,
    });
    try {
      return await this.#strategy.run();
    } catch (thrown) {
      const error = toMigrationError(thrown, { side: sideOf(thrown, ends.domain.uri, ends.host.uri) });
      // Nobody knows where the guest is: touching either side could start it twice.
      if (error.code === 'OUTCOME_UNCERTAIN') this.#phases.leaveHosts();
      // Ends whatever still waits.
      this.#stop(error);
      await this.#phases.unwind();
      throw error;
    }
  }

  #abandon(reason: unknown): void {
    const message = 'Cancelled and rolled back: the guest is on the source.';
    this.#stop(new MigrationError('ABORTED', message, { cause: reason }));
  }

  #timeOut(): void {
    this.#stop(new MigrationError('TIMEOUT', 'The time ran out; rolled back, the guest is on the source.'));
  }

  /** The first cause wins. Once the guest is being handed over the phases look at no signal any more. */
  #stop(cause: Error): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(cause);
  }

  /**
   * What really happened. The first cause wins: a pass that was stopped says ABORTED, and one whose peer went down
   * that it lost a connection, where the signal says why. From the hand-over on the outcome alone counts, and whenever
   * nobody knows where the guest is.
   */
  #explain(thrown: unknown): MigrationError {
    const phase = this.#phases.current;
    const { aborted, reason } = this.#abort.signal;
    const isUncertain = MigrationError.is(thrown) && thrown.code === 'OUTCOME_UNCERTAIN';
    const outcomeCounts = isUncertain || phase === 'finish' || phase === 'confirm';
    return toMigrationError(aborted && !outcomeCounts ? reason : thrown, { phase });
  }

  #finish(
    outcome:
      | { ok: true; exit: 0; standstill: Standstill | undefined }
      | { ok: false; exit: MigrationResult['exit']; error: MigrationError },
  ): MigrationResult {
    const disks = this.#strategy?.results() ?? [];
    const result: MigrationResult = {
      ok: outcome.ok,
      exit: outcome.exit,
      id: this.id,
      ...(outcome.ok ? describeStandstill(outcome.standstill) : {}),
      totalMs: Math.round(performance.now() - this.#began),
      bytesMoved: disks.reduce((sum, { bytesMoved }) => sum + bytesMoved, 0),
      rounds: this.#strategy?.rounds ?? 0,
      disks,
      ...(outcome.ok ? {} : describe(outcome.error)),
    };
    this.#emit({ type: 'result', ...result });
    return result;
  }

  #emit(event: MigrationEvent, key?: string): void {
    this.#log.push(event, key);
  }
}

function describeStandstill(
  standstill: Standstill | undefined,
): Pick<MigrationResult, 'downtimeMs' | 'downtime'> {
  if (standstill === undefined) return {};
  const { ms, parts } = standstill;
  return {
    downtimeMs: tenths(ms),
    ...(parts && {
      downtime: {
        stopMs: tenths(parts.stopMs),
        lastRoundMs: tenths(parts.lastRoundMs),
        flushMs: tenths(parts.flushMs),
        handOverMs: tenths(parts.handOverMs),
        startMs: tenths(parts.startMs),
      },
    }),
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** Whose monitor has failed, if one has. */
function sideOf(thrown: unknown, source: string, destination: string): Side | undefined {
  const cause = MigrationError.is(thrown) ? thrown.cause : thrown;
  if (!QmpError.is(cause) || source === destination) return undefined;
  if (cause.uri === source) return 'source';
  return cause.uri === destination ? 'destination' : undefined;
}

function detailsOf(error: MigrationError): {
  side: MigrationError['side'];
  phase: Phase | undefined;
  disk: string | undefined;
  offset: number | undefined;
  length: number | undefined;
  problems: MigrationError['problems'];
  retryable: boolean;
} {
  const { side, phase, disk, offset, length, problems, retryable } = error;
  return { side, phase, disk, offset, length, problems, retryable };
}

function describe(error: MigrationError): Pick<MigrationResult, 'error' | 'problems'> {
  const { code, message, side, phase, disk, offset, length, problems } = error;
  return {
    error: {
      code,
      message,
      ...(side === undefined ? {} : { side }),
      ...(phase === undefined ? {} : { phase }),
      ...(disk === undefined ? {} : { disk }),
      ...(offset === undefined ? {} : { offset }),
      ...(length === undefined ? {} : { length }),
    },
    ...(problems.length === 0 ? {} : { problems }),
  };
}
