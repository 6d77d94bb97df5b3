import { join } from 'node:path';
import type { Listen } from '@blockferry/lab';
import type { Bench } from '../harness/bench.js';
import { assertSame, writeData, writeStale } from '../harness/data.js';
import { measure } from '../harness/measure.js';
import type { Comparison, Contestant, Sample, Scenario, Target } from '../harness/scenario.js';
import { type ServerName, serverNeeds, startServer } from '../harness/servers.js';
import { BLOCKFERRY_COPY, type Copier, NBDCOPY, QEMU_IMG } from './copiers.js';

/** Whole copies of random data between two servers, and reading alone. */
export const bulk: Scenario = {
  name: 'bulk',
  summary: 'whole copies of random data between two servers',
  comparisons: () => [
    ...(['unix-unix', 'unix-tcp', 'tcp-tcp'] as const).flatMap((transports) =>
      (['qemu-nbd', 'nbdkit', 'blockferry'] as const).map((server) => copying(transports, server)),
    ),
  ],
};

type Transports = 'unix-unix' | 'unix-tcp' | 'tcp-tcp';

function copying(transports: Transports, server: ServerName): Comparison {
  const name = `${transports},${server}`;
  return {
    name,
    title: `${transports.replace('-', ' to ')}, ${server} on both sides`,
    contestants: [BLOCKFERRY_COPY, NBDCOPY, QEMU_IMG].map((copier) => contestant(copier, transports, server)),
    targets: TARGETS[name] ?? [],
  };
}

function contestant(copier: Copier, transports: Transports, server: ServerName): Contestant {
  return {
    name: copier.name,
    needs: [...copier.needs, ...serverNeeds(server)],
    run: (bench) => copyOnce(bench, copier, transports, server),
  };
}

async function copyOnce(
  bench: Bench,
  copier: Copier,
  transports: Transports,
  server: ServerName,
): Promise<Sample> {
  const source = await bench.shared('source', async () => {
    const path = join(bench.folder, 'source');
    await writeData(path, bench.size);
    return path;
  });
  const destination = join(bench.folder, 'destination');
  await writeStale(destination, bench.size);
  const [fromListen, toListen] = transports.split('-') as [Listen, Listen];
  let sample: Sample;
  {
    await using from = await startServer(server, source, { listen: fromListen });
    await using to = await startServer(server, destination, { listen: toListen });
    const servers = [from.pid, to.pid];
    ({ sample } = await measure(copier.command(from.uri, to.uri), { servers, signal: bench.signal }));
  }
  await assertSame(source, destination, bench.signal);
  return sample;
}

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
