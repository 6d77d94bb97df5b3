import { isEvent, type QmpClient, QmpError } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { Side } from '../../error-code.js';
import type { Problem } from '../../problem.js';
import { type Address, exportUri, hasPort, isPortTaken, listenCandidates, serverAddress } from './address.js';

/** A QEMU's NBD server. It has one at most: one that runs already is somebody else's and stays as it is. */
export class QemuNbdServer {
  readonly #qmp: QmpClient;
  readonly #side: Side;
  #address: Address | undefined;

  constructor(qmp: QmpClient, side: Side) {
    this.#qmp = qmp;
    this.#side = side;
  }

  /** Starts it; on TCP without a port on the first free one of the range. */
  async start(address: Address, portRange: readonly [number, number]): Promise<void> {
    for (const candidate of listenCandidates(address, portRange)) {
      try {
        await this.#qmp.execute('nbd-server-start', { addr: serverAddress(candidate) });
        this.#address = candidate;
        return;
      } catch (error) {
        if (QmpError.is(error) && /already running/.test(error.description ?? ''))
          throw busy(this.#side, error);
        if (!isPortTaken(error) || hasPort(address)) throw error;
      }
    }
    throw new MigrationError(
      'NBD_CONNECT',
      `All ports from ${portRange[0]} to ${portRange[1]} are in use for the ${this.#side}'s NBD server: give another --port-range.`,
      { side: this.#side },
    );
  }

  /** Adds an export of `node`; resolves with the URI to connect to. */
  async add(
    id: string,
    node: string,
    options: { readonly writable: boolean; readonly bitmap?: string },
  ): Promise<string> {
    const bitmaps = options.bitmap === undefined ? {} : { bitmaps: [options.bitmap] };
    const uri = this.uri(id);
    await this.#qmp.execute('block-export-add', {
      type: 'nbd',
      id,
      'node-name': node,
      name: id,
      writable: options.writable,
      ...bitmaps,
    });
    return uri;
  }

  uri(id: string): string {
    if (this.#address === undefined) throw new MigrationError('INTERNAL', 'The NBD server does not run.');
    return exportUri(this.#address, id);
  }

  /** Removes exports, clients or not, and resolves when QEMU has let go of their nodes and bitmaps. */
  async remove(ids: readonly string[]): Promise<void> {
    const gone = ids.map((id) =>
      this.#qmp.waitForEvent((event) => isEvent(event, 'BLOCK_EXPORT_DELETED') && event.data.id === id),
    );
    await Promise.all(ids.map((id) => this.#qmp.execute('block-export-del', { id, mode: 'hard' })));
    await Promise.all(gone);
  }

  /** Stops the server and with it all its exports, if it is ours. A second call does nothing. */
  async stop(): Promise<void> {
    if (this.#address === undefined) return;
    this.#address = undefined;
    await this.#qmp.execute('nbd-server-stop');
  }
}

/**
 * A server that runs already, as far as it shows: one without exports is found only when ours is started.
 */
export async function serverProblems(qmp: QmpClient, side: Side): Promise<Problem[]> {
  const exports = await qmp.execute('query-block-exports');
  if (!exports.some(({ type }) => type === 'nbd')) return [];
  return [{ code: 'NBD_SERVER_BUSY', message: busyMessage(side) }];
}

function busy(side: Side, cause: unknown): MigrationError {
  return new MigrationError('NBD_SERVER_BUSY', busyMessage(side), { side, cause });
}

function busyMessage(side: Side): string {
  return (
    `The ${side}'s QEMU runs an NBD server already, and it can run but one: ` +
    'stop it (nbd-server-stop) when it is not needed.'
  );
}
