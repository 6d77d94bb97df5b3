import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Console } from './beats.js';

/** Where the serial console of a guest arrives whose QEMU somebody else has started. */
export class ConsoleSocket implements AsyncDisposable {
  readonly console: Console = new Console();
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(path: string) {
    this.#server = createServer((connection) => {
      this.#connections.add(connection);
      connection.setEncoding('utf8').on('data', (text: string) => this.console.receive(text));
      connection.on('error', () => {}).on('close', () => this.#connections.delete(connection));
    }).listen(path);
  }

  /** Resolves once a QEMU can connect to it, with `mode='connect'` in libvirt's terms. */
  static async listen(path: string): Promise<ConsoleSocket> {
    const socket = new ConsoleSocket(path);
    await once(socket.#server, 'listening');
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.console.close('the lab listens no more');
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }
}
