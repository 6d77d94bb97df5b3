import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type DirtyBitmap, type NbdHandle, type NbdServer, serve } from '@blockferry/nbd';
import type { Host } from '../../domain.js';
import { MigrationError } from '../../error.js';
import type { HostPort, SourceDisk } from '../../ports.js';
import type { Problem } from '../../problem.js';

/** A disk of an embedded host. */
export interface EmbeddedDisk {
  readonly name: string;
  /** Bytes, a multiple of 4096. */
  readonly size: number;
  /** The guest fills it and then writes to it no more. @default false */
  readonly idle?: boolean;
}

/** What a disk has while a guest runs on it. */
export interface Attachment {
  readonly server: NbdServer;
  readonly handle: NbdHandle;
  readonly bitmap: DirtyBitmap;
}

/** Whoever runs on a machine. */
interface Tenant {
  stop(): Promise<void>;
}

interface HostedDisk {
  readonly name: string;
  readonly size: number;
  readonly path: string;
  attached?: Attachment;
}

/**
 * A host without a hypervisor: its disks are files in a private temporary folder, served by the engine on unix
 * sockets and tracked by its dirty bitmaps.
 */
export class EmbeddedMachine implements Host, HostPort {
  readonly strategy = 'engine';
  readonly adapter = 'embedded';
  readonly name: string;
  readonly #directory: string;
  readonly #disks = new Map<string, HostedDisk>();
  #guest: Tenant | undefined;
  #closed: Promise<void> | undefined;

  static async create(name: string): Promise<EmbeddedMachine> {
    return new EmbeddedMachine(name, await mkdtemp(join(tmpdir(), 'blockferry-')));
  }

  private constructor(name: string, directory: string) {
    this.name = name;
    this.#directory = directory;
  }

  get uri(): string {
    return `embedded:${this.name}`;
  }

  get port(): this {
    return this;
  }

  /** Whether a domain runs here. */
  get occupied(): boolean {
    return [...this.#disks.values()].some(({ attached }) => attached !== undefined);
  }

  /** Makes the disks; `oldBytes` fills them with bytes that no guest wrote. */
  async addDisks(disks: readonly EmbeddedDisk[], oldBytes = false): Promise<void> {
    const names = new Set(this.#disks.keys());
    for (const { name, size } of disks) {
      if (names.has(name)) throw new MigrationError('INVALID_ARGUMENT', `There are two disks ${name}.`);
      names.add(name);
      if (!/^[\w.-]{1,32}$/.test(name)) {
        throw new MigrationError(
          'INVALID_ARGUMENT',
          `"${name}" is no name for a disk: use up to 32 letters, digits, - _ .`,
        );
      }
      if (!Number.isSafeInteger(size) || size <= 0 || size % 4096 !== 0) {
        throw new MigrationError(
          'INVALID_ARGUMENT',
          `${name} has ${size} bytes: give a positive multiple of 4096.`,
        );
      }
    }
    for (const { name, size } of disks) {
      const path = join(this.#directory, `${name}.raw`);
      await using file = await open(path, 'wx');
      await file.truncate(size);
      if (oldBytes) {
        const old = Buffer.alloc(1024 * 1024, 0xa5);
        for (let at = 0; at < size; at += old.length)
          await file.write(old, 0, Math.min(old.length, size - at), at);
      }
      this.#disks.set(name, { name, size, path });
    }
  }

  diskPath(name: string): string {
    return this.disk(name).path;
  }

  async disks(): Promise<SourceDisk[]> {
    return Promise.all(
      [...this.#disks.values()].map(async ({ name, size, path }) => ({
        id: name,
        disk: name,
        names: [name],
        size,
        readOnly: false,
        shareable: false,
        empty: false,
        allocatedBytes: (await stat(path)).blocks * 512,
      })),
    );
  }

  async problems(): Promise<Problem[]> {
    if (this.#closed === undefined && !this.occupied) return [];
    const state = this.occupied ? 'runs a domain already' : 'is closed';
    return [{ code: 'DESTINATION_NOT_WAITING', message: `The host ${this.name} ${state}.` }];
  }

  /** Opens the exports that `guest` is to run on. */
  async attach(guest: Tenant): Promise<void> {
    this.#guest = guest;
    for (const disk of this.#disks.values()) {
      const server = await this.serveDisk(disk.name, 'guest');
      try {
        const bitmap = server.bitmaps.get(BITMAP);
        if (bitmap === undefined)
          throw new MigrationError('INTERNAL', `The export of ${disk.name} has no bitmap.`);
        disk.attached = { server, handle: await connect(server.uri), bitmap };
      } catch (error) {
        await server.close();
        throw error;
      }
    }
  }

  /** The guest's ways to its disks; `names` says what it calls those that it does not call by their name here. */
  handles(names: ReadonlyMap<string, string> = new Map()): Map<string, NbdHandle> {
    const handles = new Map<string, NbdHandle>();
    // Those last: one may go by the name of another disk here.
    const disks = [...this.#disks.values()].sort(
      (a, b) => Number(names.has(a.name)) - Number(names.has(b.name)),
    );
    for (const { name, attached } of disks) {
      if (attached !== undefined) handles.set(names.get(name) ?? name, attached.handle);
    }
    return handles;
  }

  /** Closes the exports that a guest ran on. */
  async detach(): Promise<void> {
    this.#guest = undefined;
    for (const disk of this.#disks.values()) {
      const { attached } = disk;
      delete disk.attached;
      await attached?.handle.close();
      await attached?.server.close();
    }
  }

  /** Serves a disk on a socket of its own; the caller closes it. */
  serveDisk(name: string, purpose: string): Promise<NbdServer> {
    const { path } = this.disk(name);
    const socket = encodeURIComponent(join(this.#directory, `${name}.${purpose}`));
    return serve({
      file: path,
      listen: `nbd+unix:///?socket=${socket}`,
      exportName: name,
      bitmaps: [{ name: BITMAP }],
    });
  }

  disk(name: string): HostedDisk {
    const disk = this.#disks.get(name);
    if (disk === undefined) {
      throw new MigrationError('DISK_NOT_FOUND', `The host ${this.name} has no disk ${name}.`, {
        disk: name,
      });
    }
    return disk;
  }

  /** Stops the guest that runs here, and removes the disks. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    try {
      await this.#guest?.stop();
      await this.detach();
      this.#disks.clear();
    } finally {
      await rm(this.#directory, { recursive: true, force: true });
    }
  }
}

const BITMAP = 'blockferry';
