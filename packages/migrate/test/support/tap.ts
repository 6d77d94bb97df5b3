import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Passes connections on to the same port of another address of this machine, and remembers what is said. */
export class Tap implements AsyncDisposable {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #said: Buffer[] = [];
  #bytes = 0;

  static async start(host: string, target: string): Promise<Tap> {
    const tap = new Tap(target);
    tap.#listener.listen(0, host);
    await once(tap.#listener, 'listening');
    return tap;
  }

  private constructor(target: string) {
    this.#listener = createServer({ noDelay: true }, (client) => {
      const server = connect({ host: target, port: this.port, noDelay: true });
      client.on('data', (data) => this.#hear(data as Buffer));
      this.#pass(client, server);
      this.#pass(server, client);
    });
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** What the connecting side has said, up to some MiB. */
  heard(): Buffer {
    return Buffer.concat(this.#said);
  }

  /** Bytes that the connecting side has said. */
  get bytes(): number {
    return this.#bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #hear(data: Buffer): void {
    this.#bytes += data.length;
    if (this.#bytes <= KEPT) this.#said.push(data);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => this.#sockets.delete(from));
    from.pipe(to);
  }
}

const KEPT = 8 << 20;
