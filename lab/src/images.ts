import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { buildGuest } from './guest.js';
import type { ImageFormat, ImageLayout } from './image-format.js';
import { run } from './process.js';
import { qemuImg } from './tools.js';

/** The format of the image that QEMU opens. */
export function formatOf(layout: ImageLayout): ImageFormat {
  return layout === 'qcow2-backed' ? 'qcow2' : layout;
}

/** The judgement on an image of the guest's. */
export interface Verification {
  /** `blank`: every byte is zero. */
  readonly status: 'ok' | 'damaged' | 'blank';
  /** The highest generation of the guest's writes that the image holds. */
  readonly newestGeneration?: number;
  /** Blocks that nobody can have written so: torn, misplaced, foreign. */
  readonly bad?: number;
  /** Blocks that a later generation should have replaced. */
  readonly lost?: number;
  /** Names the first few of them. */
  readonly details: string;
}

/** Creates a disk of the guest's, the first `filledMiB` of it written, and the bytes after its last whole 4 KiB. */
export async function fillImage(
  path: string,
  disk: string,
  sizeMiB: number,
  filledMiB: number,
  layout: ImageLayout = 'raw',
): Promise<void> {
  const { writer } = await buildGuest();
  const raw = layout === 'raw' ? path : `${path}.raw`;
  await run(writer, ['fill', raw, disk, String(inBytes(sizeMiB)), String(filledMiB)]);
  if (layout === 'qcow2') await convert(raw, 'raw', path, layout);
  if (layout === 'qcow2-backed') await qemuImg('create', '-q', '-f', 'qcow2', '-b', raw, '-F', 'raw', path);
}

/** Creates an image that reads as zeros and allocates nothing. */
export async function blankImage(path: string, sizeMiB: number, format: ImageFormat = 'raw'): Promise<void> {
  await qemuImg('create', '-q', '-f', format, path, String(inBytes(sizeMiB)));
}

/** Creates an image with no zeros to be had: one random MiB, over and over. */
export async function randomImage(path: string, sizeMiB: number, format: ImageFormat = 'raw'): Promise<void> {
  const raw = format === 'raw' ? path : `${path}.raw`;
  const noise = randomBytes(1 << 20);
  const file = await open(raw, 'wx');
  try {
    for (let mib = 0; mib < sizeMiB; mib++) await file.write(noise);
    await file.truncate(inBytes(sizeMiB));
  } finally {
    await file.close();
  }
  if (raw !== path) await convert(raw, 'raw', path, format);
}

/**
 * Recomputes what every block of a guest's disk has to hold and compares.
 *
 * `minGeneration` is the least state that it may be in: what the guest has said to be flushed. Only for an
 * image that no QEMU has open.
 */
export async function verifyImage(
  path: string,
  minGeneration = 0,
  format: ImageFormat = 'raw',
): Promise<Verification> {
  const { writer } = await buildGuest();
  const raw = format === 'raw' ? path : `${path}.verify`;
  if (raw !== path) await convert(path, format, raw, 'raw', false);
  try {
    const result = await run(writer, ['verify', raw, String(minGeneration)], { statuses: [0, 1, 2] });
    return { ...(JSON.parse(result.stdout) as Omit<Verification, 'details'>), details: result.stderr };
  } finally {
    if (raw !== path) await rm(raw);
  }
}

/** The digest of a file's bytes, in hex. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** Bytes that the file occupies on its file system. */
export async function allocatedBytes(path: string): Promise<number> {
  return (await stat(path)).blocks * 512;
}

/** Sizes in MiB may have a fraction: 33 + 512 / 2 ** 20 is exact. */
function inBytes(mib: number): number {
  return mib * 2 ** 20;
}

async function convert(
  from: string,
  fromFormat: ImageFormat,
  to: string,
  toFormat: ImageFormat,
  removeSource = true,
): Promise<void> {
  await qemuImg('convert', '-f', fromFormat, '-O', toFormat, from, to);
  if (removeSource) await rm(from);
}
