import { open, stat } from 'node:fs/promises';
import type { EmbeddedDomain, EmbeddedHost } from '@blockferry/migrate';
import type { DemoDisk } from './demo-disks.js';

/** What was found of one disk on the destination. */
export interface DemoCheck {
  readonly disk: string;
  readonly moved: boolean;
  /** A moved disk holds what the guest wrote; one that was not selected holds nothing. */
  readonly ok: boolean;
  /** Blocks that were compared. */
  readonly blocks?: number;
  /** Byte offset. */
  readonly firstDifference?: number;
}

/** Compares every block of the moved disks with the guest's memory, and looks whether the others are blank. */
export async function checkDisks(
  domain: EmbeddedDomain,
  destination: EmbeddedHost,
  disks: readonly DemoDisk[],
): Promise<DemoCheck[]> {
  const checks: DemoCheck[] = [];
  for (const { name, idle } of disks) {
    if (idle) {
      checks.push({ disk: name, moved: false, ok: await isBlank(destination.diskPath(name)) });
    } else {
      const { disk: _, ...found } = await domain.guest.verify(name);
      checks.push({ disk: name, moved: true, ...found });
    }
  }
  return checks;
}

/** Whether a file has nothing but zeros; one without any block allocated need not be read. */
export async function isBlank(path: string): Promise<boolean> {
  if ((await stat(path)).blocks === 0) return true;
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const zeros = Buffer.alloc(READ_BYTES);
  await using file = await open(path);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES);
    if (bytesRead === 0) return true;
    if (!buffer.subarray(0, bytesRead).equals(zeros.subarray(0, bytesRead))) return false;
  }
}

const READ_BYTES = 1024 * 1024;
