import type { VersionInfo } from './commands/vm.js';
import { QmpError } from './error.js';
import type { WireEvent } from './event.js';
import { parseJson, stringifyJson } from './json.js';
import { LineBuffer } from './line-buffer.js';

/** How a monitor introduces itself. */
export interface QmpGreeting {
  readonly version: VersionInfo;
  /** What could be negotiated, `oob` for one. This session asks for nothing. */
  readonly capabilities: readonly string[];
}

/** QEMU's refusal of a command. */
export interface QmpErrorReply {
  readonly class: string;
  readonly desc: string;
}

/** What came of the bytes that were handled. `failed` comes once, and last. */
export type SessionMessage =
  | { readonly type: 'greeting'; readonly greeting: QmpGreeting }
  | { readonly type: 'ready' }
  | { readonly type: 'reply'; readonly id: number; readonly command: string; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly command: string; readonly error: QmpErrorReply }
  | { readonly type: 'event'; readonly event: WireEvent }
  | { readonly type: 'failed'; readonly error: QmpError };

/** Bounds of a session. */
export interface QmpSessionOptions {
  /**
   * Longest line that the peer may send, in bytes.
   *
   * @default 67108864 (64 MiB, QEMU's own bound for a token)
   */
  readonly maxLineBytes?: number;
}

/**
 * The QEMU Machine Protocol without a socket and without a clock: bytes go in, messages and bytes come out.
 *
 * After `handleBytes` poll the messages until there is none, then the output. Replies are matched by id and by nothing
 * else: one to a command that was forgotten is dropped, one that nobody asked for ends the session.
 *
 * Source: QEMU, docs/interop/qmp-spec.rst.
 */
export class QmpSession {
  readonly #lines: LineBuffer;
  readonly #messages: SessionMessage[] = [];
  /** Commands under way, by id. */
  readonly #commands = new Map<number, string>();
  #state: 'greeting' | 'negotiating' | 'ready' | 'failed' = 'greeting';
  #output = '';
  #lastId = 0;

  constructor(options: QmpSessionOptions = {}) {
    this.#lines = new LineBuffer(options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES);
  }

  /** Takes bytes from the peer, cut anywhere. Never throws: a broken peer makes a `failed` message. */
  handleBytes(chunk: Uint8Array): void {
    if (this.#state === 'failed') return;
    try {
      for (const line of this.#lines.handleBytes(chunk)) this.#handleLine(line);
    } catch (error) {
      this.#messages.push({
        type: 'failed',
        error: this.#state === 'greeting' ? notQmp(error) : asQmpError(error),
      });
      this.#state = 'failed';
    }
  }

  /** The next message; undefined when there is none. */
  pollMessage(): SessionMessage | undefined {
    return this.#messages.shift();
  }

  /** What is to be sent to the peer; empty when there is nothing. Commands that were queued together come together. */
  pollOutput(): string {
    const output = this.#output;
    this.#output = '';
    return output;
  }

  /**
   * Queues a command and returns its id.
   *
   * @throws {QmpError} `QMP_HANDSHAKE` before the session is ready, `QMP_CLOSED` after it has failed.
   * @throws {TypeError} when `args` has no JSON form.
   */
  execute(command: string, args?: object): number {
    if (this.#state === 'failed')
      throw new QmpError('QMP_CLOSED', 'The session has failed: begin a new one.', { command });
    if (this.#state !== 'ready') {
      throw new QmpError('QMP_HANDSHAKE', 'The session is not ready: wait for its ready message.', {
        command,
      });
    }
    return this.#queue(command, args);
  }

  /** Gives up on a command: its reply, should it still come, is dropped. */
  forget(id: number): void {
    this.#commands.delete(id);
  }

  #queue(command: string, args?: object): number {
    const id = this.#lastId + 1;
    const line = stringifyJson({ execute: command, ...(args === undefined ? {} : { arguments: args }), id });
    this.#lastId = id;
    this.#commands.set(id, command);
    this.#output += `${line}\n`;
    return id;
  }

  #handleLine(line: string): void {
    if (line.trim() === '') return;
    if (this.#state === 'greeting') this.#handleGreeting(line);
    else this.#handleMessage(parseObject(line));
  }

