import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Condition } from './condition.js';

export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** When it happened, by this machine's wall clock as QEMU read it, in microseconds. */
  readonly at: number;
}

/** QEMU said no. */
export class QmpRefusal extends Error {
  constructor(
    command: string,
    readonly description: string,
  ) {
    super(`${command}: ${description}`);
  }
}

/** The lab's own QMP talker, so that the product's is not its own judge. */
export class Monitor {
  /** Every event since the session began, oldest first. */
  readonly events: QmpEvent[] = [];
  readonly #unclaimed: QmpEvent[] = [];
  readonly #replies = new Map<number, Reply>();
  readonly #condition = new Condition();
  readonly #socket: Socket;
  #greeted = false;
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', (error) => this.#condition.fail(error));
    socket.on('close', () => this.#condition.fail(new Error('the monitor is closed')));
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.#receive(line));
    // It passes the socket's errors on; the socket's own listeners deal with them.
    lines.on('error', () => {});
  }

  /** Opens the session on a connected socket. */
  static async open(socket: Socket): Promise<Monitor> {
    const monitor = new Monitor(socket);
    await monitor.#condition.until(() => monitor.#greeted || undefined, 'the greeting', REPLY_TIMEOUT_MS);
    await monitor.cmd('qmp_capabilities');
    return monitor;
  }

  /** Sends a command; resolves with what it returned. @throws {QmpRefusal} */
  async cmd<T = unknown>(execute: string, args?: object, timeoutMs: number = REPLY_TIMEOUT_MS): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.write(`${JSON.stringify({ execute, arguments: args, id })}\n`);
    const reply = await this.#condition.until(
      () => this.#replies.get(id),
      `the reply to ${execute}`,
      timeoutMs,
    );
    this.#replies.delete(id);
    if (reply.error) throw new QmpRefusal(execute, reply.error.desc);
    return reply.return as T;
  }

  /** Takes the first such event that nobody has taken: one that came before, or one to come. */
  event(
    name: string,
    matches: (data: QmpEvent['data']) => boolean = () => true,
    timeoutMs: number = EVENT_TIMEOUT_MS,
  ): Promise<QmpEvent> {
    const take = (): QmpEvent | undefined => {
      const at = this.#unclaimed.findIndex((e) => e.event === name && matches(e.data));
      return at < 0 ? undefined : this.#unclaimed.splice(at, 1)[0];
    };
    return this.#condition.until(take, `event ${name}`, timeoutMs);
  }

  /** Past events are gone for `event()`, which then waits for one to come. */
  forgetEvents(): void {
    this.#unclaimed.length = 0;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(line: string): void {
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      return; // QEMU has died in the middle of it; the socket's end says so
    }
    if (message.QMP) this.#greeted = true;
    else if (message.id !== undefined) this.#replies.set(message.id, message);
    else if (message.event !== undefined) {
      const { seconds = 0, microseconds = 0 } = message.timestamp ?? {};
      const event = {
        event: message.event,
        data: message.data ?? {},
        at: seconds * 1_000_000 + microseconds,
      };
      this.events.push(event);
      this.#unclaimed.push(event);
    }
    this.#condition.changed();
  }
}

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

interface Message extends Reply {
  readonly QMP?: object;
  readonly id?: number;
  readonly event?: string;
  readonly data?: Record<string, unknown>;
  readonly timestamp?: { readonly seconds: number; readonly microseconds: number };
}

const REPLY_TIMEOUT_MS = 20_000;
const EVENT_TIMEOUT_MS = 60_000;
