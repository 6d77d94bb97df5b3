import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Workspace } from './workspace.js';

/**
 * A socket in front of a server's that forwards, and can withhold the server's answers or break off. Tests
 * hold it to have requests in flight for as long as they need.
 */
export class Relay implements AsyncDisposable {
  readonly #workspace: Workspace;
  readonly #target: string;
  readonly #listener: Server;
  readonly #clients = new Set<Socket>();
  readonly #servers = new Set<Socket>();
  #holdAfter = Number.POSITIVE_INFINITY;
  #isHolding = false;
  #said = Buffer.alloc(0);
  #onHeld: () => void = () => {};

  /** In front of the server with that URI, on a unix socket. */
  static async start(uri: string): Promise<Relay> {
    const target = new URL(uri).searchParams.get('socket');
    if (target === null) throw new RangeError(`${uri} names no unix socket.`);
    const relay = new Relay(await Workspace.create(), target);
    relay.#listener.listen(relay.#workspace.path('socket'));
    await once(relay.#listener, 'listening');
    return relay;
  }

  private constructor(workspace: Workspace, target: string) {
    this.#workspace = workspace;
    this.#target = target;
    this.#listener = createServer((client) => this.#forward(client));
  }

  get uri(): string {
    return this.#workspace.socket();
  }

  /**
   * Withholds all answers once so many bytes have passed on one connection, either way, and resolves then.
   * Negotiating takes less than 2 KiB.
   */
  hold(afterBytes = 2048): Promise<void> {
    this.#holdAfter = afterBytes;
    return new Promise((resolve) => {
      this.#onHeld = resolve;
    });
  }

  /** Sends what was withheld, and withholds no more. */
  release(): void {
    this.#holdAfter = Number.POSITIVE_INFINITY;
    this.#isHolding = false;
    for (const server of this.#servers) server.resume();
  }

  /** Whether clients have said these bytes among their first 64 KiB, in one go. */
  hasHeard(bytes: Buffer): boolean {
    return this.#said.includes(bytes);
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of [...this.#clients, ...this.#servers]) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#workspace[Symbol.asyncDispose]();
  }

  #forward(client: Socket): void {
    const server = connect(this.#target);
    let passed = 0;
    const pass = (bytes: Buffer, to: Socket): void => {
      to.write(bytes);
      passed += bytes.length;
      if (passed >= this.#holdAfter) this.#startHolding();
    };
    client.on('data', (bytes) => {
      if (this.#said.length < 65536) this.#said = Buffer.concat([this.#said, bytes]);
      pass(bytes, server);
    });
    server.on('data', (bytes) => pass(bytes, client));
    if (this.#isHolding) server.pause();
    tie(client, server, this.#clients);
    tie(server, client, this.#servers);
  }

  #startHolding(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    for (const server of this.#servers) server.pause();
    this.#onHeld();
  }
}

/** One end's end is the other's. */
function tie(socket: Socket, other: Socket, open: Set<Socket>): void {
  open.add(socket);
  socket.on('end', () => other.end());
  // Broken connections are what the tests are about.
  socket.on('error', () => other.destroy());
  socket.on('close', () => {
    open.delete(socket);
    other.destroy();
  });
}
