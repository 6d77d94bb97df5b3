import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect, list, type ServeOptions, serve, systemdSockets } from '../src/index.js';
import { firstDifference, KiB, MiB, noise } from './support/contents.js';
import { Workspace } from './support/workspace.js';

/** Client flags, and the default export by NBD_OPT_EXPORT_NAME: the shortest way into transmission. */
const GREETING_AND_EXPORT_NAME = '00000003' + '49484156454f5054' + '00000001' + '00000000';

describe('serving', () => {
  it('offers memory on a unix socket, zeros at first', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: MiB, listen: workspace.socket() });
    expect(server.uri).toBe(workspace.socket());
    expect(server.size).toBe(MiB);
    await using handle = await connect(server.uri);
    expect(firstDifference(await handle.read(0, MiB), Buffer.alloc(MiB))).toBeUndefined();
  });

  it('offers a file, to which what clients write goes', async () => {
    await using workspace = await Workspace.create();
    const file = await workspace.file('disk', 64 * KiB, { offset: 0, bytes: noise(64 * KiB) });
    await using server = await serve({ file, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    expect(firstDifference(await handle.read(0, 64 * KiB), noise(64 * KiB))).toBeUndefined();
    await handle.write(4096, Buffer.from('new'));
    expect((await workspace.read('disk')).toString('latin1', 4096, 4099)).toBe('new');
  });

  it('takes any free port, and tells it', async () => {
    await using first = await serve({ memory: 4096, listen: 'nbd://127.0.0.1:0' });
    await using second = await serve({ memory: 8192, listen: 'nbd://127.0.0.1:0' });
    expect(first.uri).toMatch(/^nbd:\/\/127\.0\.0\.1:[1-9]\d*\/?$/);
    expect(second.uri).not.toBe(first.uri);
    await using handle = await connect(second.uri);
    expect(handle.size).toBe(8192);
  });

  it.each(['disk', 'ä b/c?d%', '/x'])('finds the export "%s" under its URI', async (exportName) => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: 4096, exportName, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    expect(handle.info.name).toBe(exportName);
  });

  it('counts its clients and turns away those that are too many', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: 4096, maxConnections: 2, listen: workspace.socket() });
    await using _first = await connect(server.uri);
    const second = await connect(server.uri);
    expect(server.connections).toBe(2);
    await expect(connect(server.uri)).rejects.toMatchObject({ code: 'NBD_DISCONNECTED', retryable: true });
    await second.close();
    await expect.poll(() => server.connections).toBe(1);
    await using _third = await connect(server.uri);
    expect(server.connections).toBe(2);
  });
});

describe('several exports', () => {
  it('have each their own contents, sizes, bitmaps and URIs, in the order given', async () => {
    await using workspace = await Workspace.create();
    const file = await workspace.file('disk', 64 * KiB, { offset: 0, bytes: noise(64 * KiB) });
    await using server = await serve({
      memory: MiB,
      exportName: 'a',
      bitmaps: [{ name: 'm' }],
      exports: [
        { name: 'b/c', file, readOnly: true },
        { name: '', memory: 4096, description: 'the default', bitmaps: [{ name: 'm', granularity: 512 }] },
      ],
      listen: workspace.socket(),
    });
    const [a, b, c] = [...server.exports.values()];
    expect([...server.exports.keys()]).toEqual(['a', 'b/c', '']);
    expect([a?.size, b?.size, c?.size]).toEqual([MiB, 64 * KiB, 4096]);
    expect([server.uri, server.size, server.bitmaps]).toEqual([a?.uri, a?.size, a?.bitmaps]);
    await using first = await connect(server.uri);
    await first.write(0, noise(1));
    expect(a?.bitmaps.get('m')?.count()).toBe(64 * KiB);
    expect(c?.bitmaps.get('m')?.count()).toBe(0);
    await using second = await connect(b?.uri ?? '');
    expect(firstDifference(await second.read(0, 64 * KiB), noise(64 * KiB))).toBeUndefined();
    await expect(second.write(0, noise(1))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await list(server.uri)).toMatchObject([
      { name: 'a' },
      { name: 'b/c' },
      { description: 'the default' },
    ]);
  });

  it('need none of their own beside them', async () => {
    await using workspace = await Workspace.create();
    const exports = [{ name: 'only', memory: 4096 }];
    await using server = await serve({ exports, listen: workspace.socket() });
    expect(server.uri).toBe(workspace.socket('socket', 'only'));
  });
});

