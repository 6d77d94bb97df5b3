import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../harness/bench.js';
import { writeStale } from '../harness/data.js';
import { measure } from '../harness/measure.js';
import type { Comparison, Contestant, Sample, Scenario, Target } from '../harness/scenario.js';
import { type ServerName, serverNeeds, startServer } from '../harness/servers.js';
import { BLOCKFERRY_COPY, type Copier, NBDCOPY, QEMU_IMG } from './copiers.js';
import { measureCopy, randomSource, type Transports } from './measure-copy.js';

/** Whole copies of random data between two servers, and reading alone. */
export const bulk: Scenario = {
  name: 'bulk',
  summary: 'whole copies of random data',
  comparisons: () => [
    ...(['unix-unix', 'unix-tcp', 'tcp-tcp'] as const).flatMap((transports) =>
      (['qemu-nbd', 'nbdkit', 'blockferry'] as const).map((server) => copying(transports, server)),
    ),
    wholeWay(),
    ...(['qemu-nbd', 'nbdkit'] as const).map(reading),
  ],
};

/** The same servers for all copiers. */
function copying(transports: Transports, server: ServerName): Comparison {
  const name = `${transports},${server}`;
  return {
    name,
    title: `${transports.replace('-', ' to ')}, ${server} on both sides`,
    contestants: [BLOCKFERRY_COPY, NBDCOPY, QEMU_IMG].map((copier) =>
      contestant(copier.name, copier, server, transports),
    ),
    targets: TARGETS[name] ?? [],
  };
}

/** Each copier between the servers of its own house. */
function wholeWay(): Comparison {
  return {
    name: 'unix-unix,own-servers',
    title: 'unix to unix, each between servers of its own',
    contestants: [
      contestant('blockferry', BLOCKFERRY_COPY, 'blockferry'),
      contestant(NBDKIT_NBDCOPY, NBDCOPY, 'nbdkit'),
      contestant('qemu-nbd + qemu-img', QEMU_IMG, 'qemu-nbd'),
    ],
    targets: [
      { metric: 'wall', against: NBDKIT_NBDCOPY, limit: 0.5 },
      { metric: 'cpu', against: NBDKIT_NBDCOPY, limit: 0.4 },
    ],
  };
}

function contestant(
  name: string,
  copier: Copier,
  server: ServerName,
  transports: Transports = 'unix-unix',
): Contestant {
  return {
    name,
    needs: [...copier.needs, ...serverNeeds(server)],
    run: async (bench) => {
      const source = await randomSource(bench);
      const destination = join(bench.folder, 'destination');
      await writeStale(destination, bench.size);
      return measureCopy(bench, { copier, server, source, destination, transports });
    },
  };
}

/** All of an export, by TCP, for that is all that @vates/nbd-client can, into nothing. */
function reading(server: ServerName): Comparison {
  return {
    name: `read,${server}`,
    title: `reading by tcp from ${server}, into nothing`,
    contestants: [
      reader('blockferry', [], server, (uri) => BLOCKFERRY_COPY.command(uri, 'null:')),
      reader(VATES, [`npm:${VATES}`], server, (uri) => [
        ...[process.execPath, VATES_READ, new URL(uri).port],
        ...[VATES_BLOCK_SIZE, VATES_IN_FLIGHT].map(String),
      ]),
      reader('nbdcopy', ['nbdcopy'], server, (uri) => NBDCOPY.command(uri, 'null:')),
    ],
    targets: [
      { metric: 'wall', against: VATES, limit: 0.45 },
      { metric: 'cpu', against: VATES, limit: 0.45 },
    ],
  };
}

function reader(
  name: string,
  needs: readonly string[],
  server: ServerName,
  command: (uri: string) => readonly string[],
): Contestant {
  const run = async (bench: Bench): Promise<Sample> => {
    await using from = await startServer(server, await randomSource(bench), { listen: 'tcp' });
    return (await measure(command(from.uri), { servers: [from.pid], signal: bench.signal })).sample;
  };
  return { name, needs: [...needs, ...serverNeeds(server)], run };
}

const NBDKIT_NBDCOPY = 'nbdkit + nbdcopy';
const VATES = '@vates/nbd-client';
const VATES_READ = fileURLToPath(new URL('../../peers/vates-read.mjs', import.meta.url));
const VATES_BLOCK_SIZE = 65536;
/** At which it was the quickest. */
const VATES_IN_FLIGHT = 16;

const TARGETS: Readonly<Record<string, readonly Target[]>> = {
  'unix-unix,qemu-nbd': [
    { metric: 'wall', against: 'nbdcopy', limit: 0.75 },
    { metric: 'cpu', against: 'nbdcopy', limit: 0.45 },
    { metric: 'wall', against: 'qemu-img', limit: 0.7 },
    { metric: 'cpu', against: 'qemu-img', limit: 0.5 },
  ],
  'unix-tcp,qemu-nbd': [
    { metric: 'wall', against: 'nbdcopy', limit: 0.95 },
    { metric: 'cpu', against: 'nbdcopy', limit: 0.75 },
  ],
};
