import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": ""}, "capabilities": ["oob"]}}\r\n';

/** A command as the fake monitor received it. */
export interface Received {
  readonly execute: string;
  readonly arguments?: Record<string, unknown>;
  readonly id: number;
}

/** Answers a command; nothing is sent for it but what this sends. */
export type Script = (command: Received, monitor: FakeMonitor) => void;

/** A QMP server that misbehaves as told. It is silent where the script is; without a greeting it never speaks first. */
export class FakeMonitor implements AsyncDisposable {
  readonly received: Received[] = [];
  /** What arrived in one read, with the number of commands in it. */
  readonly reads: number[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'qmp-'));
  readonly #server: Server;
  readonly #script: Script;
  readonly #greeting: string;
  readonly #sockets = new Set<Socket>();
  #arrivals: (() => void)[] = [];

  static async start(script: Script = () => {}, greeting: string = GREETING): Promise<FakeMonitor> {
    const monitor = new FakeMonitor(script, greeting);
    monitor.#server.listen(join(monitor.#folder, 'qmp'));
    await once(monitor.#server, 'listening');
    return monitor;
  }

  private constructor(script: Script, greeting: string) {
    this.#script = script;
    this.#greeting = greeting;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get uri(): string {
    return `qmp+unix://${this.#folder}/qmp`;
  }

  /** Sends text as it is. */
  send(text: string): void {
    for (const socket of this.#sockets) socket.write(text);
  }

  /** Sends objects, a line each, in one write. */
  sendAll(...messages: readonly object[]): void {
    this.send(messages.map((message) => `${JSON.stringify(message)}\r\n`).join(''));
  }

  /** Ends the connection as a killed QEMU does. */
  die(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when so many commands have come, the negotiation's included. */
  async commands(count: number): Promise<void> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => this.#arrivals.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.die();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.#folder, { recursive: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    if (this.#greeting !== '') socket.write(this.#greeting);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      this.reads.push(lines.length);
      for (const line of lines) this.#handle(JSON.parse(line) as Received);
    });
  }

  #handle(command: Received): void {
    this.received.push(command);
    if (command.execute === 'qmp_capabilities') this.sendAll({ return: {}, id: command.id });
    else this.#script(command, this);
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const arrived of arrivals) arrived();
  }
}

/** An event as QEMU sends it. */
export function event(name: string, data?: object): object {
  return { timestamp: { seconds: 1, microseconds: 2 }, event: name, ...(data === undefined ? {} : { data }) };
}
