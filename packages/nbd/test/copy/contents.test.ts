import { open, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compare, connect, copy, serve } from '../../src/index.js';
import { firstDifference, KiB, MiB, noise } from '../support/contents.js';
import { Workspace } from '../support/workspace.js';

const SIZE = 8 * MiB;
/** Data at the start, in the middle and up to the end; holes between. */
const PIECES = [
  { offset: 0, bytes: noise(MiB, 1) },
  { offset: 3 * MiB + 64 * KiB, bytes: noise(512 * KiB, 2) },
  { offset: SIZE - 64 * KiB, bytes: noise(64 * KiB, 3) },
];
const DATA = MiB + 512 * KiB + 64 * KiB;

describe('a copy', () => {
  it('makes the missing file, and holes stay holes', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, ...PIECES);
    const result = await copy(source, workspace.path('copy')).done;
    expect(result).toEqual({
      size: SIZE,
      bytesMoved: DATA,
      bytesZeroed: 0,
      bytesSkipped: SIZE - DATA,
      flushMs: expect.any(Number),
      ms: expect.any(Number),
    });
    expect(firstDifference(await workspace.read('copy'), await workspace.read('source'))).toBeUndefined();
    expect(await workspace.allocated('copy')).toBeLessThan(SIZE / 2);
  });

  it('overwrites old bytes with zeros where the source has a hole, and gives the space back', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, ...PIECES);
    const old = await workspace.file('old', SIZE, { offset: 0, bytes: noise(SIZE, 9) });
    const result = await copy(source, old).done;
    expect(result).toMatchObject({ bytesMoved: DATA, bytesZeroed: SIZE - DATA, bytesSkipped: 0 });
    expect(firstDifference(await workspace.read('old'), await workspace.read('source'))).toBeUndefined();
    expect(await workspace.allocated('old')).toBeLessThan(SIZE / 2);
  });

  it('makes holes of zeros that the source has written', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, { offset: 0, bytes: Buffer.alloc(SIZE) }, ...PIECES);
    expect(await workspace.allocated('source')).toBeGreaterThanOrEqual(SIZE);
    await copy(source, workspace.path('copy')).done;
    expect(firstDifference(await workspace.read('copy'), await workspace.read('source'))).toBeUndefined();
    expect(await workspace.allocated('copy')).toBeLessThan(SIZE / 2);
  });

  it('goes from a file to a server and from there to a file', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, ...PIECES);
    await using server = await serve({ memory: SIZE, exportName: 'disk', listen: workspace.socket() });
    await using handle = await connect(server.uri);
    await handle.write(2 * MiB, noise(64 * KiB));
    expect(await copy(source, server.uri).done).toMatchObject({ bytesMoved: DATA, bytesZeroed: 64 * KiB });
    expect(await copy({ uri: server.uri }, { file: workspace.path('copy') }).done).toMatchObject({
      bytesMoved: DATA,
    });
    expect(firstDifference(await workspace.read('copy'), await workspace.read('source'))).toBeUndefined();
    expect(await workspace.allocated('copy')).toBeLessThan(SIZE / 2);
  });

  it('goes from a server to a server', async () => {
    await using workspace = await Workspace.create();
    const file = await workspace.file('source', SIZE, ...PIECES);
    await using source = await serve({ file, readOnly: true, listen: workspace.socket('a') });
    await using destination = await serve({ memory: SIZE, listen: workspace.socket('b') });
    await copy(source.uri, destination.uri).done;
    expect(await compare(file, destination.uri)).toMatchObject({ equal: true });
  });

  it('reads everything and discards it, to null:', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, ...PIECES);
    const { bytesMoved, bytesZeroed, bytesSkipped } = await copy(source, 'null:').done;
    expect(bytesMoved).toBe(DATA);
    expect(bytesMoved + bytesZeroed + bytesSkipped).toBe(SIZE);
  });

  it.each([
    { connections: 1, requests: 1, requestSize: 4096 },
    { connections: 3, requests: 5, requestSize: MiB },
    { extents: false },
    { connections: 64, requests: 1024 },
  ])('is right with %j', async (options) => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB + 4097, ...PIECES.slice(0, 1));
    await using server = await serve({ memory: MiB + 4097, listen: workspace.socket() });
    await copy(source, server.uri, options).done;
    await copy(server.uri, workspace.path('copy'), options).done;
    expect(firstDifference(await workspace.read('copy'), await workspace.read('source'))).toBeUndefined();
  });

  it('leaves holes alone on a destination that is said to be zero', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', SIZE, ...PIECES);
    const old = await workspace.file('old', SIZE, { offset: 2 * MiB, bytes: noise(4096) });
    const result = await copy(source, old, { destinationIsZero: true }).done;
    expect(result).toMatchObject({ bytesZeroed: 0, bytesSkipped: SIZE - DATA });
    expect(firstDifference(await workspace.read('old'), await workspace.read('source'))).toBe(2 * MiB);
  });

  it('copies nothing of an empty file', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', 0);
    expect(await copy(source, workspace.path('copy')).done).toMatchObject({ size: 0, bytesMoved: 0 });
    expect(await workspace.read('copy')).toHaveLength(0);
  });
});

