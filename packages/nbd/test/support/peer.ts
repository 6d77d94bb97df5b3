import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Workspace } from './workspace.js';

/** Something that listens and is no NBD server. */
export class Peer implements AsyncDisposable {
  readonly #workspace: Workspace;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  /** `greet` is called for each client. */
  static async start(greet: (socket: Socket) => void): Promise<Peer> {
    const peer = new Peer(await Workspace.create(), greet);
    peer.#listener.listen(peer.#workspace.path('socket'));
    await once(peer.#listener, 'listening');
    return peer;
  }

  private constructor(workspace: Workspace, greet: (socket: Socket) => void) {
    this.#workspace = workspace;
    this.#listener = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      greet(socket);
    });
  }

  get uri(): string {
    return this.#workspace.socket();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.#workspace[Symbol.asyncDispose]();
  }
}
