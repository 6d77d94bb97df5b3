import { mkdirSync } from 'node:fs';
import { formatSize } from '../sizes.js';
import { ScenarioBench } from './bench.js';
import { type ComparisonResult, hold } from './contest.js';
import { fittingSize, freeBytes } from './room.js';
import type { Comparison, Scenario } from './scenario.js';

/** A scenario, or a part of it. */
export interface ChosenScenario extends Omit<Scenario, 'comparisons'> {
  readonly comparisons: readonly Comparison[];
}

/** What came of it. */
export interface ScenarioResult {
  readonly name: string;
  readonly summary: string;
  /** Bytes that it ran with. */
  readonly size: number;
  /** Why these are not as many as were asked for. */
  readonly note?: string;
  readonly comparisons: readonly ComparisonResult[];
}

export interface RunSettings {
  readonly size: number;
  readonly runs: number;
  /** Peers that take part; empty: all. */
  readonly peers: readonly string[];
  /** On whose file system the data lies. */
  readonly directory: string;
}

/**
 * Runs scenarios one after the other; `tell` is told what goes on. A comparison that fails is a result like another.
 * Rejects only when aborted. Each scenario's files go before the next one begins.
 */
export async function runScenarios(
  scenarios: readonly ChosenScenario[],
  { size, runs, peers, directory }: RunSettings,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<ScenarioResult[]> {
  mkdirSync(directory, { recursive: true });
  const results: ScenarioResult[] = [];
  for (const { name, summary, space = twice, comparisons } of scenarios) {
    const sized = sizeFor(space, size, directory);
    if (sized.note !== undefined) tell(`${name}: ${sized.note}\n`);
    await using bench = new ScenarioBench(sized.size, directory, signal);
    const found: ComparisonResult[] = [];
    for (const comparison of comparisons) {
      const result = await hold(comparison, bench, {
        runs,
        admits: (peer) => peers.length === 0 || peers.includes(peer.name),
        onRun: (_, contestant, round) => {
          const turn = round === 0 ? 'warm-up' : `run ${round} of ${runs}`;
          tell(`${name} ${comparison.name}: ${turn}, ${contestant.name}\n`);
        },
      });
      if (result.failure !== undefined) tell(`${name} ${comparison.name}: FAILED: ${result.failure}\n`);
      found.push(result);
    }
    results.push({ name, summary, ...sized, comparisons: found });
  }
  return results;
}

function sizeFor(
  space: (size: number) => number,
  wanted: number,
  directory: string,
): { readonly size: number; readonly note?: string } {
  const free = freeBytes(directory);
  const size = fittingSize(wanted, space, free);
  if (size === wanted) return { size };
  const note = `${formatSize(wanted)} would take ${formatSize(space(wanted))} at ${directory}, which has room for ${formatSize(free)}: run with ${formatSize(size)} (--dir names another folder).`;
  return { size, note };
}

/** A source and a destination. */
function twice(size: number): number {
  return 2 * size;
}
