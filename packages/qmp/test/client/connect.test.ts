import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectQmp } from '../../src/index.js';
import { FakeMonitor, GREETING } from '../support/fake-monitor.js';

describe('connectQmp', () => {
  it('negotiates and tells the greeting', async () => {
    await using monitor = await FakeMonitor.start();
    await using client = await connectQmp(monitor.uri);
    expect(client.uri).toBe(monitor.uri);
    expect(client.greeting.version.qemu).toEqual({ major: 10, minor: 0, micro: 2 });
    expect(monitor.received).toEqual([{ execute: 'qmp_capabilities', id: 1 }]);
  });

  it('refuses an address that is none', async () => {
    await expect(connectQmp('unix:/run/qmp')).rejects.toMatchObject({ code: 'QMP_URI' });
  });

  it('says so when there is no socket', async () => {
    const attempt = connectQmp(`qmp+unix://${join(tmpdir(), 'no-such-monitor')}`);
    await expect(attempt).rejects.toMatchObject({
      code: 'QMP_CONNECT',
      message: expect.stringContaining('there is no such socket'),
      cause: { code: 'ENOENT' },
    });
  });

  it('says so when nothing listens on the port', async () => {
    const port = await freedPort();
    await expect(connectQmp(`qmp+tcp://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'QMP_CONNECT',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('speaks over tcp as well', async () => {
    const server = createServer((socket) => {
      socket.write(GREETING);
      socket.once('data', () => socket.end('{"return": {}, "id": 1}\n'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = await connectQmp(`qmp+tcp://127.0.0.1:${port}`);
    expect(await client.closed).toMatchObject({ code: 'QMP_CLOSED' });
    server.close();
  });

  it('says that the monitor may be busy when it does not greet', async () => {
    await using monitor = await FakeMonitor.start(() => {}, '');
    await expect(connectQmp(monitor.uri, { handshakeTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'QMP_HANDSHAKE',
      message: expect.stringContaining('serves one client at a time'),
    });
  });

  it('says that QEMU may hang when it greets and does not negotiate', async () => {
    const server = createServer((socket) => {
      socket.write(GREETING);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(
      connectQmp(`qmp+tcp://127.0.0.1:${port}`, { handshakeTimeoutMs: 300 }),
    ).rejects.toMatchObject({
      code: 'QMP_HANDSHAKE',
      message: expect.stringContaining('QEMU may hang'),
    });
    server.close();
  });

  it('says so when something else listens there', async () => {
    await using monitor = await FakeMonitor.start(() => {}, '220 mail.example.org ESMTP\r\n');
    await expect(connectQmp(monitor.uri)).rejects.toMatchObject({
      code: 'QMP_HANDSHAKE',
      message: expect.stringContaining('does not speak QMP'),
    });
  });

  it('says so when the peer goes away during the handshake', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(connectQmp(`qmp+tcp://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'QMP_HANDSHAKE' });
    server.close();
  });

  it('does not even connect with a signal that is aborted already', async () => {
    const attempt = connectQmp('qmp+unix:///no-such-monitor', { signal: AbortSignal.abort('enough') });
    await expect(attempt).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
  });

  it('gives up with its signal, and lets go of the socket', async () => {
    await using monitor = await FakeMonitor.start(() => {}, '');
    const controller = new AbortController();
    const attempt = connectQmp(monitor.uri, { signal: controller.signal });
    controller.abort('enough');
    await expect(attempt).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
  });

  it('is not ended by its signal once it is connected', async () => {
    await using monitor = await FakeMonitor.start((command, fake) =>
      fake.sendAll({ return: 1, id: command.id }),
    );
    const controller = new AbortController();
    await using client = await connectQmp(monitor.uri, { signal: controller.signal });
    controller.abort();
    expect(await client.execute('anything')).toBe(1);
  });
});

async function freedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
