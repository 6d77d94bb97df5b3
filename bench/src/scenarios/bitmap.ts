import { fileURLToPath } from 'node:url';
import type { Bench } from '../harness/bench.js';
import { measure } from '../harness/measure.js';
import type { Metric } from '../harness/metrics.js';
import type { Comparison, Sample, Scenario } from '../harness/scenario.js';

/** The dirty bitmap beside a roaring one behind a lock and a plain vector of atomic words. */
export const bitmap: Scenario = {
  name: 'bitmap',
  summary: 'dirty bitmaps of 16 Mi granules',
  space: () => 0,
  comparisons: () => WORKLOADS.map(([name, title]) => comparison(name, title)),
};

function comparison(workload: string, title: string): Comparison {
  return {
    name: workload.replace('-', ','),
    title,
    contestants: IMPLEMENTATIONS.map(([name, implementation]) => ({
      name,
      needs: ['cargo'],
      run: (bench) => runOnce(bench, implementation, workload),
    })),
    metrics: METRICS,
  };
}

async function runOnce(bench: Bench, implementation: string, workload: string): Promise<Sample> {
  const program = await bench.shared('program', () => built(bench.signal));
  const { output } = await measure([program, implementation, workload], { signal: bench.signal });
  const { same, ...nanoseconds } = JSON.parse(output) as Told;
  if (!same) throw new Error('the marks that were taken away are not those that were put in');
  const { mark, markShared, rotate, rotateClean, iterate, merge } = nanoseconds;
  const wholes = { rotate, rotateClean, iterate, merge };
  const inMicroseconds = Object.entries(wholes).map(([key, value]) => [key, value / 1000] as const);
  return { mark, markShared, ...Object.fromEntries(inMicroseconds) };
}

/** Builds the program and resolves with its path. */
async function built(signal: AbortSignal): Promise<string> {
  const command = ['cargo', 'build', '--release', '--package', 'extent', '--example', 'bitmaps', '--quiet'];
  const options = ['--message-format', 'json', '--manifest-path', MANIFEST];
  const { output } = await measure([...command, ...options], { signal });
  const path = /"executable":("[^"]+")/.exec(output)?.[1];
  if (path === undefined) throw new Error(`cargo told of no program:\n${output}`);
  return JSON.parse(path) as string;
}

/** What the program prints: nanoseconds of one mark, and of whole operations. */
interface Told {
  readonly mark: number;
  readonly markShared: number;
  readonly rotate: number;
  readonly rotateClean: number;
  readonly iterate: number;
  readonly merge: number;
  readonly runs: number;
  readonly granules: number;
  readonly same: boolean;
}

const MANIFEST = fileURLToPath(new URL('../../../native/engine/Cargo.toml', import.meta.url));
const IMPLEMENTATIONS = [
  ['blockferry', 'extent'],
  ['roaring', 'roaring'],
  ['plain', 'plain'],
] as const;
const WORKLOADS = [
  ['random-dense', '4 Mi marks of one granule, at random'],
  ['random-sparse', '64 Ki marks of one granule, at random'],
  ['sequential-dense', '1 Mi marks of 16 granules, one behind the other: all of it'],
  ['sequential-sparse', '64 Ki marks of one granule, one in 256'],
] as const;
const METRICS: readonly Metric[] = [
  { key: 'mark', label: 'mark', unit: 'ns' },
  { key: 'markShared', label: 'mark, two threads', unit: 'ns' },
  { key: 'rotate', label: 'rotate', unit: 'µs' },
  { key: 'rotateClean', label: 'rotate a clean one', unit: 'µs' },
  { key: 'iterate', label: 'iterate', unit: 'µs' },
  { key: 'merge', label: 'merge', unit: 'µs' },
];
