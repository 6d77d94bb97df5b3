import type { Problem } from './problem.js';

/** What is known of one disk, and what becomes of it. */
export interface PlannedDisk {
  /** What events and results call it. */
  readonly disk: string;
  /** Every name it is known by. */
  readonly names: readonly string[];
  /** Bytes. */
  readonly size: number;
  readonly readOnly: boolean;
  readonly shareable: boolean;
  readonly empty: boolean;
  readonly action: 'move' | 'stay';
  /** Why it moves or stays, as a sentence's end. */
  readonly reason: string;
  /** Bytes that the bulk will probably move; of a disk that stays 0. */
  readonly estimateBytes: number;
  readonly destination?: { readonly disk: string; readonly size: number };
}

/** What a migration would do; plain data. */
export interface MigrationPlan {
  readonly ok: boolean;
  readonly from: string;
  readonly to: string;
  readonly strategy: 'engine';
  readonly disks: readonly PlannedDisk[];
  /** Everything that has to be put right first. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** Bytes that the bulk will probably move, all disks together. */
  readonly estimateBytes: number;
}
