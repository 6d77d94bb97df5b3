import type { DirtyMap } from '@blockferry/nbd';
import type { QmpClient } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { Side } from '../../error-code.js';
import type { Arrival, DiskPair, EndpointPair, Session, SessionOptions } from '../../ports.js';
import { DirtyTracking } from './dirty-tracking.js';
import type { QemuDisk } from './disks.js';
import { GuestWatch } from './guest-watch.js';
import { ListenerAddresses } from './listener-addresses.js';
import type { Monitor } from './monitor.js';
import { QemuNbdServer } from './nbd-server.js';
import { PortReservation } from './port-reservation.js';
import { measureRoundTrip } from './round-trip.js';
import { SourceGuard } from './source-guard.js';
import { StateStream } from './state-stream.js';
import { TlsObjects, tlsName } from './tls-objects.js';

export interface QemuEnd {
  readonly qmp: QmpClient;
  readonly monitor: Monitor;
}

/** A disk that moves, with the QEMU nodes on both sides. */
export type QemuPair = DiskPair & { readonly source: QemuDisk; readonly destination: QemuDisk };

/**
 * Moves a guest between two QEMU processes: dirty bitmaps and read-only exports on the source, writable exports on
 * the destination, QEMU's state stream beside them.
 */
export class QemuSession implements Session {
  readonly #options: SessionOptions;
  readonly #source: QemuEnd;
  readonly #destination: QemuEnd;
  readonly #pairs: readonly QemuPair[];
  readonly #sourceTls: TlsObjects;
  readonly #destinationTls: TlsObjects;
  readonly #sourceServer: QemuNbdServer;
  readonly #destinationServer: QemuNbdServer;
  readonly #tracking: DirtyTracking;
  readonly #guard: SourceGuard;
  readonly #guest: GuestWatch;
  readonly #stream: StateStream;
  readonly #prefix: string;
  readonly #addresses: ListenerAddresses;
  #statePort: PortReservation | undefined;
  #roundTripMs = 0;
  /** The generation that is being copied, until `release`. */
  #copied: string | undefined;
  #checked: Promise<void> = Promise.resolve();

