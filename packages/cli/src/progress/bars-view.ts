import type { Sink } from '../output/sink.js';
import { formatClock } from '../output/units.js';
import { diskLines } from './disk-line.js';
import { LiveRegion } from './live-region.js';
import { ProgressModel } from './progress-model.js';
import { describeStep } from './steps.js';
import type { ProgressView } from './view.js';
import type { ViewEvent } from './view-event.js';

/** On a terminal: what happens now, and a bar for each disk, drawn anew at most ten times a second. */
export class BarsView implements ProgressView {
  readonly #terminal: Sink;
  readonly #unicode: boolean;
  readonly #region: LiveRegion;
  readonly #model: ProgressModel;
  readonly #ticker: NodeJS.Timeout;

  constructor(terminal: Sink, options: { readonly unicode: boolean }) {
    this.#terminal = terminal;
    this.#unicode = options.unicode;
    this.#region = new LiveRegion((text) => terminal.put(text));
    this.#model = new ProgressModel(performance.now());
    this.#ticker = setInterval(() => this.#draw(), FRAME_MS).unref();
  }

  update(event: ViewEvent): void {
    this.#model.update(event, performance.now());
  }

  note(line: string): void {
    this.#region.above(line);
  }

  close(): void {
    clearInterval(this.#ticker);
    this.#region.clear();
  }

  #draw(): void {
    const { step, disks } = this.#model;
    if (step === undefined) return;
    // The last column stays free: some terminals wrap as soon as it is written.
    const width = this.#terminal.columns - 1;
    const style = { width, colors: this.#terminal.colors, unicode: this.#unicode };
    const room = Math.max(1, this.#terminal.rows - 3);
    const lines = diskLines(disks.slice(0, room), style);
    const hidden = disks.length - lines.length;
    if (hidden > 0) lines.push(`  and ${hidden} more`);
    this.#region.show([this.#headline(width), ...lines]);
  }

  #headline(width: number): string {
    const step = this.#model.step ?? 'begin';
    const clock = formatClock(Math.floor(this.#model.elapsedMs(performance.now()) / 1000));
    const about = `${describeStep(step)}, ${clock}`.slice(0, Math.max(0, width - step.length - 2));
    return `${this.#terminal.colors.bold(step)}  ${this.#terminal.colors.dim(about)}`;
  }
}

const FRAME_MS = 100;
