import { connect, type Socket } from 'node:net';
import type { QmpClient } from './client.js';
import { ConnectionAttempt } from './connection-attempt.js';
import type { QmpEvent } from './event.js';
import { acknowledgeAtOnce } from './prompt-acks.js';
import { QmpSession } from './session.js';
import { parseQmpUri, type QmpAddress } from './uri.js';
import { abortedError, Waiter } from './waiter.js';

/** Deadlines and bounds of a connection. */
export interface ConnectQmpOptions {
  /** Gives up the connecting; of no effect afterwards. */
  readonly signal?: AbortSignal;
  /**
   * Time for connecting, greeting and negotiation together, in milliseconds.
   *
   * @default 10000
   */
  readonly handshakeTimeoutMs?: number;
  /**
   * Time for the answer to a command, in milliseconds, unless the call has its own.
   *
   * @default 10000
   */
  readonly commandTimeoutMs?: number;
  /**
   * Longest line that QEMU may send, in bytes.
   *
   * @default 67108864
   */
  readonly maxLineBytes?: number;
  /** Called for every event from the first on, even for those that arrive with the end of the negotiation. */
  readonly onEvent?: (event: QmpEvent) => void;
}

/**
 * Connects to a monitor and negotiates.
 *
 * A QEMU monitor serves one client: a second one connects, and is not greeted. That ends with `QMP_HANDSHAKE`.
 *
 * @param uri `qmp+unix:///PATH` or `qmp+tcp://HOST:PORT`
 * @throws {QmpError} `QMP_URI`, `QMP_CONNECT`, `QMP_HANDSHAKE`, `ABORTED`.
 */
export async function connectQmp(uri: string, options: ConnectQmpOptions = {}): Promise<QmpClient> {
  const address = parseQmpUri(uri);
  const { signal, handshakeTimeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (signal?.aborted === true) throw abortedError(signal);
  const { commandTimeoutMs = DEFAULT_TIMEOUT_MS, maxLineBytes, onEvent } = options;
  const session = new QmpSession(maxLineBytes === undefined ? {} : { maxLineBytes });
  const socket = openSocket(address);
  const monitor = { uri, socket, session, commandTimeoutMs, onEvent };
  const attempt = new ConnectionAttempt(monitor);
  const waiter = new Waiter<QmpClient>({
    timeoutMs: handshakeTimeoutMs,
    signal,
    timedOut: () => attempt.timedOut(handshakeTimeoutMs),
  });
  attempt.start(waiter);
  try {
    const client = await waiter.promise;
    if (address.transport === 'tcp') acknowledgeAtOnce(socket);
    return client;
  } catch (error) {
    attempt.abandon();
    throw error;
  }
}

function openSocket(address: QmpAddress): Socket {
  if (address.transport === 'unix') return connect({ path: address.path });
  const { host, port } = address;
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS });
}

const DEFAULT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_DELAY_MS = 10_000;
