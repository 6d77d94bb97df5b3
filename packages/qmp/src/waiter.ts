import { QmpError } from './error.js';

export interface WaiterOptions {
  /** Milliseconds; past 2^31-1, Infinity included, there is no limit. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The command that is waited for, if it is one. */
  readonly command?: string | undefined;
  /** What to reject with when the time is up. */
  timedOut(): QmpError;
  /** Runs once, as soon as the outcome is known. */
  settled?(): void;
}

/** A promise with a deadline and a signal. The first outcome wins, and leaves neither timer nor listener behind. */
export class Waiter<T> {
  readonly promise: Promise<T>;
  readonly #options: WaiterOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  #resolve: (value: T) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #done = false;

  constructor(options: WaiterOptions) {
    this.#options = options;
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { timeoutMs, signal } = options;
    if (signal?.aborted === true) {
      this.#abort();
      return;
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (timeoutMs <= MAX_TIMEOUT_MS) {
      // The socket keeps Node alive while there is something to wait for; the timer need not.
      this.#timer = setTimeout(() => this.reject(options.timedOut()), timeoutMs).unref();
    }
  }

  resolve(value: T): void {
    if (this.#finish()) this.#resolve(value);
  }

  reject(error: unknown): void {
    if (this.#finish()) this.#reject(error);
  }

  readonly #abort = (): void => {
    this.reject(abortedError(this.#options.signal, this.#options.command));
  };

  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#options.settled?.();
    return true;
  }
}

/** The error of an operation that the caller's signal ended. */
export function abortedError(signal: AbortSignal | undefined, command?: string): QmpError {
  const what = command === undefined ? 'The wait' : `The wait for QEMU's answer to ${command}`;
  return new QmpError('ABORTED', `${what} was aborted by its caller.`, { cause: signal?.reason, command });
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1;
