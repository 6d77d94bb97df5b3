/** What is known of a domain's job, by number. Source: libvirt, virDomainJobType. */
export const jobTypes = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const;

/** What is known of a domain's job: `none` runs, `bounded` runs and its end is foreseeable, `unbounded` runs. */
export type JobType = (typeof jobTypes)[number] | 'unknown';

/** What a domain's job does, by number. Source: libvirt, virDomainJobOperation. */
export const jobOperations = [
  'unknown',
  'start',
  'save',
  'restore',
  'migration-in',
  'migration-out',
  'snapshot',
  'snapshot-revert',
  'dump',
  'backup',
  'snapshot-delete',
] as const;

/** What a domain's job does. */
export type JobOperation = (typeof jobOperations)[number];

/** Which job is asked for: the bit of each flag, from 0. Source: libvirt, virDomainGetJobStatsFlags. */
export const jobStatsFlags = {
  COMPLETED: 0,
  KEEP_COMPLETED: 1,
} as const;

/** Which job is asked for: COMPLETED the last one, which is forgotten when told unless KEEP_COMPLETED is given too. */
export type JobStatsFlag = keyof typeof jobStatsFlags;

/** How a job is aborted: the bit of each flag, from 0. Source: libvirt, virDomainAbortJobFlagsValues. */
export const abortJobFlags = {
  POSTCOPY: 0,
} as const;

/** How a job is aborted: POSTCOPY interrupts a migration in post-copy, which pauses the guest on both sides. */
export type AbortJobFlag = keyof typeof abortJobFlags;

/** Which limit is meant: the bit of each flag, from 0. Source: libvirt, virDomainMigrateMaxSpeedFlags. */
export const migrateMaxSpeedFlags = {
  POSTCOPY: 0,
} as const;

/** Which limit is meant: POSTCOPY that of post-copy. */
export type MigrateMaxSpeedFlag = keyof typeof migrateMaxSpeedFlags;
