import { describe, expect, it } from 'vitest';
import { connect, type DirtyBitmap, type NbdServer, serve } from '../src/index.js';
import { collect, KiB, MiB, noise } from './support/contents.js';
import { Workspace } from './support/workspace.js';

describe('a served bitmap', () => {
  it('records writes, zeros and trims of clients, and nothing that changes no data', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({
      memory: MiB,
      bitmaps: [{ name: 'm', granularity: 4096 }],
      listen: workspace.socket(),
    });
    await using handle = await connect(server.uri);
    await handle.read(512 * KiB, 4096);
    await handle.cache(512 * KiB, 4096);
    await handle.flush();
    expect(bitmapOf(server).count()).toBe(0);
    await handle.write(0, noise(1));
    await handle.zero(64 * KiB, 4096);
    await handle.trim(128 * KiB, 8192);
    expect([...bitmapOf(server).rotate().runs()]).toEqual([
      { offset: 0, length: 4096 },
      { offset: 64 * KiB, length: 4096 },
      { offset: 128 * KiB, length: 8192 },
    ]);
    expect(bitmapOf(server).count()).toBe(0);
  });

  it('shows what is dirty as qemu:dirty-bitmap:NAME', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({
      memory: MiB,
      bitmaps: [{ name: 'coarse' }, { name: 'm', granularity: 4096 }],
      listen: workspace.socket(),
    });
    await using handle = await connect(server.uri, {
      contexts: ['base:allocation', 'qemu:dirty-bitmap:m', 'qemu:dirty-bitmap:coarse'],
    });
    await handle.write(68 * KiB, noise(4096));
    expect(await collect(handle.extents({ context: 'qemu:dirty-bitmap:m' }))).toEqual([
      { offset: 0, length: 68 * KiB, flags: 0 },
      { offset: 68 * KiB, length: 4 * KiB, flags: 1 },
      { offset: 72 * KiB, length: 952 * KiB, flags: 0 },
    ]);
    expect(await collect(handle.extents({ context: 'qemu:dirty-bitmap:coarse' }))).toEqual([
      { offset: 0, length: 64 * KiB, flags: 0 },
      { offset: 64 * KiB, length: 64 * KiB, flags: 1 },
      { offset: 128 * KiB, length: 896 * KiB, flags: 0 },
    ]);
    bitmapOf(server).rotate();
    expect(await collect(handle.extents({ context: 'qemu:dirty-bitmap:m' }))).toEqual([
      { offset: 0, length: MiB, flags: 0 },
    ]);
  });

  it('has every mark of many clients at once, in one rotation or the next', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({
      memory: 4 * MiB,
      bitmaps: [{ name: 'm', granularity: 4096 }],
      listen: workspace.socket(),
    });
    const bitmap = bitmapOf(server);
    const seen = new Set<number>();
    const note = (): void => {
      for (const { offset, length } of bitmap.rotate().runs()) {
        for (let block = offset; block < offset + length; block += 4096) seen.add(block);
      }
    };
    await Promise.all(
      [...Array(4).keys()].map(async (client) => {
        await using handle = await connect(server.uri);
        for (let at = client * MiB; at < (client + 1) * MiB; at += 4096) {
          await handle.write(at, noise(1));
          // Its mark is set before its client hears of it: in this rotation, or in one of another client's.
          note();
          expect(seen.has(at)).toBe(true);
        }
      }),
    );
    note();
    expect(seen.size).toBe((4 * MiB) / 4096);
  });
});

function bitmapOf(server: NbdServer): DirtyBitmap {
  const bitmap = server.bitmaps.get('m');
  if (bitmap === undefined) throw new RangeError('There is no bitmap m.');
  return bitmap;
}
