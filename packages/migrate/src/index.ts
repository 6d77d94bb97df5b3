/**
 * Selective live block migration: you name the disks that move, the guest goes on writing, they arrive complete,
 * and the guest runs on the other side.
 *
 * @packageDocumentation
 */
export { openDomain } from './connected-domain.js';
export type { DiskInfo, Domain, DomainConnection, Host } from './domain.js';
export {
  createEmbeddedHost,
  type EmbeddedDisk,
  type EmbeddedDomain,
  type EmbeddedDomainOptions,
  type EmbeddedGuest,
  type EmbeddedHost,
  type GuestVerification,
} from './embedded.js';
export {
  MigrationError,
  type MigrationErrorCode,
  type MigrationErrorDetails,
  PHASES,
  type Phase,
  type Problem,
  type ProblemCode,
  type Side,
} from './error.js';
export type {
  LogEvent,
  MigrationEvent,
  PhaseEvent,
  ProgressEvent,
  ResultEvent,
  RoundEvent,
} from './events.js';
export { MIGRATE_FLAGS, type MigrateFlag } from './flags.js';
export type { MigrationJob, MigrationSnapshot } from './job.js';
export { startMigration } from './migration.js';
export type { MigrationPlan, PlannedDisk } from './migration-plan.js';
export { type OpenOptions, openHost } from './open.js';
export type { MigrateOptions, MigrateParamsRecord } from './options.js';
export { plan } from './plan.js';
export type { DiskResult, ExitStatus, MigrationResult } from './result.js';
