import type { MigrationErrorCode, Side } from './error-code.js';
import type { Phase } from './phase.js';
import type { Problem } from './problem.js';

/** The command's exit status that a result stands for; the design's table. */
export type ExitStatus = 0 | 1 | 2 | 4 | 5 | 6 | 10 | 130;

/** What moved of one disk. Byte counts. */
export interface DiskResult {
  readonly disk: string;
  /** Bytes of the disk. */
  readonly size: number;
  /** Read, written and acknowledged, in all passes. */
  readonly bytesMoved: number;
  /** Zeroed on the destination. */
  readonly bytesZeroed: number;
  /** Left alone: zeros on both sides. */
  readonly bytesSkipped: number;
  /** Passes after the bulk, the last one included. */
  readonly rounds: number;
  /** What the comparison found, where it was asked for. */
  readonly verified?: boolean;
}

/** What the guest's standstill was made of, in milliseconds; together they are the downtime. */
export interface DowntimeParts {
  /** From the guest's stop until the source waits for the switch: what it has in flight ends. */
  readonly stopMs: number;
  /** Copying what the guest had written last. */
  readonly lastRoundMs: number;
  /** The flush of the destination after it. */
  readonly flushMs: number;
  /** Closing the destination's exports (and the comparison, where one was asked for), then the rest of the state stream. */
  readonly handOverMs: number;
  /** Until the guest ran on. */
  readonly startMs: number;
}

/** How a migration ended; on failure too. */
export interface MigrationResult {
  readonly ok: boolean;
  readonly exit: ExitStatus;
  readonly id: string;
  /** From the guest's stop on the source to its resumption on the destination, in milliseconds. */
  readonly downtimeMs?: number;
  /** The parts of `downtimeMs`, of what our own copier moved. */
  readonly downtime?: DowntimeParts;
  /** From the start to the end, in milliseconds. */
  readonly totalMs: number;
  /** All disks together. */
  readonly bytesMoved: number;
  /** Passes after the bulk over all disks, the last one included. */
  readonly rounds: number;
  readonly disks: readonly DiskResult[];
  readonly error?: {
    readonly code: MigrationErrorCode;
    readonly message: string;
    readonly side?: Side;
    readonly phase?: Phase;
    readonly disk?: string;
    readonly offset?: number;
    readonly length?: number;
  };
  readonly problems?: readonly Problem[];
}
