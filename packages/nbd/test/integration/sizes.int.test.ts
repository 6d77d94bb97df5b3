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
    // Of a server without block status, which is nbd-server, everything is read: the vast ones are for the others.
    const isPlain = !server.replies.includes('structured');
    const sizes = isPlain ? [0, 1, 511, 512 * KiB + 1, 2 ** 32 + 1] : SIZES;
    for (const size of sizes) {
      it(`${size} bytes from and to ${server.name}`, async () => {
        await using workspace = await Workspace.create();
        const pieces = piecesOf(size);
        const image = await workspace.file('image', size, ...pieces);
        // It makes Diffie-Hellman parameters for each connection, and takes up to a second for it.
        const options = isPlain && size < MiB ? { connections: 1 } : {};
        const exported = Math.ceil(size / server.sizeUnit) * server.sizeUnit;
        const read = workspace.path('read');
        {
          await using source = await server.start(image, 'unix');
          await using handle = await connect(source.uri);
          expect(handle.size).toBe(exported);
          await handle.close();
          expect(await copy(source.uri, read, options).done).toMatchObject({ size: exported });
          expect(await compare(source.uri, read, options)).toMatchObject({ equal: true });
        }
        await expectPieces(read, pieces);
        expect(await workspace.allocated('read')).toBeLessThan(4 * MiB);

        // What was there before is overwritten, with zeros where the image has none.
        const garbage = pieces.map(({ offset, bytes }) => ({ offset, bytes: noise(bytes.length, 99) }));
        const written = await workspace.file('written', size, ...garbage);
        {
          await using destination = await server.start(written, 'unix');
          const destinationIsZero = isPlain && size > MiB;
          if (destinationIsZero) await zeroTheEnd(written, destination.uri);
          await copy(image, destination.uri, { ...options, allowLarger: true, destinationIsZero }).done;
        }
        await expectPieces(written, pieces);
        const { firstDifference } = await compare(image, written);
        expect(firstDifference ?? size).toBe(size);
      });
    }
  }
});

/**
 * nbd-server zeroes by writing, 4 GiB of it for a hole as large: so the copy is told that it need not, and what is
 * zeroed is a piece beyond 2^32 and some before it, which hold something else until then.
 */
async function zeroTheEnd(path: string, uri: string): Promise<void> {
  const start = 2 ** 32 - MiB;
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  await file.write(noise(size - start, 98), 0, size - start, start);
  await using handle = await connect(uri);
  await handle.zero(start, size - start);
}

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
