/**
 * Events of a job: every subscriber sees them from the first on, however late it comes.
 *
 * Nothing waits for a subscriber. Of events with the same `key` (progress of one disk) only the latest
 * is kept, so that a log's memory does not grow with the job's duration; a slow subscriber skips the
 * overtaken ones.
 */
export class EventLog<E> {
  /** By number, in order. An iteration of a map goes on to what is added while it runs. */
  readonly #entries = new Map<number, E>();
  readonly #latest = new Map<string, number>();
  #next = 0;
  #waiting: (() => void)[] = [];
  #ended = false;

  /** Appends an event; with a `key` it overtakes the earlier one of that key. Ignored after `end()`. */
  push(event: E, key?: string): void {
    if (this.#ended) return;
    if (key !== undefined) {
      const overtaken = this.#latest.get(key);
      if (overtaken !== undefined) this.#entries.delete(overtaken);
      this.#latest.set(key, this.#next);
    }
    this.#entries.set(this.#next++, event);
    this.#wake();
  }

  /** No more events: every iteration ends after what is there. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** All events, from the first; ends after `end()`. */
  async *read(): AsyncGenerator<E, void, undefined> {
    for (let seen = -1; ; ) {
      for (const [number, event] of this.#entries) {
        if (number <= seen) continue;
        seen = number;
        yield event;
      }
      if (this.#ended) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
