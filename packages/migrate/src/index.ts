/// <reference types="node" preserve="true" />
/**
 * Selective live block migration: you name the disks that move, the guest goes on writing, they arrive complete,
 * and the guest runs on the other side.
 *
 * @packageDocumentation
 */

export type { MigrateParamsRecord } from '@blockferry/typed-params';
export { openDomain } from './connected-domain.js';
export type { DiskInfo } from './disk-info.js';
export type { Domain, DomainConnection, Host } from './domain.js';
export {
  createEmbeddedHost,
  type EmbeddedDisk,
  type EmbeddedDomain,
  type EmbeddedDomainOptions,
  type EmbeddedGuest,
  type EmbeddedHost,
  type GuestVerification,
} from './embedded.js';
export { MigrationError, type MigrationErrorDetails } from './error.js';
export type { MigrationErrorCode, Side } from './error-code.js';
export type {
  LogEvent,
  MigrationEvent,
  PhaseEvent,
  ProgressEvent,
  ResultEvent,
  RoundEvent,
} from './events.js';
export { MIGRATE_FLAGS, type MigrateFlag, QEMU_FLAGS } from './flags.js';
export type { MigrationJob, MigrationSnapshot } from './job.js';
export { startMigration } from './migration.js';
export type { MigrationPlan, PlannedDisk } from './migration-plan.js';
export { type OpenOptions, openHost } from './open.js';
export type { MigrateOptions } from './options.js';
export { QEMU_PARAMETERS } from './parameters.js';
export { PHASES, type Phase } from './phase.js';
export { plan } from './plan.js';
export type { Problem, ProblemCode } from './problem.js';
export type { DiskResult, DowntimeParts, ExitStatus, MigrationResult } from './result.js';
