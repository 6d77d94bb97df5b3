import type { Bench } from './bench.js';
import type { Metric } from './metrics.js';

/** What `--scenario NAME` runs. */
export interface Scenario {
  readonly name: string;
  /** One line for `--list` and the report. */
  readonly summary: string;
  /** Bytes that its files take at most with `--size SIZE`; where they do not fit, it runs with less. @default twice */
  readonly space?: (size: number) => number;
  comparisons(): readonly Comparison[];
}

/** The same work, done by ours and by the peers in turn. */
export interface Comparison {
  /** Words joined by commas, each of which `--only` can ask for: `unix-tcp,qemu-nbd`. */
  readonly name: string;
  /** One line for the report: what is done, on what. */
  readonly title: string;
  /** Ours first; the others are its peers, and each is set against it. */
  readonly contestants: readonly Contestant[];
  /** What a run gives. @default wall, CPU, the servers' CPU and peak memory, of `measure` */
  readonly metrics?: readonly Metric[];
  readonly targets?: readonly Target[];
}

export interface Contestant {
  readonly name: string;
  /** What has to be installed, as `installed.ts` knows it; without it the report lists the contestant as missing. */
  readonly needs?: readonly string[];
  /**
   * Does the work once, on a destination that holds other data, checks what came of it, and leaves nothing behind
   * but what `bench.shared` keeps. Throws where the work failed or its result is wrong.
   */
  run(bench: Bench): Promise<Sample>;
}

/** What one run gave: a number for each metric's key. One that does not apply to a contestant is left out. */
export type Sample = Readonly<Record<string, number>>;

/** What is to be reached: by the median of the ratios ours / peer, or without `against` by our own median. */
export interface Target {
  /** A metric's key. */
  readonly metric: string;
  /** A peer's name. */
  readonly against?: string;
  /** At most this, or at least, as the metric's `better` says. */
  readonly limit: number;
  /** What would be finer still; shown, not judged. */
  readonly aim?: number;
}
