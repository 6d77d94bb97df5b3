import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { DelayProxy, type LinkOptions, requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';

const lab = requires();

describe.skipIf(!lab.available)(`the delay proxy ${lab.reason}`, () => {
  it('delays each direction, and relays an end as an end', async () => {
    // Says what it has heard when its peer has finished, and not before.
    await using target = await Target.listen((socket) => {
      const heard: Buffer[] = [];
      socket.on('data', (data: Buffer) => heard.push(data)).on('end', () => socket.end(Buffer.concat(heard)));
    });
    await using proxy = await proxyTo(target, { delayMs: 25 });
    const began = performance.now();
    const client = await open(proxy);
    client.end('there and back');
    expect(String(await buffer(client))).toBe('there and back');
    expect(performance.now() - began).toBeGreaterThanOrEqual(50);
    expect(proxy.stalls).toBe(0);
  });

  it('stands still after so many bytes, and loses none', async () => {
    await using target = await Target.listen((socket) => void socket.pipe(socket));
    await using proxy = await proxyTo(target, { delayMs: 1, stall: { everyMiB: 2, ms: 100 } });
    const sent = randomBytes(3 << 20);
    const began = performance.now();
    const client = await open(proxy);
    client.end(sent);
    expect(sent.equals(await buffer(client))).toBe(true);
    // 3 MiB there and 3 back: the third outage begins with the last byte, and may be told after it.
    expect(performance.now() - began).toBeGreaterThanOrEqual(200);
    expect(proxy.stalls).toBeGreaterThanOrEqual(2);
  });

  it('ends a connection that the other side does not take, and one that breaks', async () => {
    await using target = await Target.listen((socket) => socket.on('data', () => socket.resetAndDestroy()));
    await using proxy = await proxyTo(target, { delayMs: 1 });
    await closed(await open(proxy), 'are you there?');
    await target[Symbol.asyncDispose]();
    await closed(await open(proxy), '');
  });
});

class Target implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(onConnection: (socket: Socket) => void): Promise<Target> {
    const server = createServer({ allowHalfOpen: true }, onConnection).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Target(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function proxyTo(target: Target, link: LinkOptions): Promise<DelayProxy> {
  const routes = [{ port: 0, targetPort: target.port }];
  return DelayProxy.start({ listenHost: '127.0.0.1', targetHost: '127.0.0.1', routes, link });
}

async function open(proxy: DelayProxy): Promise<Socket> {
  const socket = connect({ port: proxy.ports[0] ?? 0, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** Resolves when the connection is gone, whichever way. */
async function closed(socket: Socket, text: string): Promise<void> {
  const gone = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
  socket.resume().end(text);
  await gone;
}
