import {
  type Copier,
  openCopier,
  type PassProgress,
  type PassResult,
  type Sabotage,
  type Verification,
} from './copier.js';
import type { Endpoint } from './endpoint.js';
import { NbdError } from './error.js';
import { EventLog } from './event-log.js';
import type { CopyOptions } from './options.js';
import { RateLimiter } from './rate-limiter.js';

/** What a finished copy did, in bytes; `ms` is without the verification. */
export interface CopyResult extends PassResult {
  /** Bytes of the source. */
  readonly size: number;
  /** With the option `verify`: whether the destination reads as what was written to it. */
  readonly verified?: boolean;
  /** Where it does not. */
  readonly difference?: Omit<Extract<Verification, { verified: false }>, 'verified'>;
}

/** How far a copy is. */
export interface CopySnapshot extends PassProgress {
  /** `verify`: the destination is being read back, and the bytes are those read. */
  readonly phase: 'copy' | 'verify';
  /** Bytes of the pass that are not acknowledged yet. */
  readonly bytesLeft: number;
  /** Since the last event; whole bytes. */
  readonly bytesPerSecond: number;
}

/** What a copy tells: how far it is, at most ten times a second, and last how it ended. */
export type CopyEvent =
  | ({ readonly type: 'progress' } & CopySnapshot)
  | ({ readonly type: 'result'; readonly ok: true } & CopyResult)
  | { readonly type: 'result'; readonly ok: false; readonly error: NbdError };

/** A copy that runs. */
export interface CopyJob {
  /** Settles when nothing is in flight any more; rejects with `NbdError`. */
  readonly done: Promise<CopyResult>;
  /** Progress at most ten times a second, the `result` last; from the first on for a late subscriber. */
  events(): AsyncGenerator<CopyEvent, void, undefined>;
  /** How far it is now; after the end, how far it came. */
  snapshot(): CopySnapshot;
  /** Stops after what is in flight has been answered; `done` rejects with `ABORTED`. */
  cancel(reason?: unknown): Promise<void>;
  /** Bytes per second; 0 lifts the limit. */
  setBandwidth(bytesPerSecond: number): void;
}

/**
 * Copies `source` to `destination`: holes stay holes, old contents are overwritten with zeros where the
 * source has them, and the end is a flush. A missing destination file is created; a smaller destination is
 * refused (`SIZE_MISMATCH`); a larger one is taken where it is a file or device, whose tail is left alone.
 * With `verify`, a destination that does not read as what was written is no error: the result tells.
 */
export function copy(
  source: Endpoint,
  destination: Endpoint,
  options: CopyOptions & { readonly sabotage?: Sabotage } = {},
): CopyJob {
  return new Job(source, destination, options);
}

class Job implements CopyJob {
  readonly done: Promise<CopyResult>;
  readonly #log = new EventLog<CopyEvent>();
  readonly #limiter: RateLimiter;
  readonly #abort = new AbortController();
  #copier: Copier | undefined;
  /** Once the copier is closed. */
  #last: PassProgress = { bytesDone: 0, bytesTotal: 0, bytesMoved: 0 };
  #phase: CopySnapshot['phase'] = 'copy';
  #sampled = { at: performance.now(), bytes: 0, rate: 0 };

  constructor(source: Endpoint, destination: Endpoint, options: CopyOptions) {
    this.#limiter = options.limiter ?? new RateLimiter();
    const signal = options.signal
      ? AbortSignal.any([options.signal, this.#abort.signal])
      : this.#abort.signal;
    this.done = this.#run(source, destination, options, signal).finally(() => this.#log.end());
    // Whoever only reads events() must not meet an unhandled rejection.
    this.done.catch(() => undefined);
  }

  events(): AsyncGenerator<CopyEvent, void, undefined> {
    return this.#log.read();
  }

  snapshot(): CopySnapshot {
    const progress = this.#copier?.progress() ?? this.#last;
    const bytesLeft = Math.max(0, progress.bytesTotal - progress.bytesDone);
    return { ...progress, phase: this.#phase, bytesLeft, bytesPerSecond: this.#sampled.rate };
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#abort.abort(reason);
    await this.done.catch(() => undefined);
  }

  setBandwidth(bytesPerSecond: number): void {
    this.#limiter.setRate(bytesPerSecond);
  }

  async #run(
    source: Endpoint,
    destination: Endpoint,
    options: CopyOptions,
    signal: AbortSignal,
  ): Promise<CopyResult> {
    const ticker = setInterval(() => this.#sample(), SAMPLE_MS);
    try {
      if (options.verify && destination === 'null:') {
        throw new NbdError('INVALID_ARGUMENT', 'verify: nothing can be read back from null:.');
      }
      if (options.limiter === undefined) this.#limiter.setRate(options.bandwidth);
      this.#copier = await openCopier(source, destination, {
        ...options,
        limiter: this.#limiter,
        signal,
        createDestination: true,
      });
      const copied = await this.#copier.bulk(signal);
      this.#sample();
      const verification = options.verify ? await this.#verify(this.#copier, signal) : {};
      const result = { size: this.#copier.size, ...copied, ...verification };
      this.#log.push({ type: 'result', ok: true, ...result });
      return result;
    } catch (error) {
      const known = NbdError.is(error)
        ? error
        : new NbdError('INVALID_ARGUMENT', String(error), { cause: error });
      this.#log.push({ type: 'result', ok: false, error: known });
      throw known;
    } finally {
      clearInterval(ticker);
      const copier = this.#copier;
      this.#last = copier?.progress() ?? this.#last;
      this.#copier = undefined;
      await copier?.close();
    }
  }

  async #verify(copier: Copier, signal: AbortSignal): Promise<Pick<CopyResult, 'verified' | 'difference'>> {
    this.#phase = 'verify';
    this.#sampled = { at: performance.now(), bytes: 0, rate: 0 };
    const { verified, ...difference } = await copier.verify(signal);
    this.#sample();
    return { verified, ...('region' in difference && { difference }) };
  }

  #sample(): void {
    const now = performance.now();
    const bytes = this.#copier?.progress().bytesDone ?? 0;
    const seconds = (now - this.#sampled.at) / 1000;
    const rate = seconds > 0 ? Math.max(0, Math.round((bytes - this.#sampled.bytes) / seconds)) : 0;
    this.#sampled = { at: now, bytes, rate };
    this.#log.push({ type: 'progress', ...this.snapshot() }, 'progress');
  }
}

const SAMPLE_MS = 100;
