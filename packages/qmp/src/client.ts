import type { Socket } from 'node:net';
import type { QmpCommandName, QmpCommands } from './commands/map.js';
import { QmpError } from './error.js';
import type { QmpEvent } from './event.js';
import { type EventFilter, EventQueue, type EventStream, type EventStreamOptions } from './event-stream.js';
import type { QmpGreeting, QmpSession, SessionMessage } from './session.js';
import { abortedError, Waiter } from './waiter.js';

/** The arguments of a command: typed for the ones in `QmpCommands`, any object for others. */
export type ArgumentsOf<C extends string> = C extends QmpCommandName
  ? QmpCommands[C]['arguments']
  : object | undefined;

/** What a command returns: typed for the ones in `QmpCommands`, unknown for others. */
export type ReturnsOf<C extends string> = C extends QmpCommandName ? QmpCommands[C]['returns'] : unknown;

/** A command's arguments, left out where it needs none, and the options of the call. */
export type ExecuteArguments<C extends string> =
  undefined extends ArgumentsOf<C>
    ? [args?: ArgumentsOf<C>, options?: ExecuteOptions]
    : [args: ArgumentsOf<C>, options?: ExecuteOptions];

/** A command of a batch, in QMP's own form. */
export interface QmpCall<C extends string> {
  readonly execute: C;
  readonly arguments?: ArgumentsOf<C>;
}

export interface ExecuteOptions {
  /**
   * How long to wait for the answer, in milliseconds; Infinity for ever.
   *
   * @default the connection's `commandTimeoutMs`
   */
  readonly timeoutMs?: number;
  /** Ends the wait, not the command. */
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  /**
   * How long to wait for the event, in milliseconds; Infinity for ever.
   *
   * @default the connection's `commandTimeoutMs`
   */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What `connectQmp` hands over. */
export interface EstablishedMonitor {
  readonly uri: string;
  readonly greeting: QmpGreeting;
  readonly socket: Socket;
  readonly session: QmpSession;
  readonly commandTimeoutMs: number;
  readonly onEvent: ((event: QmpEvent) => void) | undefined;
}

/**
 * A connection to a QEMU monitor; `connectQmp` makes it.
 *
 * Many commands may be under way; each is sent at once, and its answer found by its id. The open connection keeps Node
 * alive; nothing does once it is closed.
 */
export class QmpClient implements AsyncDisposable {
  readonly uri: string;
  readonly greeting: QmpGreeting;
  /** Resolves, and never rejects, when the connection is gone: with why. */
  readonly closed: Promise<QmpError>;

  readonly #socket: Socket;
  readonly #session: QmpSession;
  readonly #commandTimeoutMs: number;
  readonly #commands = new Map<number, PendingCommand>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  readonly #onClose = new Set<(why: QmpError, wanted: boolean) => void>();
  #why: QmpError | undefined;

  /** @internal */
  constructor(monitor: EstablishedMonitor) {
    this.uri = monitor.uri;
    this.greeting = monitor.greeting;
    this.#socket = monitor.socket;
    this.#session = monitor.session;
    this.#commandTimeoutMs = monitor.commandTimeoutMs;
    this.closed = new Promise((resolve) => {
      this.#onClose.add(resolve);
    });
    if (monitor.onEvent !== undefined) this.#listeners.add(monitor.onEvent);
    this.#listen();
  }

  /**
   * Sends a command at once and resolves with what it returns.
   *
   * After `QMP_TIMEOUT`, `ABORTED` and `QMP_CLOSED` QEMU may still carry the command out, or have done so: ask for the
   * state before trying again. A late answer is dropped.
   *
   * @throws {QmpError} `QMP_COMMAND` when QEMU refuses it; `QMP_TIMEOUT`, `QMP_CLOSED`, `ABORTED`.
   */
  execute<C extends QmpCommandName | (string & {})>(
    command: C,
    ...rest: ExecuteArguments<C>
  ): Promise<ReturnsOf<C>> {
    const [args, options = {}] = rest;
    const answer = this.#send(command, args, options);
    this.#flush();
    return answer as Promise<ReturnsOf<C>>;
  }

