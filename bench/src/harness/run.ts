import { ScenarioBench } from './bench.js';
import { type ComparisonResult, hold } from './contest.js';
import type { Comparison } from './scenario.js';

/** A scenario, or a part of it. */
export interface ChosenScenario {
  readonly name: string;
  readonly summary: string;
  readonly comparisons: readonly Comparison[];
}

/** What came of it. */
export interface ScenarioResult {
  readonly name: string;
  readonly summary: string;
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
  const results: ScenarioResult[] = [];
  for (const { name, summary, comparisons } of scenarios) {
    await using bench = new ScenarioBench(size, directory, signal);
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
    results.push({ name, summary, comparisons: found });
  }
  return results;
}