  #handleGreeting(line: string): void {
    const greeting = readGreeting(parseObject(line));
    this.#messages.push({ type: 'greeting', greeting });
    this.#state = 'negotiating';
    this.#queue('qmp_capabilities');
  }

  #handleMessage(message: JsonObject): void {
    if (typeof message['event'] === 'string') {
      this.#messages.push({ type: 'event', event: readEvent(message['event'], message) });
    } else if ('return' in message || 'error' in message) {
      this.#handleReply(message);
    } else {
      throw broken('a message that is no reply and no event', message);
    }
  }

  #handleReply(message: JsonObject): void {
    const error = 'error' in message ? readError(message) : undefined;
    const id = message['id'];
    if (id === undefined && error !== undefined) {
      // QEMU could not read what we sent, so some command will never be answered, and nothing says which one.
      const text = `QEMU could not read a command that was sent: ${error.desc}. The session is closed.`;
      throw new QmpError('QMP_PROTOCOL', text, { class: error.class, description: error.desc });
    }
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > this.#lastId) {
      throw broken('a reply to a command that was never sent', message);
    }
    const command = this.#commands.get(id);
    if (command === undefined) return;
    this.#commands.delete(id);
    if (this.#state === 'negotiating') this.#handleNegotiated(error);
    else if (error === undefined)
      this.#messages.push({ type: 'reply', id, command, value: message['return'] });
    else this.#messages.push({ type: 'refusal', id, command, error });
  }

  #handleNegotiated(error: QmpErrorReply | undefined): void {
    if (error !== undefined) {
      const details = { command: 'qmp_capabilities', class: error.class, description: error.desc };
      throw new QmpError('QMP_HANDSHAKE', `The monitor refused the negotiation: ${error.desc}.`, details);
    }
    this.#state = 'ready';
    this.#messages.push({ type: 'ready' });
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(line: string): JsonObject {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (cause) {
    throw broken('a line that is not JSON', line, cause);
  }
  if (!isObject(value)) throw broken('a line that is no JSON object', value);
  return value;
}

function readGreeting(message: JsonObject): QmpGreeting {
  const qmp = message['QMP'];
  if (!isObject(qmp) || !isObject(qmp['version']) || !isObject(qmp['version']['qemu'])) {
    throw broken('no greeting', message);
  }
  const { major, minor, micro } = qmp['version']['qemu'];
  if (typeof major !== 'number' || typeof minor !== 'number' || typeof micro !== 'number') {
    throw broken('a greeting without a version', message);
  }
  const packageVersion = qmp['version']['package'];
  const capabilities: readonly unknown[] = Array.isArray(qmp['capabilities']) ? qmp['capabilities'] : [];
  return {
    version: {
      qemu: { major, minor, micro },
      package: typeof packageVersion === 'string' ? packageVersion : '',
    },
    capabilities: capabilities.filter((name) => typeof name === 'string'),
  };
}

function readEvent(event: string, message: JsonObject): WireEvent {
  const data = message['data'] ?? {};
  const timestamp = message['timestamp'];
  if (!isObject(data) || !isObject(timestamp)) throw broken('a malformed event', message);
  const { seconds, microseconds } = timestamp;
  if (typeof seconds !== 'number' || typeof microseconds !== 'number') {
    throw broken('an event with a malformed timestamp', message);
  }
  return { event, data, timestamp: { seconds, microseconds } };
}

function readError(message: JsonObject): QmpErrorReply {
  const error = message['error'];
  if (!isObject(error) || typeof error['class'] !== 'string' || typeof error['desc'] !== 'string') {
    throw broken('a malformed error', message);
  }
  return { class: error['class'], desc: error['desc'] };
}

function notQmp(cause: unknown): QmpError {
  const message =
    'What listens there does not speak QMP: its first line is no QMP greeting. ' +
    'Give the address of a -qmp monitor, not of a human monitor (-monitor) or of another service.';
  return new QmpError('QMP_HANDSHAKE', message, { cause });
}

function broken(what: string, shown: unknown, cause?: unknown): QmpError {
  const text = (typeof shown === 'string' ? shown : stringifyJson(shown)).slice(0, SHOWN_CHARACTERS);
  return new QmpError('QMP_PROTOCOL', `The monitor sent ${what}, and the session is closed: ${text}`, {
    cause,
  });
}

function asQmpError(error: unknown): QmpError {
  if (QmpError.is(error)) return error;
  return new QmpError('QMP_PROTOCOL', 'The monitor sent what cannot be read.', { cause: error });
}

const DEFAULT_MAX_LINE_BYTES = 64 * 1024 * 1024;
const SHOWN_CHARACTERS = 200;
