import type { MigrationEvent } from './events.js';
import type { Phase } from './phase.js';
import type { MigrationResult } from './result.js';

/** Where a migration is. */
export interface MigrationSnapshot {
  readonly id: string;
  readonly phase: Phase;
  readonly disks: readonly {
    readonly disk: string;
    readonly round: number;
    readonly bytesDone: number;
    readonly bytesLeft: number;
    readonly bytesPerSecond: number;
  }[];
}

/** A migration that runs. */
export interface MigrationJob extends AsyncDisposable {
  readonly id: string;
  /** Resolves with the result when the guest runs on the destination; rejects with `MigrationError` otherwise. */
  readonly done: Promise<MigrationResult>;
  /** All events, from the first; ends after `result`. Unread events hold nothing up. */
  events(): AsyncGenerator<MigrationEvent, void, undefined>;
  /** Where it is now; after the end, where it ended. */
  snapshot(): MigrationSnapshot;
  /**
   * Rolls back, and resolves when that is done. Once the guest is being handed over the true outcome decides:
   * `done` tells.
   */
  cancel(reason?: unknown): Promise<void>;
  /** Bytes per second, all disks together; 0 lifts the limit. */
  setBandwidth(bytesPerSecond: number): void;
}