  /**
   * Sends commands in one write, so that QEMU reads them together, and returns a promise for each. QEMU carries them out
   * in order, and goes on after one that fails: for all or nothing use `transaction`.
   *
   * The promises may be awaited one by one: a rejection that nobody looks at yet is no unhandled one.
   */
  batch<const C extends readonly (QmpCommandName | (string & {}))[]>(
    calls: readonly [...{ [I in keyof C]: QmpCall<C[I]> }],
    options: ExecuteOptions = {},
  ): { [I in keyof C]: Promise<ReturnsOf<C[I]>> } {
    const sent = (calls as readonly QmpCall<string>[]).map((call) => {
      const answer = this.#send(call.execute, call.arguments, options);
      answer.catch(() => {});
      return answer;
    });
    this.#flush();
    return sent as { [I in keyof C]: Promise<ReturnsOf<C[I]>> };
  }

  /**
   * Calls `listener` for each event, as soon as it is read, ahead of any answer that follows it. Returns what ends that.
   * What the listener throws is thrown out of this client's way, as an uncaught exception.
   */
  on(listener: (event: QmpEvent) => void): () => void {
    // Wrapped, so that the same function may listen twice.
    const entry = (event: QmpEvent): void => listener(event);
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /**
   * The events from now on, of those that pass the filter. The stream is done when this side closes the connection, and
   * throws what `closed` tells when it breaks. It holds a bounded number of unread events: see `capacity`.
   */
  events(filter: EventFilter = () => true, options: EventStreamOptions = {}): EventStream {
    const { capacity = DEFAULT_EVENT_CAPACITY, signal } = options;
    const queue = new EventQueue(capacity, () => {
      stopListening();
      this.#onClose.delete(onClose);
      signal?.removeEventListener('abort', onAbort);
    });
    const onClose = (error: QmpError, wanted: boolean): void => queue.end(wanted ? {} : { error });
    const onAbort = (): void => queue.end({ error: abortedError(signal) });
    const stopListening = this.on((event) => {
      if (filter(event)) queue.push(event);
    });
    this.#onClose.add(onClose);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    else if (this.#why !== undefined) onClose(this.#why, false);
    return queue;
  }

  /**
   * Resolves with the first event from now on that `predicate` accepts. The wait begins with this call: make it before
   * the command that brings the event about, and await it after. A wait that is given up needs no care; its rejection
   * is no unhandled one.
   *
   * @throws {QmpError} `QMP_TIMEOUT`, `QMP_CLOSED`, `ABORTED`; and what the predicate throws.
   */
  waitForEvent<E extends QmpEvent>(
    predicate: (event: QmpEvent) => event is E,
    options?: WaitOptions,
  ): Promise<E>;
  waitForEvent(predicate: EventFilter, options?: WaitOptions): Promise<QmpEvent>;
  waitForEvent(predicate: EventFilter, options: WaitOptions = {}): Promise<QmpEvent> {
    const { timeoutMs = this.#commandTimeoutMs, signal } = options;
    const onEvent = (event: QmpEvent): void => {
      try {
        if (predicate(event)) waiter.resolve(event);
      } catch (error) {
        waiter.reject(error);
      }
    };
    const onClose = (why: QmpError): void => {
      const message =
        'The monitor connection was gone before the event came. Ask QEMU for its state on a new one.';
      waiter.reject(new QmpError('QMP_CLOSED', message, { cause: why }));
    };
    const waiter = new Waiter<QmpEvent>({
      timeoutMs,
      signal,
      timedOut: () => {
        const message = `The event did not come within ${timeoutMs} ms. Ask QEMU for its state before going on.`;
        return new QmpError('QMP_TIMEOUT', message);
      },
      settled: () => {
        this.#listeners.delete(onEvent);
        this.#onClose.delete(onClose);
      },
    });
    waiter.promise.catch(() => {});
    if (signal?.aborted === true) return waiter.promise;
    if (this.#why === undefined) {
      this.#listeners.add(onEvent);
      this.#onClose.add(onClose);
    } else {
      onClose(this.#why);
    }
    return waiter.promise;
  }

  /** Closes the connection; commands under way reject with `QMP_CLOSED`. A second call waits for the same. */
  async close(): Promise<void> {
    this.#end(new QmpError('QMP_CLOSED', 'The monitor connection was closed by this program.'), true);
    if (this.#socket.closed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #send(command: string, args: object | undefined, options: ExecuteOptions): Promise<unknown> {
    const { timeoutMs = this.#commandTimeoutMs, signal } = options;
    if (signal?.aborted === true) return Promise.reject(abortedError(signal, command));
    if (this.#why !== undefined) return Promise.reject(notSent(command, this.#why));
    let id: number;
    try {
      id = this.#session.execute(command, args);
    } catch (error) {
      return Promise.reject(error);
    }
    const waiter = new Waiter<unknown>({
      timeoutMs,
      signal,
      command,
      timedOut: () => timedOut(command, timeoutMs),
      settled: () => {
        this.#commands.delete(id);
        this.#session.forget(id);
      },
    });
    this.#commands.set(id, { command, waiter });
    return waiter.promise;
  }

  #flush(): void {
    const output = this.#session.pollOutput();
    if (output !== '') this.#socket.write(output);
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Uint8Array) => {
      this.#session.handleBytes(chunk);
      this.#pump();
    });
    socket.on('error', (cause) => this.#end(lost(cause)));
    socket.on('close', () => this.#end(lost()));
    // The handshake's last read may have brought more than the handshake.
    this.#pump();
  }

  #pump(): void {
    const at = performance.now();
    for (
      let message = this.#session.pollMessage();
      message !== undefined;
      message = this.#session.pollMessage()
    ) {
      // A listener may have closed the connection: what comes after that is not told.
      if (this.#why !== undefined) return;
      this.#handle(message, at);
    }
  }

  #handle(message: SessionMessage, at: number): void {
    switch (message.type) {
      case 'event':
        this.#tell({ ...message.event, at });
        break;
      case 'reply':
        this.#commands.get(message.id)?.waiter.resolve(message.value);
        break;
      case 'refusal':
        this.#commands
          .get(message.id)
          ?.waiter.reject(refused(message.command, message.error.class, message.error.desc));
        break;
      case 'failed':
        this.#end(message.error);
        break;
      case 'greeting':
      case 'ready':
        break;
    }
  }

  #tell(event: QmpEvent): void {
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue;
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #end(why: QmpError, wanted = false): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    this.#socket.destroy();
    for (const { command, waiter } of [...this.#commands.values()]) waiter.reject(unanswered(command, why));
    for (const onClose of [...this.#onClose]) onClose(why, wanted);
    this.#onClose.clear();
    this.#listeners.clear();
  }
}

interface PendingCommand {
  readonly command: string;
  readonly waiter: Waiter<unknown>;
}

function refused(command: string, errorClass: string, description: string): QmpError {
  const message = `QEMU refused ${command}: ${description}`;
  return new QmpError('QMP_COMMAND', message, { command, class: errorClass, description });
}

function timedOut(command: string, timeoutMs: number): QmpError {
  const message =
    `QEMU did not answer ${command} within ${timeoutMs} ms. It may still carry it out: ` +
    'ask for the state before trying again.';
  return new QmpError('QMP_TIMEOUT', message, { command });
}

function notSent(command: string, cause: QmpError): QmpError {
  const message = `${command} was not sent: the monitor connection is closed. Open a new one.`;
  return new QmpError('QMP_CLOSED', message, { command, cause });
}

function unanswered(command: string, cause: QmpError): QmpError {
  const message =
    `The monitor connection was gone before QEMU answered ${command}. It may have been carried out: ` +
    'ask for the state on a new connection.';
  return new QmpError('QMP_CLOSED', message, { command, cause });
}

function lost(cause?: unknown): QmpError {
  const message = 'The monitor connection was lost: QEMU ended, or something between closed it.';
  return new QmpError('QMP_CLOSED', message, cause === undefined ? {} : { cause });
}

const DEFAULT_EVENT_CAPACITY = 10_000;
