import type { Bench } from './bench.js';
import { missingOf } from './installed.js';
import { type Metric, PROGRAM_METRICS } from './metrics.js';
import type { Comparison, Contestant, Sample, Target } from './scenario.js';
import { pairwiseRatios, type Summary, summarize } from './statistics.js';

/** What came of a comparison. */
export interface ComparisonResult {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly contestants: readonly ContestantResult[];
  readonly ratios: readonly RatioResult[];
  readonly targets: readonly TargetResult[];
  /** Why it was given up: a run failed, or its result was wrong. */
  readonly failure?: string;
}

export interface ContestantResult {
  readonly name: string;
  readonly ours: boolean;
  /** What is not installed, if it could not take part. */
  readonly missing?: string;
  /** In the order of the runs; the warm-up is not among them. */
  readonly samples: readonly Sample[];
  /** By metric. */
  readonly summaries: Readonly<Record<string, Summary>>;
}

/** Ours / peer, run by run. */
export interface RatioResult extends Summary {
  readonly metric: string;
  readonly against: string;
  readonly values: readonly number[];
}

export interface TargetResult extends Target {
  readonly better: 'less' | 'more';
  /** What came of it; none if a contestant is missing. */
  readonly value?: number;
  readonly met?: boolean;
}

export interface ContestOptions {
  /** Rounds that count; one more comes before them. */
  readonly runs: number;
  /** Takes part only if it says so. */
  readonly admits: (contestant: Contestant) => boolean;
  /** Told before each run; round 0 is the warm-up. */
  readonly onRun: (comparison: Comparison, contestant: Contestant, round: number) => void;
}

/** Lets all contestants run in turn, a round after the other: A B C, A B C, ... Rejects only when aborted. */
export async function hold(
  comparison: Comparison,
  bench: Bench,
  { runs, admits, onRun }: ContestOptions,
): Promise<ComparisonResult> {
  const entries = comparison.contestants.map((contestant, index) => ({
    contestant,
    ours: index === 0,
    missing: missingOf(contestant.needs ?? []),
    samples: [] as Sample[],
  }));
  const present = entries.filter(({ contestant, ours }) => ours || admits(contestant));
  let failure: string | undefined;
  rounds: for (let round = 0; round <= runs; round++) {
    for (const { contestant, missing, samples } of present) {
      if (missing !== undefined) continue;
      bench.signal.throwIfAborted();
      onRun(comparison, contestant, round);
      try {
        const sample = await contestant.run(bench);
        if (round > 0) samples.push(sample);
      } catch (error) {
        bench.signal.throwIfAborted();
        failure = `${contestant.name}, ${round === 0 ? 'warm-up' : `run ${round}`}: ${messageOf(error)}`;
        break rounds;
      }
    }
  }
  return judge(comparison, present, failure);
}

/** The statistics of the runs that were; pure. A comparison that failed has none but its samples. */
export function judge(
  comparison: Comparison,
  entries: readonly {
    readonly contestant: Contestant;
    readonly ours: boolean;
    readonly missing: string | undefined;
    readonly samples: readonly Sample[];
  }[],
  failure?: string,
): ComparisonResult {
  const { name, title, metrics = PROGRAM_METRICS, targets = [] } = comparison;
  const contestants = entries.map(({ contestant, ours, missing, samples }) => ({
    name: contestant.name,
    ours,
    samples,
    summaries: summariesOf(metrics, samples),
    ...(missing !== undefined && { missing }),
  }));
  const ratios = failure === undefined ? ratiosOf(metrics, contestants) : [];
  return {
    name,
    title,
    metrics,
    contestants,
    ratios,
    targets: targets
      .filter(({ against }) => against === undefined || contestants.some((one) => one.name === against))
      .map((target) => judgeTarget(target, metrics, failure === undefined ? contestants : [], ratios)),
    ...(failure !== undefined && { failure }),
  };
}

function summariesOf(metrics: readonly Metric[], samples: readonly Sample[]): Record<string, Summary> {
  return Object.fromEntries(
    metrics.flatMap(({ key }) => {
      const values = valuesOf(samples, key);
      return values.length > 0 ? [[key, summarize(values)] as const] : [];
    }),
  );
}

function ratiosOf(metrics: readonly Metric[], contestants: readonly ContestantResult[]): RatioResult[] {
  const ours = contestants.find((one) => one.ours);
  const peers = contestants.filter((one) => !one.ours);
  return peers.flatMap((peer) =>
    metrics
      .filter((metric) => metric.compared !== false)
      .flatMap(({ key }) => {
        const [a, b] = [valuesOf(ours?.samples ?? [], key), valuesOf(peer.samples, key)];
        if (a.length === 0 || b.length === 0) return [];
        const values = pairwiseRatios(a, b);
        return [{ metric: key, against: peer.name, values, ...summarize(values) }];
      }),
  );
}

function judgeTarget(
  target: Target,
  metrics: readonly Metric[],
  contestants: readonly ContestantResult[],
  ratios: readonly RatioResult[],
): TargetResult {
  const { metric, against, limit } = target;
  const better = metrics.find(({ key }) => key === metric)?.better ?? 'less';
  const value =
    against === undefined
      ? contestants.find((one) => one.ours)?.summaries[metric]?.median
      : ratios.find((ratio) => ratio.metric === metric && ratio.against === against)?.median;
  if (value === undefined) return { ...target, better };
  return { ...target, better, value, met: better === 'less' ? value <= limit : value >= limit };
}

function valuesOf(samples: readonly Sample[], key: string): number[] {
  return samples.flatMap((sample) => sample[key] ?? []);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
