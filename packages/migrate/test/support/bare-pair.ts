import { mkdir } from 'node:fs/promises';
import {
  blankImage,
  LabVm,
  type Leftovers,
  leftovers,
  randomImage,
  Scratch,
  type VmDisk,
} from '@blockferry/lab';

export type BareDisk = Omit<VmDisk, 'path'> & {
  /** @default 4 */
  readonly sizeMiB?: number;
};

export interface BareSide {
  /** @default vda and vdb */
  readonly disks?: readonly BareDisk[];
  readonly extraArguments?: readonly string[];
  /** Of the destination. @default true */
  readonly incoming?: boolean;
  /** @default the destination alone */
  readonly paused?: boolean;
}

/** Two QEMUs that have firmware alone: up in a moment, for whatever needs no guest that writes. */
export class BarePair implements AsyncDisposable {
  readonly source: LabVm;
  readonly destination: LabVm;
  readonly #scratch: Scratch;

  private constructor(scratch: Scratch, source: LabVm, destination: LabVm) {
    this.#scratch = scratch;
    this.source = source;
    this.destination = destination;
  }

  /** The source's images are random bytes, as are the destination's. */
  static async start(
    options: { readonly source?: BareSide; readonly destination?: BareSide } = {},
  ): Promise<BarePair> {
    const scratch = new Scratch();
    const started: LabVm[] = [];
    try {
      for (const side of ['source', 'destination'] as const) {
        started.push(await startSide(scratch, side, options[side] ?? {}));
      }
      const [source, destination] = started as [LabVm, LabVm];
      return new BarePair(scratch, source, destination);
    } catch (error) {
      await Promise.all(started.map((vm) => vm.end()));
      await scratch[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The disk's image, or any other file beside the images. */
  path(side: 'source' | 'destination', name: string): string {
    return this.#scratch.join(side, name);
  }

  /** What is there on both sides. */
  async leftovers(): Promise<{ source: Leftovers; destination: Leftovers }> {
    return { source: await leftovers(this.source), destination: await leftovers(this.destination) };
  }

  /** Begins a backup of a node of the source's, the job `nightly` to the node `spare`, that takes its time. */
  async backUp(node: string): Promise<void> {
    const file = { driver: 'file', filename: this.path('source', 'spare') };
    await this.source.cmd('blockdev-add', { driver: 'raw', 'node-name': 'spare', file });
    const job = { 'job-id': 'nightly', device: node, target: 'spare', sync: 'full', speed: 65_536 };
    await this.source.cmd('blockdev-backup', job);
  }

  /** Lets the source's state stream take seconds: firmware alone has little to send. */
  async slowStream(): Promise<void> {
    await this.source.cmd('migrate-set-parameters', { 'max-bandwidth': 65_536 });
  }

  async end(): Promise<void> {
    await Promise.all([this.source.end(), this.destination.end()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

async function startSide(
  scratch: Scratch,
  side: 'source' | 'destination',
  { disks = [{ name: 'vda' }, { name: 'vdb' }], extraArguments = [], ...rest }: BareSide,
): Promise<LabVm> {
  const isDestination = side === 'destination';
  const { incoming = isDestination, paused = isDestination } = rest;
  const directory = scratch.join(side);
  await mkdir(directory, { recursive: true });
  const withPaths = disks.map(({ sizeMiB: _, ...disk }) => ({
    ...disk,
    path: scratch.join(side, disk.name),
  }));
  for (const { name, sizeMiB = 4 } of disks) await randomImage(scratch.join(side, name), sizeMiB);
  await blankImage(scratch.join(side, 'spare'), 4);
  return LabVm.start({ name: side, directory, disks: withPaths, incoming, paused, extraArguments });
}
