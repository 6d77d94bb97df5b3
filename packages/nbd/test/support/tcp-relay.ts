import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP port in front of a unix socket, for servers that take no "any free port". */
export class TcpRelay implements AsyncDisposable {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  static async start(socketPath: string): Promise<TcpRelay> {
    const relay = new TcpRelay(socketPath);
    relay.#listener.listen(0, '127.0.0.1');
    await once(relay.#listener, 'listening');
    return relay;
  }

  private constructor(socketPath: string) {
    this.#listener = createServer({ noDelay: true }, (client) => {
      const server = connect(socketPath);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => this.#sockets.delete(from));
        from.pipe(to);
      }
    });
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }
}
