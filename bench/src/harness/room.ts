import { statfsSync } from 'node:fs';
import { freemem } from 'node:os';

/** Bytes that files in `directory` may take: what its file system has left, and on tmpfs no more than memory has. */
export function freeBytes(directory: string): number {
  const { type, bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  return type === TMPFS_MAGIC ? Math.min(free, freemem()) : free;
}

/** `wanted`, or the largest half, quarter, ... of it, in whole MiB, whose `space` leaves a tenth of `free`. */
export function fittingSize(wanted: number, space: (size: number) => number, free: number): number {
  let size = wanted;
  while (size > MIB && space(size) > free * PART) size = Math.max(1, Math.floor(size / 2 / MIB)) * MIB;
  return size;
}

/** Source: Linux, include/uapi/linux/magic.h. */
const TMPFS_MAGIC = 0x01021994;
const MIB = 1 << 20;
const PART = 0.9;
