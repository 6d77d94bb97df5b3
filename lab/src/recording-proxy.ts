import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What has gone over one connection so far. */
export interface Recording {
  /** By the client. */
  readonly sent: Buffer;
  /** By the server. */
  readonly received: Buffer;
}

/** A relay between the clients of a unix socket and its server that keeps what both have said. */
export class RecordingProxy implements AsyncDisposable {
  /** Where clients connect. */
  readonly socketPath: string;
  readonly #server: Server;
  readonly #connections: Connection[] = [];

  private constructor(socketPath: string, targetPath: string) {
    this.socketPath = socketPath;
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({ path: targetPath, allowHalfOpen: true });
      this.#connections.push(relay(client, server));
    }).listen(socketPath);
  }

  /** Listens at `socketPath` for what is meant for `targetPath`. */
  static async start(socketPath: string, targetPath: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(socketPath, targetPath);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Of every connection, the oldest first. */
  get recordings(): readonly Recording[] {
    return this.#connections.map(({ sent, received }) => ({
      sent: Buffer.concat(sent),
      received: Buffer.concat(received),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { client, server } of this.#connections) {
      client.destroy();
      server.destroy();
    }
    await closed;
  }
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly sent: Buffer[];
  readonly received: Buffer[];
}

function relay(client: Socket, server: Socket): Connection {
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  client.on('data', (chunk: Buffer) => sent.push(chunk)).pipe(server);
  server.on('data', (chunk: Buffer) => received.push(chunk)).pipe(client);
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
  return { client, server, sent, received };
}
