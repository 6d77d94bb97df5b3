import { type DiskProgress, DiskTracker } from './disk-progress.js';
import type { Step, ViewEvent } from './view-event.js';

/** What is shown of a job: its step, since when, and every disk. */
export class ProgressModel {
  readonly #trackers = new Map<string, DiskTracker>();
  readonly #disks = new Map<string, DiskProgress>();
  readonly #startedAt: number;
  #step: Step | undefined;

  constructor(now: number) {
    this.#startedAt = now;
  }

  get step(): Step | undefined {
    return this.#step;
  }

  /** In the order in which they appeared. */
  get disks(): readonly DiskProgress[] {
    return [...this.#disks.values()];
  }

  elapsedMs(now: number): number {
    return now - this.#startedAt;
  }

  update(event: ViewEvent, now: number): void {
    if (event.type === 'phase') this.#step = event.phase;
    if (event.type !== 'progress') return;
    const tracker = this.#trackers.get(event.disk) ?? new DiskTracker();
    this.#trackers.set(event.disk, tracker);
    this.#disks.set(event.disk, tracker.update(event, now));
  }
}
