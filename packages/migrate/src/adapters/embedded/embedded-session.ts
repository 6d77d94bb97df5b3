import type { DirtyBitmap, DirtyMap, NbdServer } from '@blockferry/nbd';
import { MigrationError } from '../../error.js';
import type { Arrival, DiskPair, EndpointPair, Session, SessionOptions } from '../../ports.js';
import type { Attachment, EmbeddedMachine } from './embedded-host.js';
import type { Guest } from './guest.js';

/** Moves the guest from one embedded machine to another. */
export class EmbeddedSession implements Session {
  /** Both machines are in this process. */
  readonly roundTripMs = 0;
  readonly #source: EmbeddedMachine;
  readonly #destination: EmbeddedMachine;
  readonly #guest: Guest;
  /** What the guest calls a disk, by the source's name for it, where they differ. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #disks: readonly DiskPair[];
  readonly #undo: SessionOptions['undo'];
  readonly #onMoved: (host: EmbeddedMachine, names: ReadonlyMap<string, string>) => void;
  #servers: NbdServer[] = [];
  #stop: Promise<number> | undefined;

  constructor(
    source: EmbeddedMachine,
    destination: EmbeddedMachine,
    guest: Guest,
    names: ReadonlyMap<string, string>,
    options: SessionOptions,
    onMoved: (host: EmbeddedMachine, names: ReadonlyMap<string, string>) => void,
  ) {
    this.#source = source;
    this.#destination = destination;
    this.#guest = guest;
    this.#names = names;
    this.#disks = options.disks;
    this.#undo = options.undo;
    this.#onMoved = onMoved;
  }

  async prepare(): Promise<ReadonlyMap<string, EndpointPair>> {
    // Marks of earlier writes are of no use; from here on nothing is missed.
    for (const map of this.#maps().values()) map.rotate();
    this.#undo("close the destination's exports", () => this.sealDestination());
    const endpoints = new Map<string, EndpointPair>();
    for (const { disk, source, destination } of this.#disks) {
      const server = await this.#destination.serveDisk(destination.disk, 'copy');
      this.#servers.push(server);
      endpoints.set(disk, { source: this.#attached(source.id).server.uri, destination: server.uri });
    }
    return endpoints;
  }

  async rotate(): Promise<Map<string, DirtyMap>> {
    return this.#maps();
  }

  async release(): Promise<void> {}

  async startState(): Promise<void> {
    this.#undo('let the guest run on', async () => {
      await this.#stop;
      this.#guest.release();
    });
    // What the guest's memory holds is in this process: nothing to stream, the guest just stands still.
    this.#stop = this.#guest.hold().then(() => performance.now());
  }

  async stateLeftMs(): Promise<number> {
    return 0;
  }

  stopped(): Promise<number> {
    return this.#stop ?? Promise.reject(new MigrationError('INTERNAL', 'The guest was not asked to stop.'));
  }

  async freeze(): Promise<Map<string, DirtyMap>> {
    return this.#maps();
  }

  async checkSource(): Promise<void> {}

  async sealDestination(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => server.close()));
  }

  async explain(failure: unknown): Promise<unknown> {
    return failure;
  }

  async handOver(): Promise<Arrival> {
    try {
      const names = this.#destinationNames();
      await this.#destination.attach(this.#guest);
      this.#guest.place(this.#destination.handles(names));
      this.#onMoved(this.#destination, names);
    } catch (cause) {
      await this.#destination.detach();
      const message = 'The destination could not open its disks; the guest is on the source.';
      throw new MigrationError('STREAM_FAILED', message, { side: 'destination', cause });
    }
    const arrivedAt = performance.now();
    this.#guest.release();
    return { arrivedAt, resumedAt: performance.now() };
  }

  cleanUp(): Promise<void> {
    return this.#source.detach();
  }

  #maps(): Map<string, DirtyBitmap> {
    return new Map(this.#disks.map(({ disk, source }) => [disk, this.#attached(source.id).bitmap]));
  }

  /** What the guest calls a disk, by the destination's name for it. */
  #destinationNames(): Map<string, string> {
    return new Map(
      this.#disks.map(({ source: { id }, destination }) => [destination.disk, this.#names.get(id) ?? id]),
    );
  }

  #attached(id: string): Attachment {
    const { attached } = this.#source.disk(id);
    if (attached === undefined)
      throw new MigrationError('SOURCE_CHANGED', `The disk ${id} is not open any more.`, { disk: id });
    return attached;
  }
}
