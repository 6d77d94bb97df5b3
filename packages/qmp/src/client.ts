import type { Socket } from 'node:net';
import type { ExecuteArguments, ExecuteOptions, QmpCall, ReturnsOf, WaitOptions } from './call.js';
import { type CommandSite, lost, notSent, refused, timedOut, unanswered } from './client-errors.js';
import type { QmpCommandName } from './commands/map.js';
import { QmpError } from './error.js';
import type { QmpEvent } from './event.js';
import { EventHub } from './event-hub.js';
import type { EventFilter, EventStream, EventStreamOptions } from './event-stream.js';
import type { QmpGreeting, QmpSession, SessionMessage } from './session.js';
import { abortedError, Waiter } from './waiter.js';

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
  readonly #events = new EventHub();
  #resolveClosed: (why: QmpError) => void = () => {};
  #why: QmpError | undefined;

  /** @internal */
  constructor(monitor: EstablishedMonitor) {
    this.uri = monitor.uri;
    this.greeting = monitor.greeting;
    this.#socket = monitor.socket;
    this.#session = monitor.session;
    this.#commandTimeoutMs = monitor.commandTimeoutMs;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    if (monitor.onEvent !== undefined) this.#events.on(monitor.onEvent);
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
    return this.#events.on(listener);
  }

  /**
   * The events from now on, of those that pass the filter. The stream is done when this side closes the connection, and
   * throws what `closed` tells when it breaks. It holds a bounded number of unread events: see `capacity`.
   */
  events(filter?: EventFilter, options?: EventStreamOptions): EventStream {
    return this.#events.stream(filter, options);
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
    return this.#events.waitFor(predicate, timeoutMs, signal);
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
    if (this.#why !== undefined) return Promise.reject(notSent(this.#site(command), this.#why));
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
      timedOut: () => timedOut(this.#site(command), timeoutMs),
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
      const at = performance.now();
      this.#session.handleBytes(chunk);
      this.#pump(at);
    });
    socket.on('error', (cause) => this.#end(lost(cause)));
    socket.on('close', () => this.#end(lost()));
    // The handshake's last read may have brought more than the handshake.
    this.#pump(performance.now());
  }

  #pump(at: number): void {
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
        this.#events.tell({ ...message.event, at });
        break;
      case 'reply':
        this.#commands.get(message.id)?.waiter.resolve(message.value);
        break;
      case 'refusal':
        this.#commands
          .get(message.id)
          ?.waiter.reject(refused(this.#site(message.command), message.error.class, message.error.desc));
        break;
      case 'failed':
        this.#end(message.error);
        break;
      case 'greeting':
      case 'ready':
        break;
    }
  }

  #site(command: string): CommandSite {
    return { command, uri: this.uri };
  }

  #end(why: QmpError, wanted = false): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    this.#socket.destroy();
    for (const { command, waiter } of [...this.#commands.values()])
      waiter.reject(unanswered(this.#site(command), why));
    this.#events.end(why, wanted);
    this.#resolveClosed(why);
  }
}

interface PendingCommand {
  readonly command: string;
  readonly waiter: Waiter<unknown>;
}
