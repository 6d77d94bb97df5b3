import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { RecordingProxy, Scratch } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';

describe('the recording proxy', () => {
  it('relays what both sides say, ends included, and keeps it by connection', async () => {
    await using scratch = new Scratch();
    // Answers when its client has finished, and not before.
    await using server = await serve(scratch.join('server'), (socket) => {
      let heard = 'heard ';
      socket.on('data', (data: Buffer) => (heard += data)).on('end', () => socket.end(heard));
    });
    await using proxy = await RecordingProxy.start(scratch.join('proxy'), server.path);
    for (const word of ['one', 'two']) {
      const client = connect({ path: proxy.socketPath, allowHalfOpen: true }).end(word);
      expect(String(await buffer(client))).toBe(`heard ${word}`);
    }
    expect(proxy.recordings).toEqual([
      { sent: Buffer.from('one'), received: Buffer.from('heard one') },
      { sent: Buffer.from('two'), received: Buffer.from('heard two') },
    ]);
  });

  it('ends a connection that there is no server for, and all when it is disposed of', async () => {
    await using scratch = new Scratch();
    const proxy = await RecordingProxy.start(scratch.join('proxy'), scratch.join('server'));
    await closed(connect(proxy.socketPath));

    await using _server = await serve(scratch.join('server'), () => {});
    const client = connect(proxy.socketPath).resume();
    await once(client, 'connect');
    await proxy[Symbol.asyncDispose]();
    await closed(client);
  });
});

async function serve(
  path: string,
  onConnection: (socket: Socket) => void,
): Promise<AsyncDisposable & { path: string }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => {}));
    onConnection(socket);
  }).listen(path);
  await once(server, 'listening');
  const dispose = async (): Promise<void> => {
    const gone = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await gone;
  };
  return { path, [Symbol.asyncDispose]: dispose };
}

/** Resolves when the connection is gone, whichever way. */
async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  await new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
}
