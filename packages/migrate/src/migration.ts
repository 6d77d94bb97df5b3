import { randomUUID } from 'node:crypto';
import { EventLog, RateLimiter } from '@blockferry/nbd';
import { MigrationError, refusal } from './error.js';
import type { MigrationEvent } from './events.js';
import { exitStatus, toMigrationError } from './failure.js';
import type { MigrationJob, MigrationSnapshot } from './job.js';
import { type NormalizedOptions, normalizeOptions } from './normalized-options.js';
import { occupy } from './one-at-a-time.js';
import { openEnds } from './open.js';
import type { MigrateOptions } from './options.js';
import type { Phase } from './phase.js';
import { PhaseRunner } from './phase-runner.js';
import { planBetween } from './plan.js';
import type { MigrationResult } from './result.js';
import { type EngineSabotage, EngineStrategy } from './strategy/engine.js';

/** Starts a migration. Faults of usage reject `done` as everything else does. */
export function startMigration(options: MigrateOptions): MigrationJob {
  return new Migration(options, {});
}

/** Like `startMigration`, with a fault built in that a verifier has to find. For acceptance tests alone. @internal */
export function startSabotagedMigration(options: MigrateOptions, sabotage: EngineSabotage): MigrationJob {
  return new Migration(options, sabotage);
}

class Migration implements MigrationJob {
  readonly id: string = randomUUID().slice(0, 8);
  readonly done: Promise<MigrationResult>;
  readonly #log = new EventLog<MigrationEvent>();
  readonly #abort = new AbortController();
  readonly #limiter = new RateLimiter();
  readonly #began = performance.now();
  readonly #phases = new PhaseRunner(
    (phase) => this.#emit({ type: 'phase', phase }),
    (level, message) => this.#emit({ type: 'log', level, message }),
  );
  #strategy: EngineStrategy | undefined;

  constructor(options: MigrateOptions, sabotage: EngineSabotage) {
    this.done = this.#run(options, sabotage);
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
    this.#limiter.setRate(bytesPerSecond);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel('disposed');
  }

  async #run(options: MigrateOptions, sabotage: EngineSabotage): Promise<MigrationResult> {
    const onAbort = (): void => this.#abandon(options.signal?.reason);
    let timer: NodeJS.Timeout | undefined;
    try {
      if (options.signal?.aborted) onAbort();
      options.signal?.addEventListener('abort', onAbort, { once: true });
      const normalized = normalizeOptions(options);
      this.#limiter.setRate(normalized.bandwidth);
      if (normalized.timeoutMs !== undefined) timer = setTimeout(() => this.#timeOut(), normalized.timeoutMs);
      const downtimeMs = await this.#migrate(options, normalized, sabotage);
      return this.#finish({ ok: true, exit: 0, downtimeMs: Math.round(downtimeMs * 10) / 10 });
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
    normalized: NormalizedOptions,
    sabotage: EngineSabotage,
  ): Promise<number> {
    this.#phases.enter('begin');
    this.#abort.signal.throwIfAborted();
    await using ends = await openEnds({ from: options.from, to: options.to, signal: this.#abort.signal });
    const { plan, pairs } = await planBetween(ends.domain, ends.host, normalized);
    if (!plan.ok) throw refusal(plan.problems);
    using _occupied = occupy(ends.domain.port, ends.host.port);
    for (const message of plan.warnings) this.#emit({ type: 'log', level: 'warning', message });
    const session = ends.domain.port.open(ends.host.port, {
      id: this.id,
      disks: pairs,
      addresses: normalized.addresses,
      maxDowntimeMs: normalized.maxDowntimeMs,
      undo: (what, action) => this.#phases.onFailure(what, action),
      log: (level, message) => this.#emit({ type: 'log', level, message }),
      fail: (error) => this.#stop(error),
    });
    this.#strategy = new EngineStrategy({
      session,
      disks: pairs,
      phases: this.#phases,
      limiter: this.#limiter,
      maxDowntimeMs: normalized.maxDowntimeMs,
      allowLarger: normalized.allowLarger,
      verify: normalized.verify,
      signal: this.#abort.signal,
      emit: (event, key) => this.#emit(event, key),
      sabotage,
    });
    try {
      return await this.#strategy.run();
    } catch (error) {
      // Nobody knows where the guest is: touching either side could start it twice.
      if (toMigrationError(error).code === 'OUTCOME_UNCERTAIN') this.#phases.commit();
      // Ends whatever still waits.
      this.#stop(toMigrationError(error));
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

  /** What really happened: a pass that was stopped says ABORTED, the signal says why. */
  #explain(thrown: unknown): MigrationError {
    const where = { phase: this.#phases.current };
    const error = toMigrationError(thrown, where);
    const { aborted, reason } = this.#abort.signal;
    return aborted && error.code === 'ABORTED' ? toMigrationError(reason, detailsOf(error)) : error;
  }

  #finish(
    outcome:
      | { ok: true; exit: 0; downtimeMs: number }
      | { ok: false; exit: MigrationResult['exit']; error: MigrationError },
  ): MigrationResult {
    const disks = this.#strategy?.results() ?? [];
    const result: MigrationResult = {
      ok: outcome.ok,
      exit: outcome.exit,
      id: this.id,
      ...(outcome.ok ? { downtimeMs: outcome.downtimeMs } : {}),
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

function detailsOf(error: MigrationError): {
  side: MigrationError['side'];
  phase: Phase | undefined;
  disk: string | undefined;
  offset: number | undefined;
  length: number | undefined;
  problems: MigrationError['problems'];
} {
  const { side, phase, disk, offset, length, problems } = error;
  return { side, phase, disk, offset, length, problems };
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
