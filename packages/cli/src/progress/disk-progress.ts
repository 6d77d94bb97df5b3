import type { PassProgress } from './view-event.js';

/** How far one disk is, as it is shown. */
export interface DiskProgress {
  readonly disk: string;
  /** `bulk`, `round 3`. */
  readonly stage: string;
  /** 0 to 1; within a pass it never falls, although the pass may grow. */
  readonly fraction: number;
  readonly bytesLeft: number;
  /** Smoothed. */
  readonly bytesPerSecond: number;
  /** Seconds to the end of the pass, where that can be told. */
  readonly secondsLeft: number | undefined;
}

/** Follows the progress events of one disk. `now` is in milliseconds, of any clock that does not jump. */
export class DiskTracker {
  #pass = '';
  #fraction = 0;
  #rate = 0;
  #at: number | undefined;

  update(event: PassProgress, now: number): DiskProgress {
    const stage = event.round > 0 ? `round ${event.round}` : event.phase;
    if (stage !== this.#pass) {
      this.#pass = stage;
      this.#fraction = 0;
    }
    const total = event.bytesDone + event.bytesLeft;
    this.#fraction = Math.max(this.#fraction, total > 0 ? event.bytesDone / total : 0);
    this.#smooth(event.bytesPerSecond, now);
    return {
      disk: event.disk,
      stage,
      fraction: this.#fraction,
      bytesLeft: event.bytesLeft,
      bytesPerSecond: this.#rate,
      secondsLeft: this.#rate > 0 ? event.bytesLeft / this.#rate : undefined,
    };
  }

  /** Exponential smoothing that does not depend on how often events come. */
  #smooth(rate: number, now: number): void {
    const weight = this.#at === undefined ? 1 : 1 - Math.exp((this.#at - now) / SMOOTHING_MS);
    this.#rate += (rate - this.#rate) * weight;
    this.#at = now;
  }
}

/** A change of the rate shows to two thirds after so long. */
const SMOOTHING_MS = 1500;
