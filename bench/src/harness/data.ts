import { createCipheriv } from 'node:crypto';
import { type FileHandle, open, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { run, SYSTEM_PYTHON } from '@blockferry/lab';
import { measure } from './measure.js';

/** Bytes of a file, from an offset on. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** Makes a file of bytes that look random and are the same each time, all of it or in `ranges` alone. */
export async function writeData(path: string, size: number, ranges?: readonly Range[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.truncate(size);
    const stream = createCipheriv('aes-128-ctr', SEED, Buffer.alloc(16));
    for (const { offset, length } of ranges ?? [{ offset: 0, length: size }]) {
      await writeRange(file, offset, length, (bytes) => stream.update(ZEROS.subarray(0, bytes)));
    }
  } finally {
    await file.close();
  }
}

/**
 * Fills a file with bytes that no source has: what a run finds at its destination, and what its result is told from.
 *
 * Pages that it has are written over, not made anew: the first touch of memory would cost more than most copies.
 */
export async function writeStale(path: string, size: number, ranges?: readonly Range[]): Promise<void> {
  const file = await open(path, 'r+').catch(() => open(path, 'w'));
  try {
    await file.truncate(size);
    for (const { offset, length } of ranges ?? [{ offset: 0, length: size }]) {
      await writeRange(file, offset, length, (bytes) => STALE.subarray(0, bytes));
    }
  } finally {
    await file.close();
  }
}

/** Makes a file that reads as zeros, with memory at hand in `ranges`: a run pays for its writes, not for new pages. */
export async function writeBlank(path: string, size: number, ranges: readonly Range[]): Promise<void> {
  const list = `${path}.ranges`;
  await writeFile(list, ranges.map(({ offset, length }) => `${offset} ${length}\n`).join(''));
  await run(SYSTEM_PYTHON, ['-I', '-S', PREALLOCATE, path, String(size), list]);
  await rm(list);
}

/** Writes zeros into ranges of a file: data that could as well be holes. */
export async function writeZeros(path: string, ranges: readonly Range[]): Promise<void> {
  const file = await open(path, 'r+');
  try {
    for (const { offset, length } of ranges) {
      await writeRange(file, offset, length, (bytes) => ZEROS.subarray(0, bytes));
    }
  } finally {
    await file.close();
  }
}

/** Rejects unless the two files hold the same, holes being zeros; the first difference is in the message. */
export async function assertSame(source: string, destination: string, signal: AbortSignal): Promise<void> {
  try {
    await measure([SYSTEM_PYTHON, '-I', '-S', COMPARE, source, destination], { signal });
  } catch (cause) {
    signal.throwIfAborted();
    const what = cause instanceof Error ? cause.message.split('\n').slice(1).join(' ').trim() : '';
    throw new Error(`the destination differs from the source: ${what || String(cause)}`, { cause });
  }
}

async function writeRange(
  file: FileHandle,
  offset: number,
  length: number,
  piece: (bytes: number) => Buffer,
): Promise<void> {
  for (let at = 0; at < length; at += STEP) {
    const bytes = piece(Math.min(STEP, length - at));
    const { bytesWritten } = await file.write(bytes, 0, bytes.length, offset + at);
    if (bytesWritten !== bytes.length) throw new Error('A write was cut short: the file system is full.');
  }
}

const PREALLOCATE = fileURLToPath(new URL('../../programs/preallocate.py', import.meta.url));
const COMPARE = fileURLToPath(new URL('../../programs/compare.py', import.meta.url));
const STEP = 4 << 20;
const SEED = Buffer.from('blockferry bench');
const ZEROS = Buffer.alloc(STEP);
const STALE = Buffer.alloc(STEP, 'what was here before. ');
