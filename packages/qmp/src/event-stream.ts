import { QmpError } from './error.js';
import type { QmpEvent } from './event.js';

/** Which events a stream yields. */
export type EventFilter = (event: QmpEvent) => boolean;

/** Bounds of an event stream. */
export interface EventStreamOptions {
  /**
   * Events that may wait to be read. One more, and the stream ends with `QMP_EVENTS_LOST` after those.
   *
   * @default 10000
   */
  readonly capacity?: number;
  /** Ends the stream with `ABORTED`. */
  readonly signal?: AbortSignal;
}

/** Events from the call of `events()` on, in order. Leaving the loop ends the subscription. */
export interface EventStream extends AsyncIterableIterator<QmpEvent, undefined>, AsyncDisposable {
  [Symbol.asyncIterator](): EventStream;
}

/**
 * A bounded queue between a monitor, which does not wait, and a reader, which may be slow. No event is lost in silence:
 * a reader that is too slow is told so in place of the first event that had no room.
 */
export class EventQueue implements EventStream {
  readonly #capacity: number;
  readonly #unsubscribe: () => void;
  #events: QmpEvent[] = [];
  #end: { readonly error?: unknown } | undefined;
  #sleepers: (() => void)[] = [];

  constructor(capacity: number, unsubscribe: () => void) {
    this.#capacity = capacity;
    this.#unsubscribe = unsubscribe;
  }

  push(event: QmpEvent): void {
    if (this.#end !== undefined) return;
    if (this.#events.length >= this.#capacity) {
      const message = `The reader fell ${this.#capacity} events behind and missed ${event.event}: ask QEMU for its state.`;
      this.end({ error: new QmpError('QMP_EVENTS_LOST', message) });
      return;
    }
    this.#events.push(event);
    this.#wake();
  }

  /** What is queued is still read; then the stream is done, or throws. */
  end(outcome: { readonly error?: unknown } = {}): void {
    if (this.#end !== undefined) return;
    this.#end = outcome;
    this.#unsubscribe();
    this.#wake();
  }

  async next(): Promise<IteratorResult<QmpEvent, undefined>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.#end !== undefined) break;
      await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    }
    const { error } = this.#end;
    this.#end = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<QmpEvent, undefined>> {
    this.#events = [];
    this.end();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wake(): void {
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    for (const wake of sleepers) wake();
  }
}
