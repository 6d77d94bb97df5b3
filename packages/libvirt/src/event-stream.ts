/** Events from the subscription on, in order. Leaving the loop ends it. */
export interface EventStream<E> extends AsyncIterableIterator<E, undefined>, AsyncDisposable {
  [Symbol.asyncIterator](): EventStream<E>;
}

/** How a subscription is kept. */
export interface EventQueueOptions {
  /** Events that may wait to be read. */
  readonly capacity: number;
  /** The error that takes the place of the first event that has no room. */
  overflow(): Error;
  /** Ends the subscription; runs once. */
  unsubscribe(): Promise<void>;
}

/**
 * A queue between libvirt, which does not wait, and a reader, which may be slow. A read that waits keeps Node alive; the
 * subscription by itself does not.
 */
export class EventQueue<E> implements EventStream<E> {
  readonly #options: EventQueueOptions;
  #events: E[] = [];
  #end: { readonly error?: unknown } | undefined;
  #sleepers: (() => void)[] = [];
  #ended: Promise<void> | undefined;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  push(event: E): void {
    if (this.#end !== undefined) return;
    if (this.#events.length >= this.#options.capacity) {
      void this.end({ error: this.#options.overflow() });
      return;
    }
    this.#events.push(event);
    this.#wake();
  }

  /** What is queued is still read; then the stream is done, or throws. Resolves when the subscription has ended. */
  end(outcome: { readonly error?: unknown } = {}): Promise<void> {
    if (this.#ended === undefined) {
      this.#end = outcome;
      // Nobody waits for more; whether libvirt could be told does not matter to a reader.
      this.#ended = this.#options.unsubscribe().catch(() => {});
      this.#wake();
    }
    return this.#ended;
  }

  async next(): Promise<IteratorResult<E, undefined>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.#end !== undefined) break;
      await this.#sleep();
    }
    const { error } = this.#end;
    this.#end = {};
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<E, undefined>> {
    this.#events = [];
    await this.end();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #sleep(): Promise<void> {
    const keepsNodeAlive = setInterval(() => {}, MAX_INTERVAL_MS);
    await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    clearInterval(keepsNodeAlive);
  }

  #wake(): void {
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    for (const wake of sleepers) wake();
  }
}

const MAX_INTERVAL_MS = 2 ** 31 - 1;
