import { existsSync } from 'node:fs';
import { isAsked, parseArguments, SHARED_MEMORY, USAGE, UsageError } from './arguments.js';
import { describeMachine } from './harness/machine.js';
import { type ChosenScenario, runScenarios } from './harness/run.js';
import { writeReports } from './report/files.js';
import { tableOf } from './report/table.js';
import { SCENARIOS } from './scenarios/index.js';

/**
 * The command `npm run bench`; resolves with its exit status.
 *
 * 0: every run was good, whether or not a target is met. 1: a run failed, or its result was wrong. 2: usage.
 * 130: interrupted.
 */
export async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    // Once more: at once. Servers die with this process, and its folder is removed as it exits.
    if (interruption.signal.aborted) process.exit(INTERRUPTED);
    process.stderr.write('\nEnding: servers and files go first.\n');
    interruption.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await run(args, interruption.signal);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    if (interruption.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    for (const signal of signals) process.removeListener(signal, interrupt);
  }
}

async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const asked = parseArguments(args, existsSync(SHARED_MEMORY));
  if (asked.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const scenarios = choose(asked.scenarios, asked.only);
  if (asked.list) {
    process.stdout.write(scenarios.map(listed).join('\n'));
    return 0;
  }
  const startedAt = new Date();
  const results = await runScenarios(scenarios, asked, signal, (text) => process.stderr.write(text));
  const { size, runs, directory } = asked;
  const report = {
    startedAt: startedAt.toISOString(),
    settings: { size, runs, directory },
    machine: describeMachine(directory),
    scenarios: results,
  };
  const files = await writeReports(report, asked.out);
  process.stdout.write(asked.json ? `${JSON.stringify(report, null, 2)}\n` : tableOf(report));
  process.stderr.write(`\nReports: ${files.join(', ')}\n`);
  const failed = results.some(({ comparisons }) => comparisons.some(({ failure }) => failure !== undefined));
  return failed ? 1 : 0;
}

/** @throws {UsageError} where nothing is left of it. */
function choose(names: readonly string[], only: readonly (readonly string[])[]): ChosenScenario[] {
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    const known = SCENARIOS.map(({ name }) => name).join(', ');
    throw new UsageError(`There is no scenario ${unknown}; there are: ${known}.`);
  }
  const chosen = SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name))
    .map(({ comparisons, ...scenario }) => ({
      ...scenario,
      comparisons: comparisons().filter((comparison) => isAsked(comparison.name, only)),
    }))
    .filter(({ comparisons }) => comparisons.length > 0);
  if (chosen.length === 0) throw new UsageError('No comparison has these words; --list names them all.');
  return chosen;
}

function listed({ name, summary, comparisons }: ChosenScenario): string {
  const lines = comparisons.map((one) => {
    const contestants = one.contestants.map((contestant) => contestant.name).join(', ');
    return `  ${one.name}: ${one.title} (${contestants})`;
  });
  return `${name}: ${summary}\n${lines.join('\n')}\n`;
}

/** As a shell tells of SIGINT. */
const INTERRUPTED = 130;
