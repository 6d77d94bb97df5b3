import { join } from 'node:path';
import { makePki } from '@blockferry/lab';
import type { Bench } from '../harness/bench.js';
import { writeStale } from '../harness/data.js';
import type { Comparison, Scenario } from '../harness/scenario.js';
import { type ServerName, serverNeeds } from '../harness/servers.js';
import { BLOCKFERRY_COPY, NBDCOPY } from './copiers.js';
import { measureCopy, randomSource } from './measure-copy.js';

/** Whole copies of random data by TLS. */
export const tls: Scenario = {
  name: 'tls',
  summary: 'whole copies of random data, both sides by TLS with certificates',
  comparisons: () => (['qemu-nbd', 'nbdkit', 'blockferry'] as const).map(comparison),
};

function comparison(server: ServerName): Comparison {
  return {
    name: `tcp-tcp,${server}`,
    title: `tcp to tcp, ${server} on both sides`,
    contestants: [BLOCKFERRY_COPY, NBDCOPY].map((copier) => ({
      name: copier.name,
      needs: ['openssl', ...copier.needs, ...serverNeeds(server)],
      run: async (bench) => {
        const tlsFolder = await certificates(bench);
        const source = await randomSource(bench);
        const destination = join(bench.folder, 'destination');
        await writeStale(destination, bench.size);
        return measureCopy(bench, { copier, server, source, destination, transports: 'tcp-tcp', tlsFolder });
      },
    })),
    targets:
      server === 'blockferry'
        ? []
        : [
            { metric: 'wall', against: 'nbdcopy', limit: 0.8 },
            { metric: 'cpu', against: 'nbdcopy', limit: 0.8 },
          ],
  };
}

/** Of a server at 127.0.0.1 or localhost, and of its client. */
function certificates(bench: Bench): Promise<string> {
  return bench.shared('certificates', async () => (await makePki(join(bench.folder, 'pki'))).good);
}
