import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../harness/bench.js';
import { assertSame, writeStale } from '../harness/data.js';
import { measure } from '../harness/measure.js';
import { CPU, SERVER_CPU, WALL } from '../harness/metrics.js';
import type { Comparison, Sample, Scenario } from '../harness/scenario.js';
import { type ServerName, serverNeeds, startServer } from '../harness/servers.js';

/** Reads and writes of one size, so many in flight on one connection: each block of the file once. */
interface Workload {
  readonly name: string;
  readonly title: string;
  /** fio's word. */
  readonly pattern: 'randread' | 'randwrite' | 'read' | 'write';
  readonly blockSize: number;
  /** Of `--size`. */
  readonly part: number;
}

export function fioComparisons(): ReturnType<Scenario['comparisons']> {
  return WORKLOADS.map(
    (workload): Comparison => ({
      name: `fio,${workload.name}`,
      title: `${workload.title}, ${IN_FLIGHT} in flight, by a unix socket`,
      contestants: (['blockferry', 'nbdkit', 'qemu-nbd'] as const).map((server) => ({
        name: server,
        needs: ['fio-nbd', ...serverNeeds(server)],
        run: (bench) => runFio(bench, server, workload),
      })),
      metrics: [
        { key: 'rate', label: 'requests a second', unit: '', better: 'more' },
        { key: 'latency', label: 'mean latency', unit: 'µs' },
        { ...SERVER_CPU, compared: true },
        { ...CPU, label: 'CPU of fio', compared: false },
        { ...WALL, compared: false },
      ],
    }),
  );
}

async function runFio(bench: Bench, server: ServerName, workload: Workload): Promise<Sample> {
  const { pattern, blockSize, part } = workload;
  const size = Math.max(1, Math.floor((bench.size * part) / MIB)) * MIB;
  const path = join(bench.folder, 'fio');
  await writeStale(path, size);
  const { sample, output } = await (async () => {
    await using served = await startServer(server, path);
    const job = [`--rw=${pattern}`, `--bs=${blockSize}`, `--size=${size}`, `--iodepth=${IN_FLIGHT}`];
    const data = ['--zero_buffers=0', `--buffer_pattern=0x${WRITTEN.toString(16)}`];
    const command = ['fio', '--name=bench', '--ioengine=nbd', `--uri=${served.uri}`, ...job, ...data];
    return measure([...command, '--output-format=json'], { servers: [served.pid], signal: bench.signal });
  })();
  if (pattern.endsWith('write')) await assertSame(await expected(bench, size), path, bench.signal);
  const told = JSON.parse(output.slice(output.indexOf('{'))) as FioResult;
  const [job] = told.jobs;
  const direction = pattern.endsWith('write') ? job?.write : job?.read;
  if (direction === undefined) throw new Error('fio told of no job.');
  return { ...sample, rate: direction.iops, latency: direction.clat_ns.mean / 1000 };
}

/** What all of the file is after a run that writes. */
function expected(bench: Bench, size: number): Promise<string> {
  return bench.shared(`fio's result, ${size}`, async () => {
    const path = join(bench.folder, `fio-expected-${size}`);
    const file = await open(path, 'w');
    const piece = Buffer.alloc(MIB, WRITTEN);
    for (let at = 0; at < size; at += MIB) await file.write(piece);
    await file.close();
    return path;
  });
}

/** Of fio's JSON, what is used. */
interface FioResult {
  readonly jobs: readonly { readonly read: FioDirection; readonly write: FioDirection }[];
}

interface FioDirection {
  readonly iops: number;
  readonly clat_ns: { readonly mean: number };
}

const MIB = 1 << 20;
const IN_FLIGHT = 16;
const WRITTEN = 0xb5;
const WORKLOADS: readonly Workload[] = [
  { name: 'random-read', title: '4 KiB reads at random', pattern: 'randread', blockSize: 4096, part: 1 / 16 },
  {
    name: 'random-write',
    title: '4 KiB writes at random',
    pattern: 'randwrite',
    blockSize: 4096,
    part: 1 / 16,
  },
  { name: 'read', title: '256 KiB reads in order', pattern: 'read', blockSize: 262144, part: 1 / 2 },
  { name: 'write', title: '256 KiB writes in order', pattern: 'write', blockSize: 262144, part: 1 / 2 },
];
