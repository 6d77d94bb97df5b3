import { join } from 'node:path';
import type { Listen } from '@blockferry/lab';
import type { Bench } from '../harness/bench.js';
import { assertSame, writeStale } from '../harness/data.js';
import { measure } from '../harness/measure.js';
import { CPU, MEMORY, SERVER_CPU, WALL } from '../harness/metrics.js';
import type { Comparison, Contestant, Sample, Scenario } from '../harness/scenario.js';
import { type RunningServer, type ServerName, serverNeeds, startServer } from '../harness/servers.js';
import { randomSource } from './measure-copy.js';
import { fioComparisons } from './serve-fio.js';

/** Servers, each of the same file, for clients that are the same for all. */
export const serve: Scenario = {
  name: 'serve',
  summary: 'a file served to nbdcopy and fio',
  // Source and destination, and what fio works on with what that is to be.
  space: (size) => 3.25 * size,
  comparisons: () => [
    ...(['unix', 'tcp'] as const).flatMap((listen) => [
      comparison(`${listen},read`, `nbdcopy reads by ${listen}, into nothing`, (bench, server) =>
        reading(bench, server, listen),
      ),
      comparison(`${listen},write`, `nbdcopy writes a file by ${listen}`, (bench, server) =>
        writing(bench, server, listen),
      ),
    ]),
    ...fioComparisons(),
  ],
};

function comparison(
  name: string,
  title: string,
  run: (bench: Bench, server: ServerName) => Promise<Sample>,
): Comparison {
  const contestants = (['blockferry', 'nbdkit', 'qemu-nbd'] as const).map(
    (server): Contestant => ({
      name: server,
      needs: ['nbdcopy', ...serverNeeds(server)],
      run: (bench) => run(bench, server),
    }),
  );
  return {
    name,
    title,
    contestants,
    metrics: [WALL, { ...CPU, label: 'CPU of nbdcopy' }, { ...SERVER_CPU, compared: true }, MEMORY],
    targets: [
      { metric: WALL.key, against: 'nbdkit', limit: 0.8 },
      { metric: WALL.key, against: 'qemu-nbd', limit: 0.7 },
    ],
  };
}

async function reading(bench: Bench, server: ServerName, listen: Listen): Promise<Sample> {
  await using served = await startServer(server, await randomSource(bench), { listen });
  return await nbdcopy(bench, served, served.uri, 'null:');
}

async function writing(bench: Bench, server: ServerName, listen: Listen): Promise<Sample> {
  const source = await randomSource(bench);
  const destination = join(bench.folder, 'destination');
  await writeStale(destination, bench.size);
  let sample: Sample;
  {
    await using served = await startServer(server, destination, { listen });
    sample = await nbdcopy(bench, served, source, served.uri);
  }
  await assertSame(source, destination, bench.signal);
  return sample;
}

async function nbdcopy(bench: Bench, served: RunningServer, from: string, to: string): Promise<Sample> {
  const command = ['nbdcopy', from, to];
  return (await measure(command, { servers: [served.pid], signal: bench.signal })).sample;
}
