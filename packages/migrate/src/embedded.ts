import { EmbeddedDomainConnection } from './adapters/embedded/embedded-domain.js';
import { type EmbeddedDisk, EmbeddedMachine } from './adapters/embedded/embedded-host.js';
import { Guest, type GuestVerification } from './adapters/embedded/guest.js';
import { ConnectedDomain } from './connected-domain.js';
import type { Domain, Host } from './domain.js';
import { MigrationError } from './error.js';

export type { EmbeddedDisk, GuestVerification };

/** A domain to make on an embedded host. */
export interface EmbeddedDomainOptions {
  readonly name: string;
  readonly disks: readonly EmbeddedDisk[];
  /** Bytes per second that the guest writes, all disks together. @default 0 */
  readonly writeRate?: number;
  /** Makes the guest's writes repeatable. @default 1 */
  readonly seed?: number;
}

/** The guest of an embedded domain: a workload whose contents can be verified. */
export interface EmbeddedGuest {
  readonly running: boolean;
  /** The name of the host that it is on. */
  readonly host: string;
  /** Since it was made, zeroes included. */
  readonly bytesWritten: number;
  /** Compares every block of a disk with what the guest's memory knows; it stands still meanwhile. */
  verify(disk: string): Promise<GuestVerification>;
  /** Ends its writing; what it had under way is answered first. */
  stop(): Promise<void>;
  /** Lets it write again. */
  start(): Promise<void>;
}

/** A domain on an embedded host, and its guest. */
export interface EmbeddedDomain extends Domain {
  readonly guest: EmbeddedGuest;
}

/** A host without a hypervisor, in this process: for trying things out, for tests, for benchmarks. */
export interface EmbeddedHost extends Host {
  /** A domain that runs here. Its guest fills half of every disk, then writes and zeroes. */
  createDomain(options: EmbeddedDomainOptions): Promise<EmbeddedDomain>;
  /** Makes disks that wait for a domain; `oldBytes` fills them with bytes that are none of the guest's. */
  awaitDomain(options: {
    readonly disks: readonly EmbeddedDisk[];
    readonly oldBytes?: boolean;
  }): Promise<void>;
  /** The file behind a disk. */
  diskPath(name: string): string;
}

/** Makes an embedded host; `close()` removes its disks. */
export async function createEmbeddedHost(options: { readonly name?: string } = {}): Promise<EmbeddedHost> {
  return new HostFacade(await EmbeddedMachine.create(options.name ?? 'host'));
}

class HostFacade implements EmbeddedHost {
  readonly port: EmbeddedMachine;

  constructor(machine: EmbeddedMachine) {
    this.port = machine;
  }

  get uri(): string {
    return this.port.uri;
  }

  async createDomain({
    name,
    disks,
    writeRate = 0,
    seed = 1,
  }: EmbeddedDomainOptions): Promise<EmbeddedDomain> {
    if (this.port.occupied)
      throw new MigrationError('INVALID_ARGUMENT', `${this.uri} runs a domain already.`);
    await this.port.addDisks(disks);
    const workload = disks.map(({ name, size, idle = false }) => ({ name, size, idle }));
    const guest = new Guest(workload, writeRate, seed, (error) => process.emitWarning(error));
    await this.port.attach(guest);
    guest.place(this.port.handles());
    await guest.fill();
    const connection = new EmbeddedDomainConnection(name, this.port, guest);
    connection.start();
    return new DomainFacade(connection, guest);
  }

  awaitDomain(options: {
    readonly disks: readonly EmbeddedDisk[];
    readonly oldBytes?: boolean;
  }): Promise<void> {
    return this.port.addDisks(options.disks, options.oldBytes);
  }

  diskPath(name: string): string {
    return this.port.diskPath(name);
  }

  close(): Promise<void> {
    return this.port.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

class DomainFacade extends ConnectedDomain implements EmbeddedDomain {
  readonly guest: EmbeddedGuest;

  constructor(connection: EmbeddedDomainConnection, guest: Guest) {
    super(connection);
    this.guest = {
      get running() {
        return guest.running;
      },
      get host() {
        return connection.host;
      },
      get bytesWritten() {
        return guest.bytesWritten;
      },
      verify: (disk) => connection.verify(disk),
      stop: () => connection.stop(),
      start: async () => connection.start(),
    };
  }
}
