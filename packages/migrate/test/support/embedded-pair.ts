import { readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import type { EmbeddedMachine } from '../../src/adapters/embedded/embedded-host.js';
import {
  createEmbeddedHost,
  type EmbeddedDisk,
  type EmbeddedDomain,
  type EmbeddedHost,
  type MigrateOptions,
  type MigrationJob,
  type MigrationResult,
  type Phase,
  startMigration,
} from '../../src/index.js';

export const MiB: number = 1024 * 1024;

/** Two that are written, and one that is not. */
export const DISKS: readonly EmbeddedDisk[] = [
  { name: 'vda', size: 4 * MiB },
  { name: 'vdb', size: 4 * MiB },
  { name: 'vdc', size: 2 * MiB, idle: true },
];

export interface PairOptions {
  /** @default DISKS */
  readonly disks?: readonly EmbeddedDisk[];
  /** @default those of the source */
  readonly destinationDisks?: readonly EmbeddedDisk[];
  /** Bytes per second. @default 8 MiB */
  readonly writeRate?: number;
}

/** A domain on the host a, and the host b full of old bytes, waiting for it. */
export class EmbeddedPair implements AsyncDisposable {
  static async create(options: PairOptions = {}): Promise<EmbeddedPair> {
    const disks = options.disks ?? DISKS;
    const a = await createEmbeddedHost({ name: 'a' });
    const b = await createEmbeddedHost({ name: 'b' });
    await b.awaitDomain({ disks: options.destinationDisks ?? disks, oldBytes: true });
    const domain = await a.createDomain({ name: 'guest', disks, writeRate: options.writeRate ?? 8 * MiB });
    return new EmbeddedPair(a, b, domain);
  }

  private constructor(
    readonly a: EmbeddedHost,
    readonly b: EmbeddedHost,
    readonly domain: EmbeddedDomain,
  ) {}

  /** Starts moving the domain to b; the disks that are not selected may stay. */
  move(options: Partial<MigrateOptions> = {}): MigrationJob {
    return startMigration({ from: this.domain, to: this.b, unsafe: true, ...options });
  }

  /** What is wrong with the disks that the guest writes, where it runs now. */
  async damaged(disks: readonly string[] = ['vda', 'vdb']): Promise<string[]> {
    const found = await Promise.all(disks.map((disk) => this.domain.guest.verify(disk)));
    return found.filter(({ ok }) => !ok).map(({ disk }) => disk);
  }

  /** Everything is as if no migration had been tried: the guest runs on a, its data is whole, nothing is left. */
  async expectUntouchedSource(): Promise<void> {
    const { a, b, domain } = this;
    expect(domain.guest).toMatchObject({ host: 'a', running: true });
    const before = domain.guest.bytesWritten;
    await expect.poll(() => domain.guest.bytesWritten).toBeGreaterThan(before);
    expect(await this.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
    const disks = ['vda', 'vdb', 'vdc'];
    expect(await files(a)).toEqual(disks.flatMap((disk) => [`${disk}.guest`, `${disk}.raw`]));
    expect(await files(b)).toEqual(disks.map((disk) => `${disk}.raw`));
    // The guest's own connections alone.
    await expect.poll(() => clients(a)).toEqual([1, 1, 1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.domain.close();
    await this.a.close();
    await this.b.close();
  }
}

/** What is in a host's folder. */
export async function files(host: EmbeddedHost): Promise<string[]> {
  return (await readdir(dirname(host.diskPath('vda')))).sort();
}

/** Whether a disk is still full of the bytes that it was made with. */
export async function isOld(host: EmbeddedHost, disk: string): Promise<boolean> {
  const contents = await readFile(host.diskPath(disk));
  return contents.equals(Buffer.alloc(contents.length, 0xa5));
}

/** Calls `action` when the phase is announced. */
export async function atPhase(job: MigrationJob, phase: Phase, action: () => unknown): Promise<void> {
  for await (const event of job.events()) {
    if (event.type === 'phase' && event.phase === phase) {
      await action();
      return;
    }
  }
  throw new RangeError(`The migration ended before ${phase}.`);
}

/** The result of a migration that fails. */
export async function failure(job: MigrationJob): Promise<MigrationResult> {
  const error: unknown = await job.done.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toMatchObject({ name: 'MigrationError', result: { ok: false } });
  return (error as { result: MigrationResult }).result;
}

function clients(host: EmbeddedHost): (number | undefined)[] {
  const machine = host.port as EmbeddedMachine;
  return ['vda', 'vdb', 'vdc'].map((disk) => machine.disk(disk).attached?.server.connections);
}
