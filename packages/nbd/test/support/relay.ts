import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Workspace } from './workspace.js';

/**
 * A unix socket in front of a server's that forwards, and can withhold the server's answers or break off.
 * Tests hold it to have requests in flight for as long as they need.
 */
export class Relay implements AsyncDisposable {
  readonly #workspace: Workspace;
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isHolding = false;
  #holdAfter = Number.POSITIVE_INFINITY;
  #held: () => void = () => {};

  /** In front of the server with that URI. */
  static async start(uri: string): Promise<Relay> {
    const target = new URL(uri).searchParams.get('socket');
    if (target === null) throw new RangeError(`${uri} names no unix socket.`);
    const relay = new Relay(await Workspace.create(), target);
    relay.#server.listen(relay.#workspace.path('socket'));
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(workspace: Workspace, target: string) {
    this.#workspace = workspace;
    this.#target = target;
    this.#server = createServer((client) => this.#forward(client));
  }

  get uri(): string {
    return this.#workspace.socket();
  }

  /**
   * Withholds every answer once a client has sent so many bytes on one connection; resolves when that has
   * happened. A negotiation takes less than 1 KiB.
   */
  hold(afterBytes = 1024): Promise<void> {
    this.#holdAfter = afterBytes;
    return new Promise((resolve) => {
      this.#held = resolve;
    });
  }

  /** Sends what was withheld, and withholds no more. */
  release(): void {
    this.#holdAfter = Number.POSITIVE_INFINITY;
    this.#isHolding = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await this.#workspace[Symbol.asyncDispose]();
  }

  #forward(client: Socket): void {
    const server = connect(this.#target);
    let sent = 0;
    client.on('data', (bytes) => {
      sent += bytes.length;
      server.write(bytes);
      if (sent >= this.#holdAfter && !this.#isHolding) this.#startHolding();
    });
    server.on('data', (bytes) => client.write(bytes));
    this.#pair(client, server);
    this.#pair(server, client);
    if (this.#isHolding) server.pause();
    this.#answering.add(server);
    server.on('close', () => this.#answering.delete(server));
  }

  readonly #answering = new Set<Socket>();

  #startHolding(): void {
    this.#isHolding = true;
    for (const socket of this.#answering) socket.pause();
    this.#held();
  }

  #pair(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.on('end', () => other.end());
    // A peer that breaks off is what the tests are about.
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
  }
}
