import type { PassResult } from '@blockferry/nbd';
import type { DiskPair } from '../ports.js';
import type { DiskResult } from '../result.js';

/** Adds up what the passes did, disk by disk. */
export class Tally {
  readonly #disks = new Map<string, DiskResult>();

  constructor(disks: readonly DiskPair[]) {
    for (const { disk, source } of disks) {
      this.#disks.set(disk, {
        disk,
        size: source.size,
        bytesMoved: 0,
        bytesZeroed: 0,
        bytesSkipped: 0,
        rounds: 0,
      });
    }
  }

  /** Adds a pass; `round` 0 is the bulk. */
  add(disk: string, round: number, pass: PassResult): void {
    const so = this.#disks.get(disk);
    if (so === undefined) return;
    this.#disks.set(disk, {
      ...so,
      bytesMoved: so.bytesMoved + pass.bytesMoved,
      bytesZeroed: so.bytesZeroed + pass.bytesZeroed,
      bytesSkipped: so.bytesSkipped + pass.bytesSkipped,
      rounds: Math.max(so.rounds, round),
    });
  }

  verified(disk: string): void {
    const so = this.#disks.get(disk);
    if (so !== undefined) this.#disks.set(disk, { ...so, verified: true });
  }

  disks(): DiskResult[] {
    return [...this.#disks.values()];
  }
}