describe('a server on sockets of somebody else', () => {
  it.each([
    [[3000], 'INVALID_ARGUMENT'],
    [[1], 'INVALID_ARGUMENT'],
    [[-1], 'INVALID_ARGUMENT'],
    [[], 'NBD_LISTEN'],
  ])('refuses %j', async (sockets, code) => {
    await expect(serve({ memory: 4096, listen: { sockets } })).rejects.toMatchObject({ code });
  });

  it('finds those that systemd has passed, and only once', () => {
    const env = { LISTEN_PID: String(process.pid), LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b', PATH: '/bin' };
    expect(systemdSockets(env)).toEqual([3, 4]);
    expect(env).toEqual({ PATH: '/bin' });
    expect(systemdSockets(env)).toBeUndefined();
    expect(systemdSockets({ LISTEN_PID: '1', LISTEN_FDS: '1' })).toBeUndefined();
    const nonsense = { LISTEN_PID: String(process.pid), LISTEN_FDS: 'two' };
    expect(() => systemdSockets(nonsense)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('a server and its signal', () => {
  it('does not begin once it is aborted', async () => {
    await using workspace = await Workspace.create();
    const reason = new Error('enough');
    const refused = serve({ memory: 4096, listen: workspace.socket(), signal: AbortSignal.abort(reason) });
    await expect(refused).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
    expect(await readdir(workspace.folder)).toEqual([]);
  });

  it('is aborted while it begins, and leaves nothing', async () => {
    await using workspace = await Workspace.create();
    const controller = new AbortController();
    const refused = serve({ memory: 4096, listen: workspace.socket(), signal: controller.signal });
    controller.abort();
    await expect(refused).rejects.toMatchObject({ code: 'ABORTED' });
    await expect.poll(() => readdir(workspace.folder)).toEqual([]);
  });

  it('closes when it is aborted later', async () => {
    await using workspace = await Workspace.create();
    const controller = new AbortController();
    const server = await serve({ memory: 4096, listen: workspace.socket(), signal: controller.signal });
    await using handle = await connect(server.uri);
    controller.abort();
    await server.close();
    await expect(handle.read(0, 1)).rejects.toMatchObject({ code: 'NBD_DISCONNECTED' });
    expect(await readdir(workspace.folder)).toEqual([]);
  });
});

describe('a client that takes too long', () => {
  it.each([
    ['to negotiate', { handshakeTimeoutMs: 50 }, ''],
    ['to ask for something', { idleTimeoutMs: 50 }, GREETING_AND_EXPORT_NAME],
    ['to finish what it asks for', { stallTimeoutMs: 50 }, `${GREETING_AND_EXPORT_NAME}2560`],
  ])('%s is disconnected', async (_, timeouts, said) => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: 4096, listen: workspace.socket(), ...timeouts });
    const client = createConnection(workspace.path('socket'));
    client.resume().write(Buffer.from(said, 'hex'));
    await once(client, 'close');
    expect(server.connections).toBe(0);
  });
});

describe('closing a server', () => {
  it('removes the socket, ends the clients, and a second call does nothing', async () => {
    await using workspace = await Workspace.create();
    const server = await serve({ memory: 4096, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    await server.close();
    expect(await readdir(workspace.folder)).toEqual([]);
    await expect(handle.read(0, 1)).rejects.toMatchObject({ code: 'NBD_DISCONNECTED', retryable: true });
    await server.close();
    expect(server.connections).toBe(0);
    await using again = await serve({ memory: 4096, listen: workspace.socket() });
    expect(again.uri).toBe(server.uri);
  });

  it('does not wait for a client that has connected and says nothing', async () => {
    await using workspace = await Workspace.create();
    const server = await serve({ memory: 4096, listen: workspace.socket() });
    const silent = createConnection(workspace.path('socket'));
    const ended = new Promise((resolve) => silent.once('close', resolve).resume());
    await expect.poll(() => server.connections).toBe(1);
    await server.close();
    await ended;
  });
});

describe('a server is refused', () => {
  const cases: readonly [string, Partial<ServeOptions>, string][] = [
    ['nothing to serve', { memory: undefined as never }, 'INVALID_ARGUMENT'],
    ['a file and memory', { file: '/dev/null' }, 'INVALID_ARGUMENT'],
    ['a negative size', { memory: -1 }, 'INVALID_ARGUMENT'],
    ['half a byte', { memory: 0.5 }, 'INVALID_ARGUMENT'],
    ['two exports of one name', { exports: [{ name: '', memory: 4096 }] }, 'INVALID_ARGUMENT'],
    ['an export of nothing', { exports: [{ name: 'b' }] }, 'INVALID_ARGUMENT'],
    ['no time', { idleTimeoutMs: 0 }, 'INVALID_ARGUMENT'],
    ['no connections', { maxConnections: 0 }, 'INVALID_ARGUMENT'],
    ['an odd granularity', { bitmaps: [{ name: 'm', granularity: 1000 }] }, 'INVALID_ARGUMENT'],
    ['a small granularity', { bitmaps: [{ name: 'm', granularity: 256 }] }, 'INVALID_ARGUMENT'],
    ['two bitmaps of one name', { bitmaps: [{ name: 'm' }, { name: 'm' }] }, 'INVALID_ARGUMENT'],
    ['a name that is too long', { exportName: 'x'.repeat(4097) }, 'INVALID_ARGUMENT'],
    ['another scheme', { listen: 'http://127.0.0.1:8080' }, 'INVALID_ARGUMENT'],
    ['TLS without certificates', { listen: 'nbds://127.0.0.1:10809' }, 'INVALID_ARGUMENT'],
    ['a missing folder', { listen: 'nbd+unix:///?socket=/nowhere/at/all' }, 'NBD_LISTEN'],
    ['a long path', { listen: `nbd+unix:///?socket=/${'x'.repeat(200)}` }, 'NBD_LISTEN'],
    ['a missing file', { memory: undefined as never, file: '/nowhere/at/all' }, 'IO_ENOENT'],
    ['a folder', { memory: undefined as never, file: '/' }, 'IO_EISDIR'],
  ];

  it.each(cases)('%s', async (_, options, code) => {
    await using workspace = await Workspace.create();
    const refused = serve({ memory: 4096, listen: workspace.socket(), ...options });
    await expect(refused).rejects.toMatchObject({ name: 'NbdError', code });
    expect(await readdir(workspace.folder)).toEqual([]);
  });

  it('a socket where another server listens, which goes on', async () => {
    await using workspace = await Workspace.create();
    const other = createServer((socket) => socket.on('error', () => {}).end('other'));
    await new Promise<void>((resolve) => other.listen(workspace.path('socket'), resolve));
    try {
      const refused = serve({ memory: 4096, listen: workspace.socket() });
      await expect(refused).rejects.toMatchObject({ code: 'NBD_LISTEN' });
      const heard = await new Promise((resolve) =>
        createConnection(workspace.path('socket')).once('data', resolve),
      );
      expect(String(heard)).toBe('other');
    } finally {
      other.close();
    }
  });
});
