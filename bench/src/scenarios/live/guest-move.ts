import type { QemuPair } from '@blockferry/lab';

/** Moves a guest with its written disks: ours, or QEMU's own mirror. */
export type GuestMove = (pair: QemuPair, order: MoveOrder) => Promise<MoveOutcome>;

export interface MoveOrder {
  /** By name; the destination has its own of all others. */
  readonly disks: readonly string[];
  readonly maxDowntimeMs: number;
}

/** Told when the guest runs on the destination and nothing of the migration is left on either side. */
export interface MoveOutcome {
  /** Passes after the bulk, of whoever has them. */
  readonly rounds?: number;
  /** Of the standstill, where it is known: copying what was written last, and the flush after it. Milliseconds. */
  readonly lastRoundMs?: number;
  readonly flushMs?: number;
}
