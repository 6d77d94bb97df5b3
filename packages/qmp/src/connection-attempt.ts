import { type EstablishedMonitor, QmpClient } from './client.js';
import { QmpError } from './error.js';
import type { QmpGreeting } from './session.js';
import type { Waiter } from './waiter.js';

/** What there is of a monitor before it has introduced itself. */
export type UngreetedMonitor = Omit<EstablishedMonitor, 'greeting'>;

/** The time from the socket's opening to the end of the negotiation; then the client takes the socket over. */
export class ConnectionAttempt {
  readonly #monitor: UngreetedMonitor;
  #connected = false;
  #greeting: QmpGreeting | undefined;

  constructor(monitor: UngreetedMonitor) {
    this.#monitor = monitor;
  }

  start(waiter: Waiter<QmpClient>): void {
    this.#monitor.socket.on('connect', () => {
      this.#connected = true;
    });
    this.#monitor.socket.on('data', (chunk: Uint8Array) => {
      this.#monitor.session.handleBytes(chunk);
      this.#pump(waiter);
    });
    this.#monitor.socket.on('error', (cause) => waiter.reject(this.#broken(cause)));
    this.#monitor.socket.on('close', () => waiter.reject(this.#broken()));
  }

  abandon(): void {
    this.#monitor.socket.destroy();
  }

  timedOut(timeoutMs: number): QmpError {
    const { uri } = this.#monitor;
    if (!this.#connected) {
      const message = `Nothing answered at ${uri} within ${timeoutMs} ms. Check the host, and what filters between.`;
      return new QmpError('QMP_CONNECT', message);
    }
    if (this.#greeting !== undefined) {
      const message = `The monitor at ${uri} greeted and did not negotiate within ${timeoutMs} ms: QEMU may hang.`;
      return new QmpError('QMP_HANDSHAKE', message);
    }
    const message =
      `The monitor at ${uri} accepted the connection and then kept silent for ${timeoutMs} ms. ` +
      'A QEMU monitor serves one client at a time: end the other one (libvirt?), or give this QEMU one more -qmp socket.';
    return new QmpError('QMP_HANDSHAKE', message);
  }

  #pump(waiter: Waiter<QmpClient>): void {
    const { session, socket } = this.#monitor;
    for (let message = session.pollMessage(); message !== undefined; message = session.pollMessage()) {
      if (message.type === 'failed') waiter.reject(message.error);
      else if (message.type === 'greeting') this.#greeting = message.greeting;
      else if (message.type === 'ready' && this.#greeting !== undefined) {
        // At once, not after an await: events may follow in this very read, and the socket may close on the next tick.
        waiter.resolve(this.#handOver(this.#greeting));
        return;
      }
    }
    const output = session.pollOutput();
    if (output !== '') socket.write(output);
  }

  #handOver(greeting: QmpGreeting): QmpClient {
    for (const event of ['connect', 'data', 'error', 'close']) this.#monitor.socket.removeAllListeners(event);
    return new QmpClient({ ...this.#monitor, greeting });
  }

  #broken(cause?: NodeJS.ErrnoException): QmpError {
    if (this.#connected) {
      const message = `The monitor at ${this.#monitor.uri} closed the connection during the handshake. Is QEMU ending?`;
      return new QmpError('QMP_HANDSHAKE', message, { cause });
    }
    const why = connectErrors[cause?.code ?? ''] ?? 'see the cause';
    return new QmpError('QMP_CONNECT', `The monitor at ${this.#monitor.uri} cannot be reached: ${why}.`, {
      cause,
    });
  }
}

const connectErrors: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; QEMU makes it when started with -qmp on this path',
  ECONNREFUSED: 'nothing listens there; QEMU does when started with -qmp on this address',
  EACCES: 'this user may not open the socket',
  EAGAIN: 'other clients are waiting for it already, and it serves one at a time',
  ENOTSOCK: 'this file is no socket',
  ENOTFOUND: 'the host is unknown',
};
