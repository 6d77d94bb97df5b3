import { eventTimedOut, eventUnseen } from './client-errors.js';
import type { QmpError } from './error.js';
import type { QmpEvent } from './event.js';
import { type EventFilter, EventQueue, type EventStream, type EventStreamOptions } from './event-stream.js';
import { abortedError, Waiter } from './waiter.js';

/** Hands a connection's events to whoever asked for them, and tells them when there will be no more. */
export class EventHub {
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  readonly #onEnd = new Set<(why: QmpError, wanted: boolean) => void>();
  #why: QmpError | undefined;

  on(listener: (event: QmpEvent) => void): () => void {
    // Wrapped, so that the same function may listen twice.
    const entry = (event: QmpEvent): void => listener(event);
    if (this.#why === undefined) this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  stream(filter: EventFilter = () => true, options: EventStreamOptions = {}): EventStream {
    const { capacity = DEFAULT_CAPACITY, signal } = options;
    const stopListening = this.on((event) => {
      try {
        if (filter(event)) queue.push(event);
      } catch (error) {
        queue.end({ error });
      }
    });
    const onEnd = (error: QmpError, wanted: boolean): void => queue.end(wanted ? {} : { error });
    const onAbort = (): void => queue.end({ error: abortedError(signal) });
    const queue = new EventQueue(capacity, () => {
      stopListening();
      this.#onEnd.delete(onEnd);
      signal?.removeEventListener('abort', onAbort);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    else if (this.#why !== undefined) onEnd(this.#why, false);
    else this.#onEnd.add(onEnd);
    return queue;
  }

  waitFor(predicate: EventFilter, timeoutMs: number, signal: AbortSignal | undefined): Promise<QmpEvent> {
    const stopListening = this.on((event) => {
      try {
        if (predicate(event)) waiter.resolve(event);
      } catch (error) {
        waiter.reject(error);
      }
    });
    const onEnd = (why: QmpError): void => waiter.reject(eventUnseen(why));
    const waiter = new Waiter<QmpEvent>({
      timeoutMs,
      signal,
      timedOut: () => eventTimedOut(timeoutMs),
      settled: () => {
        stopListening();
        this.#onEnd.delete(onEnd);
      },
    });
    // Whoever fails to send the command has no reason to look at the wait any more.
    waiter.promise.catch(() => {});
    if (this.#why !== undefined) onEnd(this.#why);
    else if (signal?.aborted !== true) this.#onEnd.add(onEnd);
    return waiter.promise;
  }

  tell(event: QmpEvent): void {
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue;
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** @param wanted whether this side ended the connection, which is no error to a reader of events. */
  end(why: QmpError, wanted: boolean): void {
    this.#why = why;
    for (const onEnd of [...this.#onEnd]) onEnd(why, wanted);
    this.#listeners.clear();
  }
}

const DEFAULT_CAPACITY = 10_000;
