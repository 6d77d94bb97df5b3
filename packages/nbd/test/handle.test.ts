import { describe, expect, it } from 'vitest';
import { connect, type NbdHandle, serve } from '../src/index.js';
import { collect, firstDifference, KiB, MiB, noise } from './support/contents.js';
import { Peer } from './support/peer.js';
import { Relay } from './support/relay.js';
import { Workspace } from './support/workspace.js';

describe('an open export', () => {
  it('reads back what was written, at any offset', async () => {
    await using disk = await openMemory(MiB);
    const { handle } = disk;
    await handle.write(4095, noise(3));
    await handle.write(MiB - 1, Buffer.from([7]), { fua: true });
    expect(await handle.read(4094, 5)).toEqual(Buffer.from([0, ...noise(3), 0]));
    expect(await handle.read(MiB - 2, 2)).toEqual(Buffer.from([0, 7]));
  });

  it('has copied the bytes when write() returns', async () => {
    await using disk = await openMemory(MiB);
    const { handle } = disk;
    const bytes = noise(64 * KiB);
    const written = handle.write(0, bytes);
    bytes.fill(0);
    await written;
    expect(firstDifference(await handle.read(0, 64 * KiB), noise(64 * KiB))).toBeUndefined();
  });

  it.each<[string, (handle: NbdHandle) => Promise<void>]>([
    ['zero', (handle) => handle.zero(8 * KiB, 16 * KiB)],
    ['zero, its space kept', (handle) => handle.zero(8 * KiB, 16 * KiB, { allocate: true })],
    ['zero, fast', (handle) => handle.zero(8 * KiB, 16 * KiB, { fast: true })],
    ['trim', (handle) => handle.trim(8 * KiB, 16 * KiB)],
  ])('%s makes zeros of just the range', async (_, make) => {
    await using disk = await openMemory(64 * KiB);
    const { handle } = disk;
    await handle.write(0, noise(64 * KiB));
    await make(handle);
    const expected = noise(64 * KiB).fill(0, 8 * KiB, 24 * KiB);
    expect(firstDifference(await handle.read(0, 64 * KiB), expected)).toBeUndefined();
  });

  it('keeps the space of what is zeroed with "allocate" and gives the rest back', async () => {
    await using workspace = await Workspace.create();
    const file = await workspace.file('disk', MiB, { offset: 0, bytes: noise(MiB) });
    await using server = await serve({ file, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    const full = await workspace.allocated('disk');
    await handle.zero(0, 512 * KiB, { allocate: true });
    expect(await workspace.allocated('disk')).toBeGreaterThanOrEqual(full);
    await handle.zero(0, 512 * KiB);
    expect(await workspace.allocated('disk')).toBeLessThanOrEqual(full - 512 * KiB);
    await handle.trim(512 * KiB, 512 * KiB);
    expect(await workspace.allocated('disk')).toBeLessThanOrEqual(full - MiB);
  });

  it('flushes and caches', async () => {
    await using disk = await openMemory(64 * KiB);
    await expect(disk.handle.flush()).resolves.toBeUndefined();
    await expect(disk.handle.cache(0, 64 * KiB)).resolves.toBeUndefined();
  });

  it('has many requests under way at once and gives each its own answer', async () => {
    await using disk = await openMemory(MiB);
    const { handle } = disk;
    const block = 16 * KiB;
    const blocks = [...Array(MiB / block).keys()];
    await Promise.all(blocks.map((index) => handle.write(index * block, noise(block, index))));
    const found = await Promise.all(blocks.map((index) => handle.read(index * block, block)));
    const expected = blocks.map((index) => noise(block, index));
    expect(firstDifference(Buffer.concat(found), Buffer.concat(expected))).toBeUndefined();
  });

  it('holds what a model of it holds, whatever is written, zeroed and trimmed', async () => {
    await using disk = await openMemory(256 * KiB);
    const { handle } = disk;
    const model = Buffer.alloc(256 * KiB);
    const random = noise(4 * 400, 5);
    for (let at = 0; at < random.length; at += 4) {
      const offset = random.readUInt16LE(at) * 4 + 1;
      const length = Math.min(1 + random.readUInt16LE(at + 2), 256 * KiB - offset);
      const bytes = noise(length, at);
      if (at % 3 === 0) await handle.zero(offset, length);
      else if (at % 3 === 1) await handle.trim(offset, length);
      else await handle.write(offset, bytes);
      if (at % 3 < 2) model.fill(0, offset, offset + length);
      else bytes.copy(model, offset);
    }
    expect(firstDifference(await handle.read(0, 256 * KiB), model)).toBeUndefined();
  });

  it('sends requests without waiting for answers', async () => {
    await using disk = await openMemory(MiB);
    await using relay = await Relay.start(disk.uri);
    await using handle = await connect(relay.uri);
    const held = relay.hold(2 * 64 * KiB);
    const writes = Promise.all([handle.write(0, noise(64 * KiB)), handle.write(64 * KiB, noise(64 * KiB))]);
    await held;
    relay.release();
    await writes;
  });
});

describe('a request is refused and nothing is sent', () => {
  const cases: readonly [string, (handle: NbdHandle) => Promise<unknown>][] = [
    ['a read past the end', (handle) => handle.read(64 * KiB, 1)],
    ['a write past the end', (handle) => handle.write(64 * KiB - 1, Buffer.alloc(2))],
    ['a zero past the end', (handle) => handle.zero(4096, 64 * KiB)],
    ['a trim past the end', (handle) => handle.trim(0, 64 * KiB + 1)],
    ['a cache past the end', (handle) => handle.cache(1, 64 * KiB)],
    ['a negative offset', (handle) => handle.read(-1, 1)],
    ['half an offset', (handle) => handle.read(0.5, 1)],
    ['no number', (handle) => handle.read(Number.NaN, 1)],
    ['no bytes to read', (handle) => handle.read(0, 0)],
    ['no bytes to write', (handle) => handle.write(0, Buffer.alloc(0))],
    ['no bytes to zero', (handle) => handle.zero(0, 0)],
    ['a string instead of bytes', (handle) => handle.write(0, 'abc' as never)],
  ];

  it.each(cases)('%s', async (_, request) => {
    await using disk = await openMemory(64 * KiB);
    await expect(request(disk.handle)).rejects.toMatchObject({ name: 'NbdError', code: 'INVALID_ARGUMENT' });
    expect(firstDifference(await disk.handle.read(0, 64 * KiB), Buffer.alloc(64 * KiB))).toBeUndefined();
  });

  it('tells the range', async () => {
    await using disk = await openMemory(64 * KiB);
    await expect(disk.handle.read(64 * KiB, 9)).rejects.toMatchObject({ offset: 64 * KiB, length: 9 });
  });

  it.each<[string, (handle: NbdHandle) => Promise<unknown>]>([
    ['write', (handle) => handle.write(0, noise(512))],
    ['zero', (handle) => handle.zero(0, 512)],
    ['trim', (handle) => handle.trim(0, 512)],
  ])('%s on a read-only export', async (_, request) => {
    await using workspace = await Workspace.create();
    const file = await workspace.file('disk', 4096, { offset: 0, bytes: noise(4096) });
    await using server = await serve({ file, readOnly: true, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    expect(handle.info.readOnly).toBe(true);
    await expect(request(handle)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await handle.read(0, 4096)).toEqual(noise(4096));
  });

  it('longer than the protocol allows', async () => {
    await using disk = await openMemory(2 ** 34);
    const { handle } = disk;
    const longest = handle.info.blockSizeMaximum;
    const refused = { name: 'NbdError', code: 'INVALID_ARGUMENT' };
    await expect(handle.read(0, longest + 1)).rejects.toMatchObject(refused);
    await expect(handle.read(0, 2 ** 32 + 1)).rejects.toMatchObject(refused);
    await expect(handle.write(0, Buffer.alloc(longest + 1))).rejects.toMatchObject(refused);
    await handle.zero(0, 2 ** 34);
    await handle.trim(0, 2 ** 34);

    // Without extended headers a length has 32 bits.
    await using older = await connect(disk.uri, { replies: 'structured' });
    expect(older.info).toMatchObject({ structuredReplies: true, extendedHeaders: false });
    await expect(older.zero(0, 2 ** 32)).rejects.toMatchObject(refused);
    await older.zero(0, 2 ** 32 - 1);
    expect(await collect(older.extents())).toEqual(await collect(handle.extents()));
  });
});

describe('closing a handle', () => {
  it('lets what is in flight be answered, then refuses everything', async () => {
    await using disk = await openMemory(64 * KiB);
    const handle = await connect(disk.uri);
    const written = handle.write(0, noise(64 * KiB));
    const closed = handle.close();
    await written;
    await closed;
    await handle.close();
    for (const late of [handle.read(0, 1), handle.write(0, noise(1)), handle.zero(0, 1), handle.flush()]) {
      await expect(late).rejects.toMatchObject({ code: 'CLOSED' });
    }
    await expect(handle.extents().next()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(firstDifference(await disk.handle.read(0, 64 * KiB), noise(64 * KiB))).toBeUndefined();
  });

  it('fails what is in flight when the connection breaks, and all after it', async () => {
    await using disk = await openMemory(64 * KiB);
    await using relay = await Relay.start(disk.uri);
    await using handle = await connect(relay.uri);
    const held = relay.hold();
    const writes = [handle.write(0, noise(4096)), handle.write(4096, noise(4096))];
    const outcomes = Promise.allSettled(writes);
    await held;
    relay.cut();
    const lost = { code: 'NBD_DISCONNECTED', retryable: true };
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: lost });
    await expect(handle.read(0, 1)).rejects.toMatchObject(lost);
  });

  it('gives up a request that is not answered in time', async () => {
    await using disk = await openMemory(64 * KiB);
    await using relay = await Relay.start(disk.uri);
    await using handle = await connect(relay.uri, { requestTimeoutMs: 50 });
    const held = relay.hold();
    const write = handle.write(0, noise(4096));
    await Promise.all([held, expect(write).rejects.toMatchObject({ code: 'NBD_TIMEOUT', retryable: true })]);
  });
});

describe('connecting fails', () => {
  it.each([
    ['another scheme', 'http://127.0.0.1/', 'INVALID_ARGUMENT'],
    ['a path', '/dev/null', 'INVALID_ARGUMENT'],
    ['a socket that is missing', 'nbd+unix:///', 'INVALID_ARGUMENT'],
    ['TLS with pre-shared keys', 'nbds+unix:///?socket=/nowhere&tls-psk-file=/keys', 'NBD_UNSUPPORTED'],
    ['TLS on a unix socket without a name', 'nbds+unix:///?socket=/nowhere', 'NBD_TLS_HOSTNAME'],
    [
      'TLS without certificates',
      'nbds+unix:///?socket=/nowhere&tls-hostname=h&tls-certificates=/nowhere',
      'NBD_TLS_CREDENTIALS',
    ],
  ])('%s', async (_, uri, code) => {
    await expect(connect(uri)).rejects.toMatchObject({ name: 'NbdError', code, retryable: false });
  });

  it('where nobody listens', async () => {
    await using workspace = await Workspace.create();
    const refused = connect(workspace.socket());
    await expect(refused).rejects.toMatchObject({ code: 'NBD_CONNECT', retryable: true });
  });

  it('where the server has no such export', async () => {
    await using workspace = await Workspace.create();
    await using _server = await serve({ memory: 4096, exportName: 'here', listen: workspace.socket() });
    for (const exportName of ['', 'there']) {
      const refused = connect(workspace.socket('socket', exportName));
      await expect(refused).rejects.toMatchObject({ code: 'NBD_EXPORT_NOT_FOUND' });
    }
  });

  it('where the peer speaks something else, or nothing', async () => {
    await using peer = await Peer.start((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(connect(peer.uri)).rejects.toMatchObject({ code: 'NBD_PROTOCOL' });
    await using silent = await Peer.start(() => {});
    const refused = connect(silent.uri, { handshakeTimeoutMs: 50 });
    await expect(refused).rejects.toMatchObject({ code: 'NBD_TIMEOUT', retryable: true });
  });

  it.each([0, -1, 1.5, 2 ** 31])('with a timeout of %d ms', async (ms) => {
    const options = [{ handshakeTimeoutMs: ms }, { requestTimeoutMs: ms }];
    for (const option of options) {
      await expect(connect('nbd://127.0.0.1/', option)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('when the caller has given up already', async () => {
    await using disk = await openMemory(4096);
    const signal = AbortSignal.abort('enough');
    await expect(connect(disk.uri, { signal })).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
  });

  it('when the caller gives up meanwhile', async () => {
    const controller = new AbortController();
    await using silent = await Peer.start(() => controller.abort('enough'));
    const refused = connect(silent.uri, { signal: controller.signal });
    await expect(refused).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
  });
});

/** Memory behind a server, with a handle to it. */
async function openMemory(
  memory: number,
): Promise<AsyncDisposable & { readonly uri: string; readonly handle: NbdHandle }> {
  const workspace = await Workspace.create();
  const server = await serve({ memory, listen: workspace.socket() });
  const handle = await connect(server.uri);
  return {
    uri: server.uri,
    handle,
    async [Symbol.asyncDispose]() {
      await handle.close();
      await server.close();
      await workspace[Symbol.asyncDispose]();
    },
  };
}
