import type { Copier } from '@blockferry/nbd';
import type { MigrationEvent, ProgressEvent } from '../events.js';
import type { Phase } from '../phase.js';

/** Samples the copiers' progress while passes run, at most ten times a second. */
export class Meter implements Disposable {
  readonly #disks = new Map<
    string,
    { readonly copier: Copier; round: number; at: number; bytes: number; rate: number }
  >();
  readonly #emit: (event: MigrationEvent, key?: string) => void;
  readonly #phase: () => Phase;
  readonly #timer: NodeJS.Timeout;

  constructor(emit: (event: MigrationEvent, key?: string) => void, phase: () => Phase) {
    this.#emit = emit;
    this.#phase = phase;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  watch(disk: string, copier: Copier): void {
    this.#disks.set(disk, { copier, round: 0, at: performance.now(), bytes: 0, rate: 0 });
  }

  /** A pass begins: its bytes count from zero. */
  begin(disk: string, round: number): void {
    const entry = this.#disks.get(disk);
    if (entry === undefined) return;
    entry.round = round;
    entry.at = performance.now();
    entry.bytes = 0;
  }

  /** Where every disk is now. */
  read(): Omit<ProgressEvent, 'type' | 'phase'>[] {
    return [...this.#disks].map(([disk, { copier, round, rate }]) => {
      const { bytesDone, bytesTotal } = copier.progress();
      return { disk, round, bytesDone, bytesLeft: Math.max(0, bytesTotal - bytesDone), bytesPerSecond: rate };
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = performance.now();
    for (const entry of this.#disks.values()) {
      const { bytesDone } = entry.copier.progress();
      const seconds = (now - entry.at) / 1000;
      if (seconds > 0) entry.rate = Math.max(0, Math.round((bytesDone - entry.bytes) / seconds));
      entry.at = now;
      entry.bytes = bytesDone;
    }
    for (const progress of this.read()) {
      this.#emit({ type: 'progress', phase: this.#phase(), ...progress }, `progress ${progress.disk}`);
    }
  }
}

const SAMPLE_MS = 100;