  constructor(source: QemuEnd, destination: QemuEnd, pairs: readonly QemuPair[], options: SessionOptions) {
    this.#options = options;
    this.#source = source;
    this.#destination = destination;
    this.#pairs = pairs;
    this.#prefix = `blockferry-${options.id}`;
    this.#addresses = new ListenerAddresses(source.monitor, destination.monitor, options.addresses);
    const { tls } = options.addresses;
    this.#sourceTls = new TlsObjects(source.qmp, 'source', this.#prefix, tls);
    this.#destinationTls = new TlsObjects(destination.qmp, 'destination', this.#prefix, tls);
    // The name that is given is the destination's.
    this.#sourceServer = new QemuNbdServer(
      source.qmp,
      'source',
      tls && { directory: tls.directory, credentials: this.#sourceTls.id('server') },
    );
    this.#destinationServer = new QemuNbdServer(
      destination.qmp,
      'destination',
      tls && { ...tls, credentials: this.#destinationTls.id('server') },
    );
    this.#tracking = new DirtyTracking(
      source.qmp,
      pairs.map((pair) => pair.source),
      this.#prefix,
    );
    this.#guard = new SourceGuard(source.qmp, pairs);
    this.#guest = new GuestWatch(source.qmp, options);
    this.#stream = new StateStream({
      source: source.qmp,
      destination: destination.qmp,
      guest: this.#guest,
      maxDowntimeMs: options.maxDowntimeMs,
      tls: tls && {
        source: this.#sourceTls.id('client'),
        destination: this.#destinationTls.id('server'),
        name: tlsName(this.#addresses.state.reach, tls.hostname),
      },
      handOverTimeoutMs: options.handOverTimeoutMs,
      fail: options.fail,
    });
  }

  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  async prepare(): Promise<ReadonlyMap<string, EndpointPair>> {
    const { undo, addresses } = this.#options;
    this.#watch(this.#source.qmp, 'source');
    this.#watch(this.#destination.qmp, 'destination');
    undo('stop watching the guest', async () => this.#guest.end(), 'here');
    [this.#roundTripMs] = await Promise.all([measureRoundTrip(this.#destination.qmp), this.#guest.begin()]);
    await this.#addresses.prepare();
    undo('remove the sockets', () => this.#addresses.remove(), 'here');
    undo('remove the TLS credentials', () => this.#removeTls());
    await this.#sourceTls.add('server', 'client');
    await this.#destinationTls.add('server');
    const endpoints = new Map<string, EndpointPair>();
    if (this.#pairs.length > 0) {
      // The servers come first: one that is busy is found before anything was changed.
      undo("stop the source's NBD server", () => this.#sourceServer.stop());
      await this.#sourceServer.start(this.#addresses.sourceNbd, addresses.portRange);
      undo("stop the destination's NBD server", () => this.#destinationServer.stop());
      await this.#destinationServer.start(this.#addresses.destinationNbd, addresses.portRange);
    }
    const port = new PortReservation(this.#destination.qmp, `${this.#prefix}-state`, this.#addresses.state);
    this.#statePort = port;
    undo("let go of the state stream's port", async () => void (await port.release()));
    await port.take(addresses.portRange);
    undo('put the migration capabilities back', () => this.#stream.restoreSettings());
    await this.#stream.configure();
    undo('remove the dirty bitmaps', () => this.#removeTracking());
    await this.#tracking.start();
    undo('stop watching the disks', async () => this.#guard.unwatch(), 'here');
    this.#guard.watch(() => ({ name: this.#tracking.recording, recording: true }), this.#options.fail);
    await Promise.all(
      this.#pairs.map(async ({ disk, source, destination }, index) => {
        const [from, to] = await Promise.all([
          this.#sourceServer.add(`${this.#prefix}-source-${index}`, source.node, { writable: false }),
          this.#destinationServer.add(`${this.#prefix}-destination-${index}`, destination.node, {
            writable: true,
          }),
        ]);
        endpoints.set(disk, { source: from, destination: to });
      }),
    );
    return endpoints;
  }

  async rotate(next: 'coarse' | 'fine'): Promise<Map<string, DirtyMap>> {
    const ended = await this.#tracking.rotate(next);
    this.#copied = ended;
    return this.#export(ended);
  }

  async release(): Promise<void> {
    const name = this.#copied;
    if (name === undefined) return;
    this.#copied = undefined;
    await this.#sourceServer.remove(this.#pairs.map((_, index) => mapExport(name, index)));
    await this.#tracking.remove(name);
  }

  async startState(): Promise<void> {
    if (this.#statePort === undefined) throw new MigrationError('INTERNAL', 'The session is not prepared.');
    this.#options.undo('cancel the state stream', () => this.#stream.cancel());
    await this.#stream.start(await this.#statePort.release());
  }

  stateLeftMs(): Promise<number> {
    return this.#stream.leftMs();
  }

  stopped(signal: AbortSignal): Promise<number> {
    return this.#stream.stopped(signal);
  }

  async freeze(): Promise<Map<string, DirtyMap>> {
    this.#guard.unwatch();
    // One after the other without waiting: every round trip here is downtime. The look at the source comes last, for
    // it takes QEMU longest, and its answer is needed only before the hand-over.
    const frozen = this.#tracking.freeze();
    const exported = this.#export(this.#tracking.recording);
    this.#checked = this.#guard.check({ name: this.#tracking.recording, recording: false });
    this.#checked.catch(() => undefined);
    const [, maps] = await Promise.all([frozen, exported]);
    return maps;
  }

  checkSource(): Promise<void> {
    return this.#checked;
  }

  sealDestination(): Promise<void> {
    return this.#destinationServer.stop();
  }

  explain(failure: unknown): Promise<unknown> {
    return this.#guard.explain(failure);
  }

  handOver(): Promise<Arrival> {
    return this.#stream.handOver();
  }

  async cleanUp(): Promise<void> {
    this.#guest.end();
    const steps: readonly [string, () => Promise<void>][] = [
      ["stop the source's NBD server", () => this.#sourceServer.stop()],
      ['remove the dirty bitmaps', () => this.#tracking.removeAll()],
      ['put the migration capabilities back', () => this.#stream.restoreSettings()],
      ['remove the TLS credentials', () => this.#removeTls()],
      ['remove the sockets', () => this.#addresses.remove()],
    ];
    // The guest runs on the destination: what fails here is told, and changes that no more.
    for (const [what, step] of steps) {
      await step().catch((error: Error) =>
        this.#options.log('warning', `Could not ${what}: ${error.message}`),
      );
    }
  }

  /** An export of each disk that serves the ended generation as its map. */
  async #export(name: string): Promise<Map<string, DirtyMap>> {
    const maps = await Promise.all(
      this.#pairs.map(async ({ disk, source }, index): Promise<[string, DirtyMap]> => {
        const uri = await this.#sourceServer.add(mapExport(name, index), source.node, {
          writable: false,
          bitmap: name,
        });
        return [disk, { uri, context: `qemu:dirty-bitmap:${name}` }];
      }),
    );
    return new Map(maps);
  }

  /** Exports hold their bitmaps: they go first. */
  async #removeTracking(): Promise<void> {
    await this.#sourceServer.stop();
    await this.#tracking.removeAll();
  }

  async #removeTls(): Promise<void> {
    await Promise.all([this.#sourceTls.remove(), this.#destinationTls.remove()]);
  }

  #watch(qmp: QmpClient, side: Side): void {
    void qmp.closed.then((reason) => {
      const message = `The ${side}'s monitor is gone: its QEMU has ended, or something between closed the connection.`;
      this.#options.fail(new MigrationError('QMP_CLOSED', message, { side, cause: reason }));
    });
  }
}

function mapExport(bitmap: string, index: number): string {
  return `${bitmap}-map-${index}`;
}
