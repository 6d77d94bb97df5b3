import { describe, expect, it } from 'vitest';
import { copy, openCopier, serve } from '../../src/index.js';
import { collect, KiB, MiB, noise } from '../support/contents.js';
import { Workspace } from '../support/workspace.js';

const SIZE = 4 * MiB + 512;

describe('a copy with verify', () => {
  it('tells that the destination reads as what was written, and how far it has read it back', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, { offset: MiB + 512, bytes: noise(2 * MiB) });
    const old = await workspace.file('old', SIZE, { offset: 0, bytes: noise(SIZE, 9) });
    const job = copy(source, old, { verify: true });
    const result = await job.done;
    expect(result).toMatchObject({ size: SIZE, verified: true });
    expect(result.difference).toBeUndefined();
    const progress = (await collect(job.events())).filter((event) => event.type === 'progress');
    expect(progress.at(-1)).toMatchObject({ phase: 'verify', bytesDone: SIZE, bytesTotal: SIZE });
    expect(job.snapshot()).toMatchObject({ phase: 'verify', bytesLeft: 0 });
  });

  it('finds old bytes where zeros were not written, and names the first', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, { offset: 0, bytes: noise(MiB) });
    const old = noise(64 * KiB).fill(7);
    const destination = await workspace.file('old', SIZE, { offset: 3 * MiB, bytes: old });
    const sabotage = { skipZeroes: true };
    expect(await copy(source, destination, { verify: true, sabotage }).done).toMatchObject({
      verified: false,
      difference: { firstDifference: 3 * MiB, region: { offset: 0, length: SIZE } },
    });
  });

  it('reads back through the connection that a server of one client has', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, { offset: MiB, bytes: noise(2 * MiB) });
    await using server = await serve({ memory: SIZE, listen: workspace.socket(), maxConnections: 1 });
    expect(await copy(source, server.uri, { verify: true }).done).toMatchObject({ verified: true });
  });

  it('is refused where there is nothing to read back, or no checksum', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE);
    const refused = { code: 'INVALID_ARGUMENT' };
    await expect(copy(source, 'null:', { verify: true }).done).rejects.toMatchObject(refused);
    await using copier = await openCopier(source, workspace.path('copy'), { createDestination: true });
    await copier.bulk();
    await expect(copier.verify()).rejects.toMatchObject(refused);
  });
});
