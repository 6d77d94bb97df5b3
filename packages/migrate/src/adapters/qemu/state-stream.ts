import type { QmpClient, QmpEvent } from '@blockferry/qmp';
import { isEvent, QmpError } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import { downtimeLimit } from '../../policy/downtime-limit.js';
import { type Address, stateUri } from './address.js';
import { MigrationSettings } from './migration-settings.js';

export interface StateStreamOptions {
  readonly source: QmpClient;
  readonly destination: QmpClient;
  readonly maxDowntimeMs: number;
  /** Called when the stream fails by itself, before it is handed over. */
  readonly fail: (error: MigrationError) => void;
}

/**
 * QEMU's own migration stream: memory and device state, no disks. The source stops before the switch
 * (`pause-before-switchover`), and goes on when told.
 *
 * Source: QEMU docs/devel/migration, qapi/migration.json.
 */
export class StateStream {
  readonly #options: StateStreamOptions;
  readonly #sourceSettings: MigrationSettings;
  readonly #destinationSettings: MigrationSettings;
  #started = false;
  #wasRunning = true;
  #stoppedAt: number | undefined;
  #handingOver = false;
  /** Whether the destination survives a stream that fails: QEMU 9.1 and newer. */
  #canStay = false;

  constructor(options: StateStreamOptions) {
    this.#options = options;
    this.#sourceSettings = new MigrationSettings(options.source);
    this.#destinationSettings = new MigrationSettings(options.destination);
  }

