import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A libvirtd as it was before one of its features: a relay before a newer one, which answers no where it is asked for
 * that feature. All else goes through as it is.
 */
export class OlderLibvirt implements AsyncDisposable {
  /** Where clients connect: see `uriOf`. */
  readonly socketPath: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #asked = 0;

  private constructor(socketPath: string, targetPath: string, feature: number) {
    this.socketPath = socketPath;
    this.#server = createServer((client) => {
      const server = connect(targetPath);
      this.#relay(client, server, feature);
    }).listen(socketPath);
  }

  /** Listens at `socketPath` for what is meant for `targetPath`. */
  static async start(socketPath: string, targetPath: string, feature: number): Promise<OlderLibvirt> {
    const older = new OlderLibvirt(socketPath, targetPath, feature);
    await once(older.#server, 'listening');
    return older;
  }

  /** How often it was asked for the feature. */
  get asked(): number {
    return this.#asked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #relay(client: Socket, server: Socket, feature: number): void {
    const asked = new Set<number>();
    onMessages(client, (message) => {
      if (isSupportsFeature(message) && message.readUInt32BE(PAYLOAD) === feature) {
        asked.add(message.readUInt32BE(SERIAL));
        this.#asked += 1;
      }
      server.write(message);
    });
    onMessages(server, (message) => {
      const isAnswer = isSupportsFeature(message) && asked.delete(message.readUInt32BE(SERIAL));
      if (isAnswer) message.writeUInt32BE(0, PAYLOAD);
      client.write(message);
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.end();
      });
    }
  }
}

/** VIR_DRV_FEATURE_MIGRATION_PARAMS (1.1.0). Source: libvirt, src/libvirt_internal.h. */
export const MIGRATION_PARAMS_FEATURE = 13;

/** Calls back with each whole message; the first word of one is its length. */
function onMessages(socket: Socket, onMessage: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
      const length = rest.readUInt32BE(0);
      onMessage(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}

function isSupportsFeature(message: Buffer): boolean {
  const isRemote = message.length === PAYLOAD + 4 && message.readUInt32BE(4) === REMOTE_PROGRAM;
  return isRemote && message.readUInt32BE(12) === CONNECT_SUPPORTS_FEATURE;
}

/** Offsets in a message. Source: libvirt, src/rpc/virnetprotocol.x, struct virNetMessageHeader. */
const SERIAL = 20;
const PAYLOAD = 28;

/** Source: libvirt, src/remote/remote_protocol.x. */
const REMOTE_PROGRAM = 0x20008086;
const CONNECT_SUPPORTS_FEATURE = 60;
