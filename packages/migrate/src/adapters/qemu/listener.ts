import { QmpError } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { MigrationErrorCode, Side } from '../../error-code.js';
import type { Address } from './address.js';

/** Something that listens on a host, and where its peers reach it: of a wildcard, or behind a relay, that is elsewhere. */
export interface Listener {
  readonly listen: Address;
  /** Of the same kind, and with the same port. */
  readonly reach: Address;
}

/** Whose listener it is, for when it cannot listen. */
export interface ListenerRole {
  readonly side: Side;
  /** Such as 'NBD server'. */
  readonly what: string;
  /** What chooses its address. */
  readonly option: string;
  readonly code: MigrationErrorCode;
}

/**
 * Lets a QEMU listen by `bind`: on the one address there is, or, on TCP without a port, on the first free port of the
 * range. Resolves with the listener as it has become.
 *
 * @throws {MigrationError} with the role's code, naming the option that helps.
 */
export async function listenOn(
  listener: Listener,
  portRange: readonly [number, number],
  role: ListenerRole,
  bind: (address: Address) => Promise<void>,
): Promise<Listener> {
  for (const candidate of candidates(listener, portRange)) {
    try {
      await bind(candidate.listen);
      return candidate;
    } catch (error) {
      if (isTaken(error) && !isDefinite(listener)) continue;
      throw cannotListen(candidate.listen, role, error);
    }
  }
  const [first, last] = portRange;
  throw new MigrationError(
    role.code,
    `All ports from ${first} to ${last} are in use for the ${role.side}'s ${role.what}: give another --port-range.`,
    { side: role.side },
  );
}

function* candidates(listener: Listener, [first, last]: readonly [number, number]): Generator<Listener> {
  if (isDefinite(listener)) {
    yield listener;
    return;
  }
  for (let port = first; port <= last; port++) {
    yield { listen: atPort(listener.listen, port), reach: atPort(listener.reach, port) };
  }
}

function atPort(address: Address, port: number): Address {
  return address.type === 'tcp' ? { ...address, port } : address;
}

function isDefinite({ listen }: Listener): boolean {
  return listen.type === 'unix' || listen.port !== undefined;
}

function isTaken(error: unknown): boolean {
  return QmpError.is(error) && /in use/i.test(error.description ?? '');
}

function cannotListen(address: Address, { side, what, option, code }: ListenerRole, error: unknown): unknown {
  // Whatever else went wrong is not about the address.
  if (!QmpError.is(error) || error.code !== 'QMP_COMMAND') return error;
  const where = address.type === 'unix' ? address.path : `${address.host}, port ${address.port}`;
  return new MigrationError(
    code,
    `The ${side}'s ${what} cannot listen on ${where} (${error.description}): give another ${option}.`,
    { side, cause: error },
  );
}
