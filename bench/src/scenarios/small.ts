import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SYSTEM_PYTHON } from '@blockferry/lab';
import type { Bench } from '../harness/bench.js';
import { assertSame, type Range, writeStale } from '../harness/data.js';
import { measure } from '../harness/measure.js';
import { PROGRAM_METRICS } from '../harness/metrics.js';
import { randomNumbers } from '../harness/random.js';
import type { Comparison, Contestant, Sample, Scenario } from '../harness/scenario.js';
import { type ServerName, serverNeeds, startServer } from '../harness/servers.js';
import { randomSource } from './measure-copy.js';

/** What a last round is like: many small dirty runs, in all places. */
export const small: Scenario = {
  name: 'small',
  summary: 'a round of dirty runs of 4 KiB, one in 16 blocks of a quarter of the size, at random',
  space: (size) => size / 2,
  comparisons: () => (['qemu-nbd', 'nbdkit', 'blockferry'] as const).map(comparison),
};

function comparison(server: ServerName): Comparison {
  return {
    name: `unix-unix,${server}`,
    title: `unix to unix, ${server} on both sides; the map is known beforehand`,
    contestants: [
      contestant('blockferry', [], server, [process.execPath, program('round-copier.mjs')]),
      contestant(SERIAL, ['python3-libnbd'], server, [SYSTEM_PYTHON, program('serial-copier.py')]),
    ],
    metrics: [{ key: 'round', label: 'round', unit: 's' }, ...PROGRAM_METRICS],
    targets: [
      { metric: 'wall', against: SERIAL, limit: 0.5 },
      { metric: 'round', against: SERIAL, limit: 0.5 },
    ],
  };
}

function contestant(
  name: string,
  needs: readonly string[],
  server: ServerName,
  command: readonly string[],
): Contestant {
  const run = async (bench: Bench): Promise<Sample> => {
    const { source, size, ranges, list } = await prepared(bench);
    const destination = join(bench.folder, 'destination');
    // As it was before the writes that the round brings.
    await bench.shared('destination', () => copyFile(source, destination));
    await writeStale(destination, size, ranges);
    const { sample, output } = await (async () => {
      await using from = await startServer(server, source);
      await using to = await startServer(server, destination);
      const servers = [from.pid, to.pid];
      return await measure([...command, from.uri, to.uri, list], { servers, signal: bench.signal });
    })();
    await assertSame(source, destination, bench.signal);
    return { ...sample, round: Number(output) };
  };
  return { name, needs: [...needs, ...serverNeeds(server)], run };
}

interface Prepared {
  readonly source: string;
  readonly size: number;
  readonly ranges: readonly Range[];
  /** The file that has them. */
  readonly list: string;
}

function prepared(bench: Bench): Promise<Prepared> {
  return bench.shared('dirty runs', async () => {
    const size = Math.max(1, Math.floor(bench.size / 4 / MIB)) * MIB;
    const source = await randomSource(bench, size);
    const ranges = dirtyRuns(size);
    const list = join(bench.folder, 'ranges');
    await writeFile(list, ranges.map(({ offset, length }) => `${offset} ${length}\n`).join(''));
    return { source, size, ranges, list };
  });
}

function dirtyRuns(size: number): Range[] {
  const random = randomNumbers(3);
  return Array.from({ length: size / BLOCK }, (_, block) => ({
    offset: block * BLOCK,
    length: BLOCK,
  })).filter(() => random() < DIRTY);
}

function program(name: string): string {
  return fileURLToPath(new URL(`../../programs/${name}`, import.meta.url));
}

const SERIAL = 'serial copier';
const MIB = 1 << 20;
const BLOCK = 4096;
const DIRTY = 1 / 16;
