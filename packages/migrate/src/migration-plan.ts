import type { DiskInfo } from './disk-info.js';
import type { MigrateFlag } from './flags.js';
import type { Problem } from './problem.js';

/** What is known of one disk, and what becomes of it. */
export interface PlannedDisk extends Omit<DiskInfo, 'disk' | 'allocatedBytes'> {
  /** What events and results call it: the name that the user gave, else its own. */
  readonly disk: string;
  readonly action: 'move' | 'stay';
  /** Why it moves or stays, as a sentence's end. */
  readonly reason: string;
  /** Bytes that the bulk will probably move; of a disk that stays 0. */
  readonly estimateBytes: number;
  /** Where it goes. On libvirt `disk` is the image, and what is not known of it is left out. */
  readonly destination?: {
    readonly disk: string;
    readonly size?: number;
    /** It is not there yet, and will be made. */
    readonly isMade?: boolean;
  };
}

/** What a migration would do; plain data. */
export interface MigrationPlan {
  readonly ok: boolean;
  readonly from: string;
  readonly to: string;
  readonly strategy: 'engine' | 'delegate';
  readonly disks: readonly PlannedDisk[];
  /** Everything that has to be put right first. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** On libvirt: the call, its flags, and the disks that it names; with none named libvirt's own choice is meant. */
  readonly call?: {
    readonly name: 'migrate3' | 'migrateToURI3';
    readonly flags: readonly MigrateFlag[];
    readonly migrateDisks: readonly string[];
  };
  /** Bytes that the bulk will probably move, all disks together. */
  readonly estimateBytes: number;
}
