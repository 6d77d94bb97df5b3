import { describe, expect, it } from 'vitest';
import { connect, serve } from '../src/index.js';
import { collect, KiB, MiB, noise } from './support/contents.js';
import { Workspace } from './support/workspace.js';

const DATA = 0;
const HOLE = 3;

describe('extents', () => {
  it('tell holes from data, of a file and of memory', async () => {
    await using workspace = await Workspace.create();
    const file = await workspace.file('disk', MiB, { offset: 256 * KiB, bytes: noise(64 * KiB) });
    await using onDisk = await serve({ file, listen: workspace.socket('file') });
    await using inMemory = await serve({ memory: MiB, listen: workspace.socket('memory') });
    for (const { uri } of [onDisk, inMemory]) {
      await using handle = await connect(uri);
      await handle.write(256 * KiB, noise(64 * KiB));
      expect(await collect(handle.extents())).toEqual([
        { offset: 0, length: 256 * KiB, flags: HOLE },
        { offset: 256 * KiB, length: 64 * KiB, flags: DATA },
        { offset: 320 * KiB, length: 704 * KiB, flags: HOLE },
      ]);
    }
  });

  it('are cut to the range that was asked for', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: MiB, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    await handle.write(64 * KiB, noise(64 * KiB));
    expect(await collect(handle.extents({ offset: 100 * KiB, length: 60 * KiB }))).toEqual([
      { offset: 100 * KiB, length: 28 * KiB, flags: DATA },
      { offset: 128 * KiB, length: 32 * KiB, flags: HOLE },
    ]);
    expect(await collect(handle.extents({ offset: 64 * KiB, length: 1 }))).toEqual([
      { offset: 64 * KiB, length: 1, flags: DATA },
    ]);
    expect(await collect(handle.extents({ offset: 960 * KiB }))).toEqual([
      { offset: 960 * KiB, length: 64 * KiB, flags: HOLE },
    ]);
    expect(await collect(handle.extents({ offset: MiB }))).toEqual([]);
  });

  it('join neighbours, also across requests: a request is of 1 GiB at most', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: 5 * 1024 * MiB, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    expect(await collect(handle.extents())).toEqual([{ offset: 0, length: 5 * 1024 * MiB, flags: HOLE }]);
    await handle.write(1024 * MiB - 64 * KiB, noise(64 * KiB));
    await handle.write(1024 * MiB, noise(64 * KiB));
    expect(await collect(handle.extents())).toEqual([
      { offset: 0, length: 1024 * MiB - 64 * KiB, flags: HOLE },
      { offset: 1024 * MiB - 64 * KiB, length: 128 * KiB, flags: DATA },
      { offset: 1024 * MiB + 64 * KiB, length: 4096 * MiB - 64 * KiB, flags: HOLE },
    ]);
  });

  it('cover the export without a gap, however many there are', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: 16 * MiB, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    const written = [...Array(2000).keys()].map((index) => index * 8 * KiB);
    await Promise.all(written.map((offset) => handle.write(offset, noise(4 * KiB))));
    const found = await collect(handle.extents());
    expect(found.filter(({ flags }) => flags === DATA).map(({ offset }) => offset)).toEqual(written);
    let end = 0;
    for (const { offset, length } of found) {
      expect(offset).toBe(end);
      end += length;
    }
    expect(end).toBe(16 * MiB);
  });

  it.each([
    { offset: -1 },
    { length: -1 },
    { offset: 0.5 },
    { length: Number.NaN },
    { offset: MiB + 1 },
    { offset: MiB, length: 1 },
  ])('are refused for %j', async (range) => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: MiB, listen: workspace.socket() });
    await using handle = await connect(server.uri);
    await expect(handle.extents(range).next()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('are refused in a context that was not agreed on, which the error names', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: MiB, bitmaps: [{ name: 'm' }], listen: workspace.socket() });
    await using handle = await connect(server.uri);
    const refused = handle.extents({ context: 'qemu:dirty-bitmap:m' }).next();
    await expect(refused).rejects.toMatchObject({
      code: 'NBD_UNSUPPORTED',
      message: expect.stringContaining('qemu:dirty-bitmap:m'),
    });
  });
});
