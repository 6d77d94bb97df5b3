import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseSize } from './sizes.js';

/** What is asked of the benchmark. */
export interface Asked {
  /** By name; all of them if there is none. */
  readonly scenarios: readonly string[];
  /** Each a set of words of a comparison's name; empty: all comparisons. */
  readonly only: readonly (readonly string[])[];
  /** Peers that take part; empty: all. */
  readonly peers: readonly string[];
  readonly size: number;
  readonly runs: number;
  /** The result as JSON on stdout, in place of the table. */
  readonly json: boolean;
  /** Names everything and runs nothing. */
  readonly list: boolean;
  readonly help: boolean;
  /** Where the reports go. */
  readonly out: string;
  /** On whose file system the data lies. */
  readonly directory: string;
}

/** A sentence that says what is wrong with the arguments. */
export class UsageError extends Error {}

/** @throws {UsageError} */
export function parseArguments(args: readonly string[], sharedMemory: boolean): Asked {
  const given = read(args);
  const runs = Number(given.runs ?? DEFAULT_RUNS);
  if (!Number.isInteger(runs) || runs < 1) throw new UsageError('--runs takes a whole number from 1 on.');
  const size = parseSize(given.size ?? DEFAULT_SIZE);
  if (size === undefined || size < MIN_SIZE || size % MIN_SIZE !== 0) {
    throw new UsageError('--size takes whole MiB, such as 512M or 4G.');
  }
  return {
    scenarios: given.scenario ?? [],
    only: (given.only ?? []).map((words) => words.split(',')),
    peers: given.peer ?? [],
    size,
    runs,
    json: given.json ?? false,
    list: given.list ?? false,
    help: given.help ?? false,
    out: given.out ?? RESULTS,
    directory: given.dir ?? (sharedMemory ? SHARED_MEMORY : tmpdir()),
  };
}

/** The comparisons that are asked for: those whose name has all the words of one `--only`. */
export function isAsked(name: string, only: Asked['only']): boolean {
  const words = name.split(',');
  return only.length === 0 || only.some((wanted) => wanted.every((word) => words.includes(word)));
}

function read(args: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS }).values;
}

const OPTIONS = {
  scenario: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  peer: { type: 'string', multiple: true },
  size: { type: 'string' },
  runs: { type: 'string' },
  json: { type: 'boolean' },
  list: { type: 'boolean' },
  help: { type: 'boolean' },
  out: { type: 'string' },
  dir: { type: 'string' },
} as const;
const DEFAULT_SIZE = '4G';
const DEFAULT_RUNS = 5;
const MIN_SIZE = 1 << 20;
/** A tmpfs on every Linux. */
export const SHARED_MEMORY = '/dev/shm';
const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

export const USAGE: string = `npm run bench -- [options]

  --scenario NAME   run this scenario (repeatable; default: all)
  --only WORD,...   of it, only comparisons whose name has all these words (repeatable)
  --peer NAME       compare with this peer only (repeatable)
  --size SIZE       bytes of data, whole MiB (default: ${DEFAULT_SIZE})
  --runs N          rounds that count, after one that does not (default: ${DEFAULT_RUNS})
  --json            print JSON instead of a table
  --out DIR         where the reports go (default: bench/results)
  --dir DIR         where the data lies (default: ${SHARED_MEMORY})
  --list            name all scenarios and comparisons, run nothing
  --help            this text
`;
