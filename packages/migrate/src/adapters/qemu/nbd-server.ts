import { isEvent, type QmpClient, QmpError } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { Side } from '../../error-code.js';
import type { StreamTls } from '../../ports.js';
import type { Problem } from '../../problem.js';
import { exportUri, serverAddress } from './address.js';
import { type Listener, listenOn } from './listener.js';
import { tlsName } from './tls-objects.js';

/** With it, a server speaks to nobody in plain text. */
export interface ServerTls extends StreamTls {
  /** The id of the QEMU's own credentials object. */
  readonly credentials: string;
}

/** A QEMU's NBD server. It has one at most: one that runs already is somebody else's and stays as it is. */
export class QemuNbdServer {
  readonly #qmp: QmpClient;
  readonly #side: Side;
  readonly #tls: ServerTls | undefined;
  #listener: Listener | undefined;

  constructor(qmp: QmpClient, side: Side, tls?: ServerTls) {
    this.#qmp = qmp;
    this.#side = side;
    this.#tls = tls;
  }

  /** Starts it; on TCP without a port on the first free one of the range. */
  async start(listener: Listener, portRange: readonly [number, number]): Promise<void> {
    const side = this.#side;
    const role = { side, what: 'NBD server', option: `--${side}-nbd`, code: 'NBD_CONNECT' } as const;
    this.#listener = await listenOn(listener, portRange, role, async (address) => {
      try {
        const tls = this.#tls === undefined ? {} : { 'tls-creds': this.#tls.credentials };
        await this.#qmp.execute('nbd-server-start', { addr: serverAddress(address), ...tls });
      } catch (error) {
        if (isBusy(error)) throw busy(side, error);
        throw error;
      }
    });
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
    if (this.#listener === undefined) throw new MigrationError('INTERNAL', 'The NBD server does not run.');
    const { reach } = this.#listener;
    const { directory, hostname } = this.#tls ?? {};
    const tls = directory === undefined ? undefined : { directory, name: tlsName(reach, hostname) };
    return exportUri(reach, id, tls);
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
    if (this.#listener === undefined) return;
    this.#listener = undefined;
    await this.#qmp.execute('nbd-server-stop');
  }
}

/** Whether a server runs already. QEMU has no query for that, and of one without exports nothing else shows. */
export async function serverProblems(qmp: QmpClient, side: Side): Promise<Problem[]> {
  try {
    // It says first whether one runs, then that no socket can have this path: nothing is ever started.
    await qmp.execute('nbd-server-start', { addr: { type: 'unix', data: { path: IMPOSSIBLE_PATH } } });
  } catch (error) {
    if (!QmpError.is(error) || error.code !== 'QMP_COMMAND') throw error;
    if (isBusy(error)) return [{ code: 'NBD_SERVER_BUSY', message: busyMessage(side) }];
  }
  return [];
}

function isBusy(error: unknown): boolean {
  return QmpError.is(error) && /already running/.test(error.description ?? '');
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

/** Longer than a socket's path may be anywhere. */
const IMPOSSIBLE_PATH = `/${'-'.repeat(200)}`;
