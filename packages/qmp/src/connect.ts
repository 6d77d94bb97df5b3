import { connect, type Socket } from 'node:net';
import { QmpClient } from './client.js';
import { QmpError } from './error.js';
import type { QmpEvent } from './event.js';
import { type QmpGreeting, QmpSession } from './session.js';
import { parseQmpUri, type QmpAddress } from './uri.js';
import { abortedError, Waiter } from './waiter.js';

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
  const attempt = new ConnectionAttempt(uri, openSocket(address), options);
  const waiter = new Waiter<QmpClient>({
    timeoutMs: handshakeTimeoutMs,
    signal,
    timedOut: () => attempt.timedOut(handshakeTimeoutMs),
  });
  attempt.start(waiter);
  try {
    return await waiter.promise;
  } catch (error) {
    attempt.abandon();
    throw error;
  }
}

/** The time from the socket's opening to the end of the negotiation; then the client takes the socket over. */
class ConnectionAttempt {
  readonly #uri: string;
  readonly #socket: Socket;
  readonly #session: QmpSession;
  readonly #options: ConnectQmpOptions;
  #connected = false;
  #greeting: QmpGreeting | undefined;

  constructor(uri: string, socket: Socket, options: ConnectQmpOptions) {
    this.#uri = uri;
    this.#socket = socket;
    this.#options = options;
    this.#session = new QmpSession(
      options.maxLineBytes === undefined ? {} : { maxLineBytes: options.maxLineBytes },
    );
  }

  start(waiter: Waiter<QmpClient>): void {
    this.#socket.on('connect', () => {
      this.#connected = true;
    });
    this.#socket.on('data', (chunk: Uint8Array) => {
      this.#session.handleBytes(chunk);
      this.#pump(waiter);
    });
    this.#socket.on('error', (cause) => waiter.reject(this.#broken(cause)));
    this.#socket.on('close', () => waiter.reject(this.#broken()));
  }

  abandon(): void {
    this.#socket.destroy();
  }

  timedOut(timeoutMs: number): QmpError {
    if (!this.#connected) {
      const message = `Nothing answered at ${this.#uri} within ${timeoutMs} ms. Check the host, and what filters between.`;
      return new QmpError('QMP_CONNECT', message);
    }
    const message =
      `The monitor at ${this.#uri} accepted the connection and then kept silent for ${timeoutMs} ms. ` +
      'A QEMU monitor serves one client at a time: end the other one (libvirt?), or give this QEMU one more -qmp socket.';
    return new QmpError('QMP_HANDSHAKE', message);
  }

  #pump(waiter: Waiter<QmpClient>): void {
    for (
      let message = this.#session.pollMessage();
      message !== undefined;
      message = this.#session.pollMessage()
    ) {
      if (message.type === 'failed') waiter.reject(message.error);
      else if (message.type === 'greeting') this.#greeting = message.greeting;
      else if (message.type === 'ready' && this.#greeting !== undefined) {
        // At once, not after an await: events may follow in this very read, and the socket may close on the next tick.
        waiter.resolve(this.#handOver(this.#greeting));
        return;
      }
    }
    this.#socket.write(this.#session.pollOutput());
  }

  #handOver(greeting: QmpGreeting): QmpClient {
    this.#socket.removeAllListeners('connect');
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('error');
    this.#socket.removeAllListeners('close');
    const { commandTimeoutMs = DEFAULT_TIMEOUT_MS, onEvent } = this.#options;
    const monitor = { uri: this.#uri, greeting, socket: this.#socket, session: this.#session };
    return new QmpClient({ ...monitor, commandTimeoutMs, onEvent });
  }

  #broken(cause?: NodeJS.ErrnoException): QmpError {
    if (this.#connected) {
      const message = `The monitor at ${this.#uri} closed the connection during the handshake. Is QEMU ending?`;
      return new QmpError('QMP_HANDSHAKE', message, { cause });
    }
    const why = connectErrors[cause?.code ?? ''] ?? 'see the cause';
    return new QmpError('QMP_CONNECT', `The monitor at ${this.#uri} cannot be reached: ${why}.`, { cause });
  }
}

function openSocket(address: QmpAddress): Socket {
  if (address.transport === 'unix') return connect({ path: address.path });
  const { host, port } = address;
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS });
}

const connectErrors: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; is QEMU running, with -qmp on this path?',
  ECONNREFUSED: 'nothing listens there; is QEMU running, with -qmp on this address?',
  EACCES: 'this user may not open the socket',
  EAGAIN: 'other clients are waiting for it already, and it serves one at a time',
  ENOTSOCK: 'this file is no socket',
  ENOTFOUND: 'the host is unknown',
};

const DEFAULT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_DELAY_MS = 10_000;
