/** Something that changes, and those who wait for it: a condition variable with deadlines. */
export class Condition {
  readonly #waiters = new Set<Waiter>();
  #broken: Error | undefined;

  /**
   * Resolves with what `look` returns, as soon as that is not undefined: now, or after a `changed()`.
   *
   * Rejects after `timeoutMs`, naming `what` was awaited, or once `fail()` was called.
   */
  until<T>(look: () => T | undefined, what: string, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): boolean => {
        const value = look();
        if (value === undefined) return false;
        clearTimeout(timer);
        resolve(value);
        return true;
      };
      const waiter: Waiter = {
        settle,
        fail: (error) => {
          clearTimeout(timer);
          reject(new Error(`${what}: ${error.message}`, { cause: error }));
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`${what}: not within ${timeoutMs} ms`));
      }, timeoutMs);
      if (settle()) return;
      if (this.#broken) waiter.fail(this.#broken);
      else this.#waiters.add(waiter);
    });
  }

  /** Lets everyone look again. */
  changed(): void {
    for (const waiter of this.#waiters) {
      if (waiter.settle()) this.#waiters.delete(waiter);
    }
  }

  /** Nothing will change any more: all who wait, now or later, in vain are told why. */
  fail(error: Error): void {
    this.#broken ??= error;
    for (const waiter of this.#waiters) waiter.fail(this.#broken);
    this.#waiters.clear();
  }
}

interface Waiter {
  settle(): boolean;
  fail(error: Error): void;
}
