import { join } from 'node:path';
import type { Bench } from '../harness/bench.js';
import { type Range, writeBlank, writeData, writeStale, writeZeros } from '../harness/data.js';
import type { Comparison, Scenario } from '../harness/scenario.js';
import { type ServerName, serverNeeds } from '../harness/servers.js';
import { BLOCKFERRY_COPY, type Copier, NBDCOPY, QEMU_IMG } from './copiers.js';
import { measureCopy } from './measure-copy.js';
import { sparseRuns } from './sparse-layout.js';

/** Images with holes: 64 GiB with `--size 4G`, a tenth of them allocated in runs of 64 KiB to 1 MiB. */
export const sparse: Scenario = {
  name: 'sparse',
  summary: 'an image of 16 times the size, a tenth of it allocated in runs of 64 KiB to 1 MiB',
  // Source, destination, and what the dirty one holds in other places; runs are as long as chance has it.
  space: (size) => 2.6 * ALLOCATED * SIZES * size,
  comparisons: () =>
    (['qemu-nbd', 'nbdkit'] as const).flatMap((server) => [
      comparison(server, 'data', 'blank', 'onto a blank destination'),
      comparison(server, 'data', 'dirty', 'onto a destination with data in other places'),
      comparison(server, 'zeros', 'dirty', 'every other run is zeros; onto data in other places'),
    ]),
};

/** `zeros`: every other run of the source holds zeros only. */
type Contents = 'data' | 'zeros';
type Destination = 'blank' | 'dirty';

function comparison(
  server: ServerName,
  contents: Contents,
  destination: Destination,
  title: string,
): Comparison {
  return {
    name: `${contents},${destination},${server}`,
    title: `${title}, ${server}`,
    contestants: [BLOCKFERRY_COPY, NBDCOPY, QEMU_IMG].map((copier) => ({
      name: copier.name,
      needs: [...copier.needs, ...serverNeeds(server)],
      run: (bench) => copyOnce(bench, copier, server, contents, destination),
    })),
    targets: [
      { metric: 'wall', against: 'nbdcopy', limit: 0.8 },
      { metric: 'cpu', against: 'nbdcopy', limit: 0.6 },
    ],
  };
}

async function copyOnce(
  bench: Bench,
  copier: Copier,
  server: ServerName,
  contents: Contents,
  kind: Destination,
): ReturnType<typeof measureCopy> {
  const size = bench.size * SIZES;
  const runs = sparseRuns(size, ALLOCATED, SOURCE_SEED);
  const source = await sparseSource(bench, size, runs, contents);
  const destination = join(bench.folder, 'destination');
  await writeBlank(destination, size, runs);
  if (kind === 'dirty') await writeStale(destination, size, sparseRuns(size, ALLOCATED / 2, STALE_SEED));
  return measureCopy(bench, { copier, server, source, destination });
}

/** One at a time: memory is finite. */
async function sparseSource(
  bench: Bench,
  size: number,
  runs: readonly Range[],
  contents: Contents,
): Promise<string> {
  const path = join(bench.folder, 'source');
  await bench.shared('sparse source', () => writeData(path, size, runs));
  if (contents === 'zeros') {
    await bench.shared('zeros in it', () =>
      writeZeros(
        path,
        runs.filter((_, index) => index % 2 === 1),
      ),
    );
  }
  return path;
}

const SIZES = 16;
const ALLOCATED = 0.1;
const SOURCE_SEED = 1;
const STALE_SEED = 2;
