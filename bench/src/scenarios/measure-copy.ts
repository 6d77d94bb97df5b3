import { join } from 'node:path';
import type { Listen } from '@blockferry/lab';
import type { Bench } from '../harness/bench.js';
import { assertSame, writeData } from '../harness/data.js';
import { measure } from '../harness/measure.js';
import type { Sample } from '../harness/scenario.js';
import { type ServerName, startServer } from '../harness/servers.js';
import type { Copier } from './copiers.js';

/** A copy from a server of the file `source` to one of the file `destination`. */
export interface Copying {
  readonly copier: Copier;
  readonly server: ServerName;
  readonly source: string;
  /** Holds other data. */
  readonly destination: string;
  /** On what the two servers listen. @default unix sockets */
  readonly transports?: Transports;
  /** Both sides by TLS, with the certificates in this folder. */
  readonly tlsFolder?: string;
}

/** The source's and the destination's. */
export type Transports = 'unix-unix' | 'unix-tcp' | 'tcp-tcp';

/** Copies between two fresh servers, measures the copier and them, ends them, and compares the two files. */
export async function measureCopy(bench: Bench, copying: Copying): Promise<Sample> {
  const sample = await between(bench, copying);
  await assertSame(copying.source, copying.destination, bench.signal);
  return sample;
}

/** A file of random bytes, as many as `--size` says, the same for all comparisons of a scenario. */
export function randomSource(bench: Bench, size: number = bench.size): Promise<string> {
  return bench.shared(`random source of ${size}`, async () => {
    const path = join(bench.folder, `source-${size}`);
    await writeData(path, size);
    return path;
  });
}

async function between(bench: Bench, copying: Copying): Promise<Sample> {
  const { copier, server, source, destination, transports = 'unix-unix', tlsFolder } = copying;
  const [fromListen, toListen] = transports.split('-') as [Listen, Listen];
  const tls = tlsFolder === undefined ? {} : { tlsFolder };
  await using from = await startServer(server, source, { listen: fromListen, ...tls });
  await using to = await startServer(server, destination, { listen: toListen, ...tls });
  const command = copier.command(from.uri, to.uri);
  const { sample } = await measure(command, { servers: [from.pid, to.pid], signal: bench.signal });
  return sample;
}
