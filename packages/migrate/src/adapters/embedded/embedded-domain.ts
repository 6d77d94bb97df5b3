import type { DomainConnection } from '../../domain.js';
import { MigrationError } from '../../error.js';
import type { Addresses, HostPort, Session, SessionOptions, SourceDisk, SourcePort } from '../../ports.js';
import type { Problem } from '../../problem.js';
import { EmbeddedMachine } from './embedded-host.js';
import { EmbeddedSession } from './embedded-session.js';
import type { Guest, GuestVerification } from './guest.js';

/** A domain on an embedded machine: its guest, and where that runs. */
export class EmbeddedDomainConnection implements DomainConnection, SourcePort {
  readonly strategy = 'engine';
  readonly adapter = 'embedded';
  readonly name: string;
  readonly uuid: string | undefined = undefined;
  readonly #guest: Guest;
  #machine: EmbeddedMachine;
  /** What the guest calls a disk, by the machine's name for it, where they differ. */
  #names: ReadonlyMap<string, string> = new Map();

  constructor(name: string, machine: EmbeddedMachine, guest: Guest) {
    this.name = name;
    this.#machine = machine;
    this.#guest = guest;
  }

  get uri(): string {
    return `${this.#machine.uri}/${this.name}`;
  }

  get port(): this {
    return this;
  }

  /** The name of the machine that it is on. */
  get host(): string {
    return this.#machine.name;
  }

  disks(): Promise<SourceDisk[]> {
    return this.#machine.disks();
  }

  async problems(): Promise<Problem[]> {
    return this.#machine.occupied
      ? []
      : [{ code: 'SOURCE_NOT_READY', message: `The domain ${this.name} is closed.` }];
  }

  checkAddresses(_host: HostPort, { tls }: Addresses): void {
    // The exports of an embedded host are on sockets of its own, and nothing of it leaves the process.
    if (tls === undefined) return;
    throw new MigrationError(
      'INVALID_ARGUMENT',
      'An embedded domain does not leave its process, so there is nothing for TLS to protect: leave it out.',
    );
  }

  open(host: HostPort, options: SessionOptions): Session {
    if (!(host instanceof EmbeddedMachine)) {
      throw new MigrationError(
        'INVALID_ARGUMENT',
        'An embedded domain moves to an embedded host: see createEmbeddedHost.',
      );
    }
    return new EmbeddedSession(this.#machine, host, this.#guest, this.#names, options, (machine, names) => {
      this.#machine = machine;
      this.#names = names;
    });
  }

  start(): void {
    if (!this.#machine.occupied) {
      throw new MigrationError('CLOSED', `The domain ${this.name} is closed: create another one.`);
    }
    this.#guest.start();
  }

  stop(): Promise<void> {
    return this.#guest.stop();
  }

  verify(disk: string): Promise<GuestVerification> {
    return this.#guest.verify(disk);
  }

  async close(): Promise<void> {
    await this.#guest.stop();
    await this.#machine.detach();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
