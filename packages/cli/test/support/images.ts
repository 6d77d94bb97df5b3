import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';

export const KIB = 1024;
export const MIB = 1024 * KIB;

/** Where `sparseImage` puts data: whole and odd runs, at the beginning, at the end, and a run of written zeros. */
const RUNS: readonly (readonly [offset: number, length: number])[] = [
  [0, 4 * KIB],
  [3 * MIB, 2 * MIB + 512],
  [9 * MIB + 100 * KIB, 300 * KIB],
  [16 * MIB - 64 * KIB, 64 * KIB],
];
const WRITTEN_ZEROS: readonly [offset: number, length: number] = [12 * MIB, MIB];

/** Bytes of every image that `sparseImage` makes. */
export const IMAGE_SIZE = 16 * MIB;

/** Makes an image of random data with holes between. */
export async function sparseImage(path: string): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(IMAGE_SIZE);
  for (const [offset, length] of RUNS) await file.write(randomBytes(length), 0, length, offset);
  await file.write(Buffer.alloc(WRITTEN_ZEROS[1]), 0, WRITTEN_ZEROS[1], WRITTEN_ZEROS[0]);
}

/** Bytes of data in it, rounded up as file systems do. */
export const IMAGE_DATA = RUNS.reduce(
  (sum, [, length]) => sum + Math.ceil(length / (64 * KIB)) * 64 * KIB,
  0,
);

/** Makes an image full of old bytes. */
export async function fullImage(path: string, size = IMAGE_SIZE): Promise<void> {
  await using file = await open(path, 'w');
  await file.write(randomBytes(size));
}
