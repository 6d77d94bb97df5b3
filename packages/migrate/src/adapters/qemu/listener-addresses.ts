import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MigrationError } from '../../error.js';
import type { Addresses } from '../../ports.js';
import { type Address, MAX_SOCKET_PATH, parseNbdAddress, parseStateAddress } from './address.js';
import type { Monitor } from './monitor.js';

/**
 * Where the two NBD servers and the state stream listen. Without an option: a socket in a private temporary
 * folder where the monitors are unix sockets, else the host of the monitor's URI and a port of the range.
 */
export class ListenerAddresses {
  readonly sourceNbd: Address;
  readonly destinationNbd: Address;
  readonly state: Address;
  readonly #folder: string | undefined;

  static async choose(source: Monitor, destination: Monitor, given: Addresses): Promise<ListenerAddresses> {
    // What was given is read first: a mistake there must leave no folder behind.
    const bothUnix = source.type === 'unix' && destination.type === 'unix';
    const parsed = {
      sourceNbd: given.sourceNbd === undefined ? undefined : parseNbdAddress('--source-nbd', given.sourceNbd),
      destinationNbd: destinationNbd(destination, given),
      state: stateAddress(bothUnix, given),
    };
    const folderNeeded =
      (parsed.sourceNbd === undefined && source.type === 'unix') ||
      (parsed.destinationNbd === undefined && destination.type === 'unix') ||
      (parsed.state === undefined && bothUnix);
    const folder = folderNeeded ? await mkdtemp(join(tmpdir(), 'blockferry-')) : undefined;
    try {
      return new ListenerAddresses(
        parsed.sourceNbd ?? fallback('--source-nbd', source, folder, 'source-nbd'),
        parsed.destinationNbd ?? fallback('--destination-nbd', destination, folder, 'destination-nbd'),
        parsed.state ??
          fallback(
            '--state-uri',
            bothUnix || destination.type === 'tcp' ? destination : undefined,
            folder,
            'state',
          ),
        folder,
      );
    } catch (error) {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    sourceNbd: Address,
    destinationNbd: Address,
    state: Address,
    folder: string | undefined,
  ) {
    this.sourceNbd = sourceNbd;
    this.destinationNbd = destinationNbd;
    this.state = state;
    this.#folder = folder;
  }

  /** Removes the temporary folder with what is left in it. */
  async remove(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}

function destinationNbd(monitor: Monitor, given: Addresses): Address | undefined {
  if (given.destinationNbd !== undefined) return parseNbdAddress('--destination-nbd', given.destinationNbd);
  if (given.disksPort === undefined && given.listenAddress === undefined) return undefined;
  const host = listenHost(given) ?? (monitor.type === 'tcp' ? monitor.host : undefined);
  if (host === undefined) {
    throw new MigrationError(
      'INVALID_ARGUMENT',
      'disks_port needs a host, and the destination has a unix monitor: give --destination-nbd nbd://HOST:PORT.',
    );
  }
  return { type: 'tcp', host, port: given.disksPort };
}

function stateAddress(bothUnix: boolean, given: Addresses): Address | undefined {
  if (given.stateUri !== undefined) return parseStateAddress('--state-uri', given.stateUri);
  const host = listenHost(given);
  return host === undefined || bothUnix ? undefined : { type: 'tcp', host, port: undefined };
}

/** What `listen_address` names; an IPv6 address may stand in brackets. */
function listenHost({ listenAddress }: Addresses): string | undefined {
  return listenAddress?.replace(/^\[(.*)\]$/, '$1');
}

function fallback(
  option: string,
  monitor: Monitor | undefined,
  folder: string | undefined,
  name: string,
): Address {
  if (monitor?.type === 'tcp') return { type: 'tcp', host: monitor.host, port: undefined };
  if (monitor === undefined || folder === undefined) {
    throw new MigrationError(
      'INVALID_ARGUMENT',
      `No host follows from the destination's unix monitor, and the source is elsewhere: give ${option}.`,
    );
  }
  const path = join(folder, name);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new MigrationError(
      'INVALID_ARGUMENT',
      `${path} is too long for a socket (${MAX_SOCKET_PATH} bytes): set TMPDIR to a shorter folder, or give ${option}.`,
    );
  }
  return { type: 'unix', path };
}
