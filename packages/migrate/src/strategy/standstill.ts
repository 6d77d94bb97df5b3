import type { Arrival } from '../ports.js';
import type { DowntimeParts } from '../result.js';

/** How long the guest stood still. Milliseconds. */
export interface Standstill {
  readonly ms: number;
  /** What it is made of, where that is known. */
  readonly parts?: DowntimeParts;
}

/** Takes the parts of the standstill, as they end. */
export class StandstillClock {
  readonly #stoppedAt: number;
  readonly #switchedAt = performance.now();
  #copiedAt = this.#switchedAt;
  #flushMs = 0;

  /** @param stoppedAt when the guest stopped; now it waits for the switch. */
  constructor(stoppedAt: number) {
    this.#stoppedAt = stoppedAt;
  }

  /** The last round is done, whose flush took `flushMs`. */
  copied(flushMs: number): void {
    this.#copiedAt = performance.now();
    this.#flushMs = flushMs;
  }

  read({ arrivedAt, resumedAt }: Arrival): Standstill {
    const parts = {
      stopMs: this.#switchedAt - this.#stoppedAt,
      lastRoundMs: this.#copiedAt - this.#switchedAt - this.#flushMs,
      flushMs: this.#flushMs,
      handOverMs: arrivedAt - this.#copiedAt,
      startMs: resumedAt - arrivedAt,
    };
    return { ms: resumedAt - this.#stoppedAt, parts };
  }
}
