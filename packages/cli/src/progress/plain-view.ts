import { printable } from '../output/printable.js';
import { formatBytes, formatClock, formatDuration, formatPercent, formatRate } from '../output/units.js';
import type { DiskProgress } from './disk-progress.js';
import { ProgressModel } from './progress-model.js';
import { describeStep } from './steps.js';
import type { ProgressView } from './view.js';
import type { ViewEvent } from './view-event.js';

/** For logs and pipes: a line for each phase and round, and every ten seconds how far the disks are. */
export class PlainView implements ProgressView {
  readonly #put: (text: string) => void;
  readonly #now: () => number;
  readonly #model: ProgressModel;
  #reportedAt: number;

  constructor(put: (text: string) => void, now: () => number = () => performance.now()) {
    this.#put = put;
    this.#now = now;
    this.#reportedAt = now();
    this.#model = new ProgressModel(now());
  }

  update(event: ViewEvent): void {
    const now = this.#now();
    this.#model.update(event, now);
    if (event.type === 'phase') {
      this.note(`${event.phase}: ${describeStep(event.phase)}`);
    } else if (event.type === 'round') {
      const { disk, round, bytes, ms } = event;
      this.note(`${printable(disk)}: round ${round}, ${formatBytes(bytes)} in ${formatDuration(ms)}`);
    } else if (event.type === 'progress' && now - this.#reportedAt >= REPORT_MS) {
      this.#reportedAt = now;
      for (const disk of this.#model.disks) this.note(describeDisk(disk));
    }
  }

  note(line: string): void {
    const seconds = (this.#model.elapsedMs(this.#now()) / 1000).toFixed(1);
    this.#put(`[${seconds.padStart(7)} s] ${line}\n`);
  }

  close(): void {}
}

function describeDisk({
  disk,
  stage,
  fraction,
  bytesLeft,
  bytesPerSecond,
  secondsLeft,
}: DiskProgress): string {
  const name = disk === '' ? '' : `${printable(disk)}: `;
  const time = secondsLeft === undefined || bytesLeft === 0 ? '' : `, ${formatClock(secondsLeft)} to go`;
  return `${name}${stage} ${formatPercent(fraction)}, ${formatRate(bytesPerSecond)}, ${formatBytes(bytesLeft)} left${time}`;
}

const REPORT_MS = 10_000;
