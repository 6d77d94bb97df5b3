import { describe, expect, it } from 'vitest';
import { compare, connect, serve } from '../src/index.js';
import { KiB, MiB, noise } from './support/contents.js';
import { Relay } from './support/relay.js';
import { Workspace } from './support/workspace.js';

describe('comparing', () => {
  it('finds equal what is equal; holes are zeros', async () => {
    await using workspace = await Workspace.create();
    const data = { offset: MiB, bytes: noise(64 * KiB) };
    const sparse = await workspace.file('sparse', 4 * MiB, data);
    const full = await workspace.file('full', 4 * MiB, { offset: 0, bytes: Buffer.alloc(4 * MiB) }, data);
    await using server = await serve({ file: full, listen: workspace.socket() });
    for (const [a, b] of [
      [sparse, full],
      [full, sparse],
      [sparse, server.uri],
      [server.uri, sparse],
      [sparse, sparse],
    ] as const) {
      expect(await compare(a, b)).toEqual({ equal: true, bytesCompared: 4 * MiB });
    }
  });

  it('leaves no connection behind', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: MiB, listen: workspace.socket() });
    await compare(server.uri, await workspace.file('zeros', MiB));
    // The server sees it go in its own time.
    await expect.poll(() => server.connections).toBe(0);
  });

  it.each([0, 1, 256 * KiB - 1, 256 * KiB, 3 * MiB + 5, 4 * MiB - 1])(
    'finds the one byte that differs, at %d',
    async (offset) => {
      await using workspace = await Workspace.create();
      const a = await workspace.file('a', 4 * MiB, { offset: 0, bytes: noise(2 * MiB) });
      const b = await workspace.file('b', 4 * MiB, { offset: 0, bytes: noise(2 * MiB) });
      await using server = await serve({ file: b, listen: workspace.socket() });
      await using handle = await connect(server.uri);
      await handle.write(offset, Buffer.from([2]));
      for (const result of [await compare(a, server.uri), await compare(b, a)]) {
        expect(result).toMatchObject({ equal: false, firstDifference: offset });
        expect(result.bytesCompared).toBeGreaterThanOrEqual(offset);
      }
    },
  );

  it('tells the first of many differences, over many connections', async () => {
    await using workspace = await Workspace.create();
    const a = await workspace.file('a', 16 * MiB, { offset: MiB + 1, bytes: noise(12 * MiB) });
    await using server = await serve({ memory: 16 * MiB, listen: workspace.socket() });
    for (const connections of [1, 4, 16]) {
      const result = await compare(a, server.uri, { connections });
      expect(result).toMatchObject({ equal: false, firstDifference: MiB + 1 });
    }
  });

  it('tells where the shorter one ends, unless they differ before', async () => {
    await using workspace = await Workspace.create();
    const long = await workspace.file('long', 2 * MiB, { offset: 0, bytes: noise(MiB) });
    const short = await workspace.file('short', MiB, { offset: 0, bytes: noise(MiB) });
    const other = await workspace.file('other', MiB, { offset: 4096, bytes: noise(4096) });
    expect(await compare(long, short)).toMatchObject({ equal: false, firstDifference: MiB });
    expect(await compare(short, long)).toMatchObject({ equal: false, firstDifference: MiB });
    expect(await compare(other, long)).toMatchObject({ equal: false, firstDifference: 0 });
  });

  it('is refused with what cannot be compared', async () => {
    await using workspace = await Workspace.create();
    const a = await workspace.file('a', MiB);
    for (const [one, other, failure] of [
      [a, 'null:', { code: 'INVALID_ARGUMENT' }],
      [a, 'http://127.0.0.1/', { code: 'INVALID_ARGUMENT' }],
      [workspace.path('none'), a, { code: 'IO_ENOENT', side: 'source' }],
      [a, workspace.path('none'), { code: 'IO_ENOENT', side: 'destination' }],
      [a, workspace.socket('nobody'), { code: 'NBD_CONNECT', side: 'destination' }],
    ] as const) {
      await expect(compare(one, other)).rejects.toMatchObject({ name: 'NbdError', ...failure });
    }
    await expect(compare(a, a, { connections: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('can be cancelled before it begins, and while it waits for a peer', async () => {
    await using workspace = await Workspace.create();
    const a = await workspace.file('a', MiB, { offset: 0, bytes: noise(MiB) });
    await using server = await serve({ file: a, listen: workspace.socket() });
    const aborted = { code: 'ABORTED', cause: 'enough' };
    const early = compare(a, server.uri, { signal: AbortSignal.abort('enough') });
    await expect(early).rejects.toMatchObject(aborted);
    await using relay = await Relay.start(server.uri);
    const held = relay.hold();
    const controller = new AbortController();
    const signal = controller.signal;
    const comparison = compare(a, relay.uri, { connections: 1, signal });
    await held;
    controller.abort('enough');
    relay.release();
    await expect(comparison).rejects.toMatchObject(aborted);
  });

  it('ends when a peer breaks off', async () => {
    await using workspace = await Workspace.create();
    const a = await workspace.file('a', MiB, { offset: 0, bytes: noise(MiB) });
    await using server = await serve({ file: a, listen: workspace.socket() });
    await using relay = await Relay.start(server.uri);
    const held = relay.hold();
    const comparison = compare(a, relay.uri, { connections: 1 });
    await held;
    relay.cut();
    await expect(comparison).rejects.toMatchObject({ code: 'NBD_DISCONNECTED', side: 'destination' });
  });
});
