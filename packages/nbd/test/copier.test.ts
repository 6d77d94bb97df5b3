import { describe, expect, it } from 'vitest';
import {
  type Copier,
  compare,
  connect,
  DirtyBitmap,
  type NbdHandle,
  type NbdServer,
  openCopier,
  serve,
} from '../src/index.js';
import { KiB, MiB, noise } from './support/contents.js';
import { Relay } from './support/relay.js';
import { Workspace } from './support/workspace.js';

const SIZE = 4 * MiB;
const BLOCK = 4 * KiB;

describe('the passes of a copier', () => {
  it('carry a disk that is written meanwhile: a bulk, then rounds of what its bitmap marks', async () => {
    await using pair = await openPair();
    const { source, bitmap, copier } = pair;
    await source.write(0, noise(2 * MiB));
    bitmap.rotate();
    expect(copier.size).toBe(SIZE);
    expect(await copier.bulk()).toMatchObject({ bytesMoved: 2 * MiB, bytesSkipped: 2 * MiB });

    await source.write(MiB, noise(64 * KiB, 7));
    await source.zero(512 * KiB, 128 * KiB);
    await source.trim(0, 32 * KiB);
    const first = await copier.round(bitmap);
    expect(first.bytesMoved + first.bytesZeroed).toBe(224 * KiB);
    expect(first.bytesZeroed).toBe(160 * KiB);
    expect(copier.progress()).toMatchObject({ bytesDone: 224 * KiB, bytesTotal: 224 * KiB });

    await source.write(SIZE - 1, noise(1));
    expect(await copier.round(bitmap)).toMatchObject({ bytesMoved: BLOCK, bytesZeroed: 0 });
    expect(await copier.round(bitmap)).toMatchObject({ bytesMoved: 0, bytesZeroed: 0, bytesSkipped: 0 });
    expect(bitmap.count()).toBe(0);
    expect(await compare(pair.sourceUri, pair.destinationUri)).toMatchObject({ equal: true });
  });

  it('copy what a server says is dirty, without a bitmap of this process', async () => {
    await using pair = await openPair();
    const { source, bitmap, copier } = pair;
    await source.write(0, noise(64 * KiB));
    await copier.bulk();
    bitmap.rotate();
    await source.write(64 * KiB, noise(8 * KiB));
    const map = { uri: pair.sourceUri, context: 'qemu:dirty-bitmap:m' };
    expect(await copier.round(map)).toMatchObject({ bytesMoved: 8 * KiB });
    expect(bitmap.count()).toBe(8 * KiB);
    expect(await compare(pair.sourceUri, pair.destinationUri)).toMatchObject({ equal: true });
  });

  it('refuse a map that the server has not, or of a device of another size', async () => {
    await using pair = await openPair();
    const { copier } = pair;
    const missing = copier.round({ uri: pair.sourceUri, context: 'qemu:dirty-bitmap:none' });
    await expect(missing).rejects.toMatchObject({ code: 'NBD_UNSUPPORTED' });
    const other = new DirtyBitmap(2 * SIZE, BLOCK);
    other.mark(0, BLOCK);
    await expect(copier.round(other)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(other.count()).toBe(BLOCK);
    expect(await copier.bulk()).toMatchObject({ bytesSkipped: SIZE });
  });

  it('run one at a time', async () => {
    await using pair = await openPair();
    await pair.source.write(0, noise(MiB));
    const bulk = pair.copier.bulk();
    for (const second of [pair.copier.bulk(), pair.copier.round(pair.bitmap)]) {
      await expect(second).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(await bulk).toMatchObject({ bytesMoved: MiB });
    expect(pair.bitmap.count()).toBe(MiB);
    expect(await pair.copier.round(pair.bitmap)).toMatchObject({ bytesMoved: MiB });
  });

  it('leave zeros out only when an acceptance test asks for that fault', async () => {
    await using pair = await openPair({ sabotage: { skipZeroes: true } });
    const { source, bitmap, copier } = pair;
    await source.write(0, noise(64 * KiB));
    await copier.bulk();
    bitmap.rotate();
    await source.zero(0, 64 * KiB);
    await copier.round(bitmap);
    expect(await compare(pair.sourceUri, pair.destinationUri)).toMatchObject({ firstDifference: 0 });
  });
});

describe('a pass that fails', () => {
  it('gives its marks back, beside those that are new', async () => {
    await using pair = await openPair();
    const { source, bitmap, relay, copier } = pair;
    await source.write(0, noise(MiB));
    const held = relay.hold();
    const round = copier.round(bitmap);
    await held;
    await source.write(2 * MiB, noise(BLOCK));
    relay.cut();
    await expect(round).rejects.toMatchObject({ code: 'NBD_DISCONNECTED', side: 'destination' });
    expect([...bitmap.snapshot().runs()]).toEqual([
      { offset: 0, length: MiB },
      { offset: 2 * MiB, length: BLOCK },
    ]);
  });

  it('does so too when the destination was closed before it began, and a new copier takes it up', async () => {
    await using pair = await openPair();
    const { source, bitmap, copier, destination } = pair;
    await source.write(0, noise(MiB));
    await destination.close();
    await expect(copier.round(bitmap)).rejects.toMatchObject({ code: 'NBD_DISCONNECTED' });
    expect(bitmap.count()).toBe(MiB);
    // A copier whose connections are lost does not get them back.
    await expect(copier.round(bitmap)).rejects.toMatchObject({ code: 'NBD_DISCONNECTED' });
    expect(bitmap.count()).toBe(MiB);
    await using again = await openCopier(pair.sourceUri, pair.fresh, { createDestination: true });
    expect(await again.round(bitmap)).toMatchObject({ bytesMoved: MiB });
    expect(await compare(pair.sourceUri, pair.fresh)).toMatchObject({ equal: true });
  });

  it('does so too when it is cancelled, which is for good', async () => {
    await using pair = await openPair();
    const { source, bitmap, relay, copier } = pair;
    await source.write(0, noise(MiB));
    const held = relay.hold();
    const controller = new AbortController();
    const round = copier.round(bitmap, controller.signal);
    await held;
    controller.abort('enough');
    relay.release();
    await expect(round).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    expect(bitmap.count()).toBe(MiB);
    await expect(copier.round(bitmap)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(bitmap.count()).toBe(MiB);
  });

  it('takes no marks at all when its signal was aborted before', async () => {
    await using pair = await openPair();
    await pair.source.write(0, noise(MiB));
    const signal = AbortSignal.abort('enough');
    const refused = { code: 'ABORTED', cause: 'enough' };
    await expect(pair.copier.round(pair.bitmap, signal)).rejects.toMatchObject(refused);
    await expect(pair.copier.bulk(signal)).rejects.toMatchObject(refused);
    expect(await pair.copier.round(pair.bitmap)).toMatchObject({ bytesMoved: MiB });
  });
});

describe('closing a copier', () => {
  it('ends its connections; later passes are refused, a second call does nothing', async () => {
    await using pair = await openPair();
    const { copier, bitmap } = pair;
    bitmap.mark(0, BLOCK);
    await copier.close();
    await copier.close();
    await expect(copier.bulk()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(copier.round(bitmap)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(bitmap.count()).toBe(BLOCK);
    await expect.poll(() => pair.destination.connections).toBe(0);
  });

  it('cancels the pass that runs and waits for it', async () => {
    await using pair = await openPair();
    const { source, bitmap, relay, copier } = pair;
    await source.write(0, noise(MiB));
    const held = relay.hold();
    let isOver = false;
    const round = copier.round(bitmap).finally(() => {
      isOver = true;
    });
    const refused = expect(round).rejects.toMatchObject({ code: 'ABORTED' });
    await held;
    const closed = copier.close().then(() => isOver);
    relay.release();
    expect(await closed).toBe(true);
    await refused;
    expect(bitmap.count()).toBe(MiB);
  });
});

interface Pair extends AsyncDisposable {
  /** As a guest writes to it; `bitmap` records. */
  readonly source: NbdHandle;
  readonly sourceUri: string;
  readonly bitmap: DirtyBitmap;
  readonly destination: NbdServer;
  readonly destinationUri: string;
  /** Between the copier and the destination. */
  readonly relay: Relay;
  readonly copier: Copier;
  /** A path where nothing is. */
  readonly fresh: string;
}

async function openPair(options: Parameters<typeof openCopier>[2] = {}): Promise<Pair> {
  const workspace = await Workspace.create();
  const bitmaps = [{ name: 'm', granularity: BLOCK }];
  const server = await serve({ memory: SIZE, bitmaps, listen: workspace.socket('a') });
  const destination = await serve({ memory: SIZE, listen: workspace.socket('b') });
  const relay = await Relay.start(destination.uri);
  const source = await connect(server.uri);
  const copier = await openCopier(server.uri, relay.uri, options);
  const bitmap = server.bitmaps.get('m');
  if (bitmap === undefined) throw new RangeError('There is no bitmap m.');
  return {
    source,
    sourceUri: server.uri,
    bitmap,
    destination,
    destinationUri: destination.uri,
    relay,
    copier,
    fresh: workspace.path('fresh'),
    async [Symbol.asyncDispose]() {
      for (const part of [copier, source, relay, destination, server, workspace]) {
        await part[Symbol.asyncDispose]();
      }
    },
  };
}