describe('a destination of another size', () => {
  it('keeps its tail, where it is a larger file', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(64 * KiB) });
    const larger = await workspace.file('larger', 2 * MiB, { offset: 0, bytes: noise(2 * MiB, 9) });
    await copy(source, larger).done;
    const expected = Buffer.concat([await workspace.read('source'), noise(2 * MiB, 9).subarray(MiB)]);
    expect(firstDifference(await workspace.read('larger'), expected)).toBeUndefined();
  });

  it('is refused where it is smaller, and nothing is written', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', 2 * MiB, { offset: 0, bytes: noise(MiB) });
    const smaller = await workspace.file('smaller', MiB);
    await using server = await serve({ memory: MiB, listen: workspace.socket() });
    for (const destination of [smaller, server.uri]) {
      const refused = copy(source, destination).done;
      await expect(refused).rejects.toMatchObject({ code: 'SIZE_MISMATCH', side: 'destination' });
    }
    expect(await workspace.allocated('smaller')).toBe(0);
    expect(await compare(smaller, server.uri)).toMatchObject({ equal: true });
  });

  it('is refused where it is a larger export, unless that is allowed: then its tail is zeroed', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    const file = await workspace.file('larger', 2 * MiB, { offset: 0, bytes: noise(2 * MiB, 9) });
    await using server = await serve({ file, listen: workspace.socket() });
    await expect(copy(source, server.uri).done).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    expect(firstDifference(await workspace.read('larger'), noise(2 * MiB, 9))).toBeUndefined();
    await copy(source, server.uri, { allowLarger: true }).done;
    const expected = Buffer.concat([noise(MiB), Buffer.alloc(MiB)]);
    expect(firstDifference(await workspace.read('larger'), expected)).toBeUndefined();
  });
});

describe('a copy is refused', () => {
  it('onto itself, also by another name', async () => {
    await using workspace = await Workspace.create();
    const file = await workspace.file('disk', MiB, { offset: 0, bytes: noise(MiB) });
    await symlink(file, workspace.path('link'));
    await using server = await serve({ memory: MiB, listen: workspace.socket() });
    for (const [source, destination] of [
      [file, file],
      [file, { file: `${workspace.folder}/./disk` }],
      [workspace.path('link'), file],
      [server.uri, server.uri],
    ] as const) {
      await expect(copy(source, destination).done).rejects.toMatchObject({ code: 'ENDPOINTS_SAME' });
    }
    expect(firstDifference(await workspace.read('disk'), noise(MiB))).toBeUndefined();
  });

  it('from what is not there, and makes no destination', async () => {
    await using workspace = await Workspace.create();
    const missing = copy(workspace.path('none'), workspace.path('copy')).done;
    await expect(missing).rejects.toMatchObject({ code: 'IO_ENOENT', side: 'source' });
    const unserved = copy(workspace.socket(), workspace.path('copy')).done;
    await expect(unserved).rejects.toMatchObject({ code: 'NBD_CONNECT', side: 'source', retryable: true });
    await expect(open(workspace.path('copy'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('to where nothing can be written', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB);
    await using readOnly = await serve({ memory: MiB, readOnly: true, listen: workspace.socket('r') });
    for (const [destination, code] of [
      [readOnly.uri, 'DESTINATION_READ_ONLY'],
      [workspace.socket('nobody'), 'NBD_CONNECT'],
      [workspace.folder, 'IO_EISDIR'],
      [workspace.path('no/folder'), 'IO_ENOENT'],
      ['nbds+unix:///?socket=/nowhere&tls-type=psk', 'NBD_UNSUPPORTED'],
    ] as const) {
      await expect(copy(source, destination).done).rejects.toMatchObject({ code, side: 'destination' });
    }
  });

  it.each([
    ['null: as a source', 'null:', 'copy'],
    ['an unknown scheme', 'https://example.org/disk', 'copy'],
    ['a malformed URI', 'nbd+unix:///', 'copy'],
    ['an empty path', '', 'copy'],
    ['an unknown scheme as a destination', 'source', 's3://bucket/disk'],
    ['no endpoint at all', undefined as never, 'copy'],
  ])('with %s', async (_, source, destination) => {
    await using workspace = await Workspace.create();
    await workspace.file('source', MiB);
    const inside = (endpoint: string | undefined): string =>
      endpoint === 'source' || endpoint === 'copy' ? workspace.path(endpoint) : (endpoint as string);
    const refused = copy(inside(source), inside(destination)).done;
    await expect(refused).rejects.toMatchObject({ name: 'NbdError', code: 'INVALID_ARGUMENT' });
    await expect(open(workspace.path('copy'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    { connections: 0 },
    { connections: 65 },
    { connections: 1.5 },
    { requests: 0 },
    { requests: 1025 },
    { requestSize: 2048 },
    { requestSize: 64 * MiB },
    { requestSize: 5000 },
    { bandwidth: -1 },
    { bandwidth: 0.5 },
    { requestTimeoutMs: 0 },
    { handshakeTimeoutMs: 2 ** 31 },
  ])('with %j', async (options) => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB);
    const refused = copy(source, workspace.path('copy'), options).done;
    await expect(refused).rejects.toMatchObject({ name: 'NbdError', code: 'INVALID_ARGUMENT' });
    await expect(open(workspace.path('copy'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('with a path that looks like a URI, unless it says that it is a file', async () => {
    await using workspace = await Workspace.create();
    await workspace.file('nbd:disk', MiB, { offset: 0, bytes: noise(MiB) });
    const folder = process.cwd();
    process.chdir(workspace.folder);
    try {
      await expect(copy('nbd:disk', 'null:').done).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(await copy({ file: 'nbd:disk' }, 'null:').done).toMatchObject({ bytesMoved: MiB });
    } finally {
      process.chdir(folder);
    }
  });
});
