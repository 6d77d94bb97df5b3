import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Listen } from './peers.js';
import { Scratch } from './scratch.js';

export interface NbdServerPeerOptions {
  /** @default 'unix' */
  readonly listen?: Listen;
  /** Lines for the export's section of nbd-server(5), such as `rotational = true`. */
  readonly settings?: readonly string[];
  /** Demands TLS, with the server's certificate in this folder. */
  readonly tlsFolder?: string;
}

/**
 * The NBD project's nbd-server on an image, as export `disk`; it ends when disposed.
 *
 * It is started for each client, as inetd would: so it takes any free port, and none outlives the test.
 */
export class NbdServerPeer implements AsyncDisposable {
  readonly uri: string;
  readonly #scratch: Scratch;
  readonly #listener: Server;
  readonly #clients: Set<ChildProcess>;

  static async start(image: string, options: NbdServerPeerOptions = {}): Promise<NbdServerPeer> {
    const scratch = new Scratch();
    const config = scratch.join('config');
    // Port 0 stands for the socket that it is given as its standard input.
    const settings = ['flush = true', 'fua = true', 'trim = true', ...(options.settings ?? [])];
    const generic = ['port = 0', ...(options.tlsFolder === undefined ? [] : tlsSettings(options.tlsFolder))];
    const lines = ['[generic]', ...generic, '[disk]', `exportname = ${image}`, ...settings, ''];
    await writeFile(config, lines.join('\n'));
    const clients = new Set<ChildProcess>();
    const listener = createServer({ pauseOnConnect: true }, (socket) => serve(config, socket, clients));
    const path = scratch.join('nbd.sock');
    if (options.listen === 'tcp') listener.listen(0, '127.0.0.1');
    else listener.listen(path);
    await once(listener, 'listening');
    const uri =
      options.listen === 'tcp'
        ? `nbd://127.0.0.1:${(listener.address() as AddressInfo).port}/disk`
        : `nbd+unix:///disk?socket=${path}`;
    return new NbdServerPeer(uri, scratch, listener, clients);
  }

  private constructor(uri: string, scratch: Scratch, listener: Server, clients: Set<ChildProcess>) {
    this.uri = uri;
    this.#scratch = scratch;
    this.#listener = listener;
    this.#clients = clients;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await Promise.all(
      [...this.#clients].map(async (client) => {
        const ended = once(client, 'close');
        client.kill('SIGKILL');
        await ended;
      }),
    );
    await this.#scratch[Symbol.asyncDispose]();
  }
}

/** Source: nbd-server(5), FORCEDTLS. */
function tlsSettings(folder: string): string[] {
  const file = (name: string): string => join(folder, name);
  return [
    `certfile = ${file('server-cert.pem')}`,
    `keyfile = ${file('server-key.pem')}`,
    `cacertfile = ${file('ca-cert.pem')}`,
    'force_tls = true',
  ];
}

function serve(config: string, socket: Socket, clients: Set<ChildProcess>): void {
  const args = ['--pdeathsig', 'KILL', 'nbd-server', '-d', '-C', config];
  const child = spawn('setpriv', args, { stdio: [socket, 'ignore', 'ignore'] });
  clients.add(child);
  child.on('close', () => clients.delete(child));
  // The child has it; this end of it is of no use any more.
  socket.destroy();
}