  /** Sets both sides up. Undo with `restoreSettings`. */
  async configure(): Promise<void> {
    const { source, destination, maxDowntimeMs } = this.#options;
    this.#wasRunning = (await source.execute('query-status')).running;
    await this.#sourceSettings.change(['events', 'return-path', 'pause-before-switchover'], {
      'downtime-limit': downtimeLimit(1, maxDowntimeMs),
    });
    await this.#destinationSettings.change(['events', 'return-path', 'late-block-activate'], {});
    source.on((event) => this.#watch(event));
    const { major, minor } = destination.greeting.version.qemu;
    this.#canStay = major > 9 || (major === 9 && minor >= 1);
  }

  async restoreSettings(): Promise<void> {
    const outcomes = await Promise.allSettled([
      this.#sourceSettings.restore(),
      this.#destinationSettings.restore(),
    ]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** The destination listens, the source connects. */
  async start(address: Address): Promise<void> {
    const uri = stateUri(address);
    const stay = this.#canStay ? { 'exit-on-error': false } : {};
    await this.#options.destination.execute('migrate-incoming', { uri, ...stay });
    this.#started = true;
    await this.#options.source.execute('migrate', { uri });
  }

  /**
   * Resolves when the source waits for the switch, with the moment its guest stopped. Memory can be large and the line
   * slow: what hangs shows in the deadlines of QMP and NBD, or in the caller's signal.
   */
  async stopped(signal: AbortSignal): Promise<number> {
    const { source } = this.#options;
    const event = await source.waitForEvent(isStatus('pre-switchover'), {
      timeoutMs: Number.POSITIVE_INFINITY,
      signal,
    });
    return this.#stoppedAt ?? event.at;
  }

  /**
   * Lets the stream finish; resolves with the moment the guest ran on (or, paused before, could). From the
   * `migrate-continue` on the true outcome decides.
   */
  async handOver(): Promise<number> {
    const { source, destination } = this.#options;
    this.#handingOver = true;
    const there = destination.waitForEvent(isEnd, { timeoutMs: HAND_OVER_TIMEOUT_MS });
    const here = source.waitForEvent(isEnd, { timeoutMs: HAND_OVER_TIMEOUT_MS });
    const resumed = destination.waitForEvent(({ event }) => event === 'RESUME', {
      timeoutMs: HAND_OVER_TIMEOUT_MS,
    });
    try {
      await source.execute('migrate-continue', { state: 'pre-switchover' });
      // Both are heard out: a destination that died leaves the source to say what became of the guest.
      const [ended, arrived] = await Promise.allSettled([here, there]);
      if (!isCompleted(ended) || !isCompleted(arrived)) return await this.#explain();
      if (!this.#wasRunning) return arrived.value.at;
      // A destination that was started without -S runs by itself; for that one this does nothing.
      await destination.execute('cont');
      return (await resumed).at;
    } catch (error) {
      if (MigrationError.is(error)) throw error;
      return await this.#explain(error);
    }
  }

  /** Gives the stream up and waits until the guest runs on the source, if it did. */
  async cancel(): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    const { source } = this.#options;
    this.#handingOver = true;
    const ended = source.waitForEvent(isEnd, { timeoutMs: HAND_OVER_TIMEOUT_MS });
    await source.execute('migrate_cancel');
    if (!ENDED.has((await source.execute('query-migrate')).status ?? 'none')) await ended;
    if (!this.#wasRunning || (await source.execute('query-status')).running) return;
    await source
      .waitForEvent(({ event }) => event === 'RESUME', { timeoutMs: RESUME_TIMEOUT_MS })
      .catch(async (error) => {
        if (!(await source.execute('query-status')).running) throw error;
      });
  }

  #watch(event: QmpEvent): void {
    if (event.event === 'STOP') this.#stoppedAt = event.at;
    if (event.event === 'RESUME') this.#stoppedAt = undefined;
    if (isEvent(event, 'MIGRATION_PASS')) this.#allowMore(event.data.pass);
    if (this.#started && !this.#handingOver && isEnd(event)) {
      void this.#failure().then(this.#options.fail);
    }
  }

  #allowMore(pass: number): void {
    const { source, maxDowntimeMs } = this.#options;
    // The last pass is the one of the hand-over: there is nothing to decide any more.
    if (this.#stoppedAt !== undefined || this.#handingOver) return;
    const limit = downtimeLimit(pass, maxDowntimeMs);
    if (limit === downtimeLimit(pass - 1, maxDowntimeMs)) return;
    // Only a hint to the stream: without it the stream takes longer, and its deadlines stand.
    source.execute('migrate-set-parameters', { 'downtime-limit': limit }).catch(() => undefined);
  }

  async #failure(cause?: unknown): Promise<MigrationError> {
    const state = await this.#options.source.execute('query-migrate').catch(() => undefined);
    const reason = state?.['error-desc'] ?? state?.status ?? 'no answer';
    return new MigrationError(
      'STREAM_FAILED',
      `The state stream failed (${reason}); the guest is on the source.`,
      {
        side: 'source',
        cause,
      },
    );
  }

  /** The hand-over did not end well: says where the guest is, and touches nothing. */
  async #explain(cause?: unknown): Promise<never> {
    const { source, destination } = this.#options;
    const status = async (qmp: QmpClient): Promise<string> => {
      try {
        const [vm, stream] = [await qmp.execute('query-status'), await qmp.execute('query-migrate')];
        return `${vm.status}, stream ${stream.status ?? 'none'}`;
      } catch (error) {
        return QmpError.is(error) ? `no answer (${error.code})` : 'no answer';
      }
    };
    const [here, there] = await Promise.all([status(source), status(destination)]);
    if (/^running, stream (failed|cancelled)/.test(here)) throw await this.#failure(cause);
    throw new MigrationError(
      'OUTCOME_UNCERTAIN',
      `The hand-over has no known outcome: the source says ${here}; the destination says ${there}. Nothing was resumed; ` +
        'look at both before you let the guest run on one of them.',
      { cause },
    );
  }
}

function isCompleted(end: PromiseSettledResult<QmpEvent>): end is PromiseFulfilledResult<QmpEvent> {
  return end.status === 'fulfilled' && statusOf(end.value) === 'completed';
}

function statusOf(event: QmpEvent): unknown {
  return event.data['status'];
}

function isStatus(status: string): (event: QmpEvent) => boolean {
  return (event) => event.event === 'MIGRATION' && statusOf(event) === status;
}

function isEnd(event: QmpEvent): boolean {
  return event.event === 'MIGRATION' && ENDED.has(String(statusOf(event)));
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'none']);

const HAND_OVER_TIMEOUT_MS = 60_000;
const RESUME_TIMEOUT_MS = 10_000;
