import type { QmpClient, QmpEvent } from '@blockferry/qmp';
import { isEvent, QmpError } from '@blockferry/qmp';
import { abortable } from '../../abortable.js';
import { MigrationError } from '../../error.js';
import { Countdown } from '../../policy/countdown.js';
import { downtimeLimit } from '../../policy/downtime-limit.js';
import { describeSide, handOverOutcome, type SideState } from '../../policy/hand-over-outcome.js';
import type { Arrival } from '../../ports.js';
import { stateUri } from './address.js';
import type { GuestWatch } from './guest-watch.js';
import { Heartbeat } from './heartbeat.js';
import type { Listener } from './listener.js';
import { MigrationSettings } from './migration-settings.js';

export interface StateStreamOptions {
  readonly source: QmpClient;
  readonly destination: QmpClient;
  /** The source's; already watching. */
  readonly guest: GuestWatch;
  readonly maxDowntimeMs: number;
  /** Goes over TLS, or in plain text. */
  readonly tls?: StateTls | undefined;
  /** How long both sides may take to say how the hand-over ended. Milliseconds. */
  readonly handOverTimeoutMs: number;
  /** Called when the stream fails by itself, before it is handed over. */
  readonly fail: (error: MigrationError) => void;
}

/** What the two ends of a stream need for TLS. */
export interface StateTls {
  /** The id of the source's credentials object; it connects. */
  readonly source: string;
  /** The id of the destination's; it listens. */
  readonly destination: string;
  /** Whom the destination's certificate has to be for. */
  readonly name: string;
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
  readonly #countdown = new Countdown();
  #started = false;
  #handingOver = false;
  #unwatch: () => void = () => {};
  #reachSwitch: (at: number) => void = () => {};
  /** When the source began to wait for the switch. A small guest's does before `migrate` is answered. */
  readonly #atSwitch = new Promise<number>((resolve) => {
    this.#reachSwitch = resolve;
  });
  /** Whether the destination survives a stream that fails: QEMU 9.1 and newer. */
  #canStay = false;

  constructor(options: StateStreamOptions) {
    this.#options = options;
    this.#sourceSettings = new MigrationSettings(options.source);
    this.#destinationSettings = new MigrationSettings(options.destination);
  }

  /** Sets both sides up. Undo with `restoreSettings`. */
  async configure(): Promise<void> {
    const { source, destination, maxDowntimeMs, tls } = this.#options;
    await this.#sourceSettings.change(['events', 'return-path', 'pause-before-switchover'], {
      'downtime-limit': downtimeLimit(1, maxDowntimeMs),
      ...(tls && { 'tls-creds': tls.source, 'tls-hostname': tls.name }),
    });
    await this.#destinationSettings.change(
      ['events', 'return-path', 'late-block-activate'],
      tls ? { 'tls-creds': tls.destination } : {},
    );
    this.#unwatch = source.on((event) => this.#watch(event));
    const { major, minor } = destination.greeting.version.qemu;
    this.#canStay = major > 9 || (major === 9 && minor >= 1);
  }

  async restoreSettings(): Promise<void> {
    this.#unwatch();
    const outcomes = await Promise.allSettled([
      this.#sourceSettings.restore(),
      this.#destinationSettings.restore(),
    ]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** The destination listens, the source connects. */
  async start({ listen, reach }: Listener): Promise<void> {
    const stay = this.#canStay ? { 'exit-on-error': false } : {};
    await this.#options.destination.execute('migrate-incoming', { uri: stateUri(listen), ...stay });
    this.#started = true;
    await this.#options.source.execute('migrate', { uri: stateUri(reach) });
  }

  /**
   * Resolves when the source waits for the switch, with the moment its guest stopped for it. Memory can be large and the line
   * slow: what hangs shows in the deadlines of QMP and NBD, or in the caller's signal.
   */
  async stopped(signal: AbortSignal): Promise<number> {
    const { source, destination, fail } = this.#options;
    using _heartbeat = new Heartbeat({ source, destination }, fail);
    const at = await abortable(this.#atSwitch, signal);
    return this.#options.guest.stoppedAt ?? at;
  }

  /**
   * How long what is known to be left takes at the speed of late, in milliseconds; 0 where the end may be any moment.
   * What the guest writes meanwhile comes on top.
   */
  async leftMs(): Promise<number> {
    const { ram } = await this.#options.source.execute('query-migrate');
    return this.#countdown.left(ram?.remaining ?? 0, performance.now());
  }

  /** Lets the stream finish. From the `migrate-continue` on the true outcome decides. */
  async handOver(): Promise<Arrival> {
    const { source, destination, guest, handOverTimeoutMs: timeoutMs } = this.#options;
    const runs = await guest.ran();
    this.#handingOver = true;
    let resumedAt: number | undefined;
    const unwatch = destination.on(({ event, at }) => {
      if (event === 'RESUME') resumedAt = at;
    });
    const there = destination.waitForEvent(isEnd, { timeoutMs });
    const here = source.waitForEvent(isEnd, { timeoutMs });
    try {
      await source.execute('migrate-continue', { state: 'pre-switchover' }, { timeoutMs });
      // Both are heard out: a destination that died leaves the source to say what became of the guest.
      const [ended, arrived] = await Promise.allSettled([here, there]);
      if (!isCompleted(ended) || !isCompleted(arrived)) return await this.#explain();
      const arrivedAt = Math.max(ended.value.at, arrived.value.at);
      if (!runs) return { arrivedAt, resumedAt: arrivedAt };
      // A destination that was started without -S runs by itself; for that one this does nothing.
      await destination.execute('cont');
      return { arrivedAt, resumedAt: resumedAt ?? performance.now() };
    } catch (error) {
      if (MigrationError.is(error)) throw error;
      return await this.#explain(error);
    } finally {
      unwatch();
    }
  }

  /** Gives the stream up and waits until the guest runs on the source, if it ran. */
  async cancel(): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    const { source, guest } = this.#options;
    this.#handingOver = true;
    const ended = source.waitForEvent(isEnd, { timeoutMs: CANCEL_TIMEOUT_MS });
    await source.execute('migrate_cancel');
    if (!ENDED.has((await source.execute('query-migrate')).status ?? 'none')) await ended;
    if (!(await guest.ran()) || (await source.execute('query-status')).running) return;
    await source
      .waitForEvent(({ event }) => event === 'RESUME', { timeoutMs: RESUME_TIMEOUT_MS })
      .catch(async (error) => {
        if (!(await source.execute('query-status')).running) throw error;
      });
  }

  #watch(event: QmpEvent): void {
    if (isStatus(event, 'pre-switchover')) this.#reachSwitch(event.at);
    if (isEvent(event, 'MIGRATION_PASS')) this.#allowMore(event.data.pass);
    if (this.#started && !this.#handingOver && isEnd(event)) {
      void this.#failure().then(this.#options.fail);
    }
  }

  #allowMore(pass: number): void {
    const { source, maxDowntimeMs } = this.#options;
    // The last pass is the one of the hand-over: there is nothing to decide any more.
    if (this.#options.guest.stoppedAt !== undefined || this.#handingOver) return;
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
    const [here, there] = await Promise.all([this.#state(source), this.#state(destination)]);
    if (handOverOutcome(here, there) === 'source') throw await this.#failure(cause);
    const why = QmpError.is(cause) ? ` ${cause.message}` : '';
    throw new MigrationError(
      'OUTCOME_UNCERTAIN',
      `The hand-over has no known outcome: the source ${describeSide(here)}, the destination ${describeSide(there)}.${why} ` +
        'Nothing was resumed: look at both before you let the guest run on one of them.',
      { cause },
    );
  }

  async #state(qmp: QmpClient): Promise<SideState> {
    const deadline = { timeoutMs: Math.min(STATE_TIMEOUT_MS, this.#options.handOverTimeoutMs) };
    try {
      const [{ status, running }, { status: stream = 'none' }] = await Promise.all([
        qmp.execute('query-status', undefined, deadline),
        qmp.execute('query-migrate', undefined, deadline),
      ]);
      return { answers: true, status, running, stream };
    } catch (error) {
      return { answers: false, gone: QmpError.is(error) && error.code === 'QMP_CLOSED' };
    }
  }
}

function isCompleted(end: PromiseSettledResult<QmpEvent>): end is PromiseFulfilledResult<QmpEvent> {
  return end.status === 'fulfilled' && statusOf(end.value) === 'completed';
}

function statusOf(event: QmpEvent): unknown {
  return event.data['status'];
}

function isStatus(event: QmpEvent, status: string): boolean {
  return event.event === 'MIGRATION' && statusOf(event) === status;
}

function isEnd(event: QmpEvent): boolean {
  return event.event === 'MIGRATION' && ENDED.has(String(statusOf(event)));
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'none']);

const CANCEL_TIMEOUT_MS = 60_000;
const STATE_TIMEOUT_MS = 10_000;
const RESUME_TIMEOUT_MS = 10_000;
