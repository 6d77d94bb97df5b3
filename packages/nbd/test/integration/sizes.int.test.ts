import { open } from 'node:fs/promises';
import { requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { compare, connect, copy } from '../../src/index.js';
import { KiB, MiB, noise } from '../support/contents.js';
import { SERVERS } from '../support/foreign-servers.js';
import { type Piece, Workspace } from '../support/workspace.js';

const lab = requires(...SERVERS.flatMap(({ needs }) => needs));
const TIB = 1024 ** 4;
const SIZES = [0, 1, 511, 512 * KiB + 1, 2 ** 32 - 1, 2 ** 32 + 1, 8 * TIB];

/** Sparse images with something at the start, at 2^32, in the middle and up to the last byte. */
describe.skipIf(!lab.available)(`odd and vast exports ${lab.reason}`, () => {
  for (const server of SERVERS) {
    // Of a server without block status everything is read: the vast ones are for the others.
    const sizes = server.replies.includes('structured') ? SIZES : [0, 1, 511, 512 * KiB + 1, 2 ** 32 + 1];
    for (const size of sizes) {
      it(`${size} bytes from and to ${server.name}`, async () => {
        await using workspace = await Workspace.create();
        const pieces = piecesOf(size);
        const image = await workspace.file('image', size, ...pieces);
        const exported = Math.ceil(size / server.sizeUnit) * server.sizeUnit;
        const read = workspace.path('read');
        {
          await using source = await server.start(image, 'unix');
          await using handle = await connect(source.uri);
          expect(handle.size).toBe(exported);
          await handle.close();
          expect(await copy(source.uri, read).done).toMatchObject({ size: exported });
          expect(await compare(source.uri, read)).toMatchObject({ equal: true });
        }
        await expectPieces(read, pieces);
        expect(await workspace.allocated('read')).toBeLessThan(4 * MiB);

        // What was there before is overwritten, with zeros where the image has none.
        const garbage = pieces.map(({ offset, bytes }) => ({ offset, bytes: noise(bytes.length, 99) }));
        const written = await workspace.file('written', size, ...garbage);
        {
          await using destination = await server.start(written, 'unix');
          await copy(image, destination.uri, { allowLarger: true }).done;
        }
        await expectPieces(written, pieces);
        const { firstDifference } = await compare(image, written);
        expect(firstDifference ?? size).toBe(size);
      });
    }
  }
});

function piecesOf(size: number): Piece[] {
  const wanted = [
    [0, 3000],
    [2 ** 32 - 700, 1400],
    [Math.floor(size / 2) + 1, 70_000],
    [size - 1000, 1000],
  ] as const;
  return wanted.flatMap(([offset, length], index) => {
    const start = Math.max(0, offset);
    const end = Math.min(size, offset + length);
    return start < end ? [{ offset: start, bytes: noise(end - start, index) }] : [];
  });
}

/** The pieces one after the other: later ones lie over earlier ones. */
async function expectPieces(path: string, pieces: readonly Piece[]): Promise<void> {
  await using file = await open(path);
  for (const [index, { offset, bytes }] of pieces.entries()) {
    const found = Buffer.alloc(bytes.length);
    await file.read(found, 0, found.length, offset);
    const expected = Buffer.from(bytes);
    for (const over of pieces.slice(index + 1)) overlay(expected, offset, over);
    expect(found.equals(expected), `${bytes.length} bytes at ${offset}`).toBe(true);
  }
}

function overlay(bytes: Buffer, at: number, over: Piece): void {
  const start = Math.max(at, over.offset);
  const end = Math.min(at + bytes.length, over.offset + over.bytes.length);
  if (start < end) bytes.set(over.bytes.subarray(start - over.offset, end - over.offset), start - at);
}
