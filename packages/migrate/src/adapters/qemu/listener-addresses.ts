import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MigrationError } from '../../error.js';
import type { Addresses } from '../../ports.js';
import {
  type Address,
  isWildcard,
  localHost,
  MAX_SOCKET_PATH,
  parseListenHost,
  parseNbdAddress,
  parseStateAddress,
} from './address.js';
import type { Listener } from './listener.js';
import type { Monitor } from './monitor.js';

/**
 * Where the two NBD servers and the state stream listen. Without an option: a socket in a private temporary
 * folder where the monitors are unix sockets, else the host of the monitor's URI and a port of the range.
 */
export class ListenerAddresses {
  readonly sourceNbd: Listener;
  readonly destinationNbd: Listener;
  readonly state: Listener;
  readonly #folder: string;
  #needsFolder = false;

  /**
   * Only chooses: the folder is made by `prepare`.
   *
   * @throws {MigrationError} `INVALID_ARGUMENT` for an address that cannot be, or that nothing tells.
   */
  constructor(source: Monitor, destination: Monitor, given: Addresses) {
    this.#folder = join(tmpdir(), `blockferry-${randomBytes(4).toString('hex')}`);
    this.sourceNbd = this.#sourceNbd(source, given);
    this.destinationNbd = this.#destinationNbd(destination, given);
    this.state = this.#state(source, destination, given);
  }

  /** Makes the temporary folder, if anything is to listen in it. */
  async prepare(): Promise<void> {
    if (this.#needsFolder) await mkdir(this.#folder, { mode: 0o700 });
  }

  /** Removes the temporary folder with what is left in it. */
  async remove(): Promise<void> {
    if (this.#needsFolder) await rm(this.#folder, { recursive: true, force: true });
  }

  #sourceNbd(monitor: Monitor, { sourceNbd }: Addresses): Listener {
    if (sourceNbd !== undefined) return reachable(parseNbdAddress('--source-nbd', sourceNbd), monitor);
    return monitor.type === 'tcp'
      ? reachable(anyPort(monitor.host), monitor)
      : this.#socket('--source-nbd', 'source-nbd');
  }

  #destinationNbd(monitor: Monitor, given: Addresses): Listener {
    const host = listenHost(given);
    if (given.destinationNbd !== undefined) {
      return reachable(parseNbdAddress('--destination-nbd', given.destinationNbd), monitor, host);
    }
    const defaultHost = host ?? (monitor.type === 'tcp' ? monitor.host : undefined);
    if (defaultHost !== undefined) {
      return reachable({ type: 'tcp', host: defaultHost, port: given.disksPort }, monitor, host);
    }
    if (given.disksPort !== undefined) {
      throw noHost('disks_port needs a host', '--destination-nbd nbd://HOST:PORT');
    }
    return this.#socket('--destination-nbd', 'destination-nbd');
  }

  #state(source: Monitor, destination: Monitor, given: Addresses): Listener {
    const host = listenHost(given);
    const defaultHost = host ?? (destination.type === 'tcp' ? destination.host : undefined);
    if (given.stateUri === undefined && defaultHost === undefined && source.type === 'unix') {
      return this.#socket('--state-uri', 'state');
    }
    const address =
      given.stateUri !== undefined
        ? parseStateAddress('--state-uri', given.stateUri)
        : defaultHost === undefined
          ? undefined
          : anyPort(defaultHost);
    // The source's QEMU connects, and where that monitor is not a socket of this machine, the source is elsewhere.
    const unknown = destination.type === 'unix' && source.type === 'tcp';
    if (address === undefined || (unknown && address.type === 'tcp' && isWildcard(address.host))) {
      throw noHost('the source is elsewhere', '--state-uri tcp://HOST:PORT');
    }
    return reachable(address, destination, host);
  }

  #socket(option: string, name: string): Listener {
    const path = join(this.#folder, name);
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
      throw new MigrationError(
        'INVALID_ARGUMENT',
        `${path} is too long for a socket (${MAX_SOCKET_PATH} bytes): set TMPDIR to a shorter folder, or give ${option}.`,
      );
    }
    this.#needsFolder = true;
    const address: Address = { type: 'unix', path };
    return { listen: address, reach: address };
  }
}

/**
 * What listens on `address`, or on another of its host's addresses, `listenHost`. Nobody can connect to a wildcard: it is
 * reached where the monitor is.
 */
function reachable(address: Address, monitor: Monitor, listenHost?: string): Listener {
  if (address.type === 'unix') return { listen: address, reach: address };
  const listen = { ...address, host: listenHost ?? address.host };
  if (!isWildcard(address.host)) return { listen, reach: address };
  const host = monitor.type === 'tcp' ? monitor.host : localHost(address.host);
  return { listen, reach: { ...address, host } };
}

function anyPort(host: string): Address {
  return { type: 'tcp', host, port: undefined };
}

function listenHost({ listenAddress }: Addresses): string | undefined {
  return listenAddress === undefined ? undefined : parseListenHost(listenAddress);
}

function noHost(why: string, remedy: string): MigrationError {
  return new MigrationError(
    'INVALID_ARGUMENT',
    `No host follows from the destination's unix monitor, and ${why}: give ${remedy}.`,
  );
}
