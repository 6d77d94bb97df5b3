/// <reference types="node" preserve="true" />
export type { CallOptions } from './call.js';
export { Checkpoint } from './checkpoint.js';
export { type ConnectOptions, connect, type KeepAlive, libvirtVersion } from './connect.js';
export { Connection, type DomainStats } from './connection.js';
export type { Authenticator, CredentialRequest, Credentials } from './credentials.js';
export { Domain } from './domain.js';
export type {
  BlockInfo,
  BlockJobInfo,
  DomainInfo,
  DomainState,
  DomainStatus,
  JobInfo,
  JobStats,
} from './domain-info.js';
export { LibvirtError, type LibvirtErrorCode, type LibvirtErrorDetails } from './error.js';
export type { EventStream } from './event-stream.js';
export type {
  BlockJobEvent,
  DeviceRemovedEvent,
  DomainEventKind,
  DomainEvents,
  EventDomain,
  JobCompletedEvent,
  LifecycleEvent,
  MigrationIterationEvent,
} from './events.js';
export type { JobStatistics, MigrationParams } from './params.js';
export { type PoolInfo, StoragePool, StorageVolume, type VolumeInfo } from './storage.js';
export type { EventOptions } from './subscriptions.js';
export type {
  BlockJobAbortFlag,
  BlockJobInfoFlag,
  BlockJobSpeedFlag,
  BlockJobStatus,
  BlockJobType,
} from './tables/block-jobs.js';
export type {
  BackupFlag,
  CheckpointCreateFlag,
  CheckpointDeleteFlag,
  CheckpointListFlag,
  CheckpointXmlFlag,
} from './tables/checkpoint-flags.js';
export type { CloseReason } from './tables/close-reasons.js';
export type {
  DomainStatsFlag,
  DomainStatsType,
  ListDomainsFlag,
  ListPoolsFlag,
} from './tables/connection-flags.js';
export type { CredentialType } from './tables/credential-types.js';
export type {
  DomainCreateFlag,
  DomainDefineFlag,
  DomainDestroyFlag,
  DomainShutdownFlag,
  DomainUndefineFlag,
  DomainXmlFlag,
  ModificationFlag,
  QemuMonitorFlag,
} from './tables/domain-flags.js';
export { type ErrorCodeName, errorCodes } from './tables/error-codes.js';
export type { LibvirtErrorDomain } from './tables/error-domains.js';
export type { LibvirtErrorLevel } from './tables/error-levels.js';
export type {
  AbortJobFlag,
  JobOperation,
  JobStatsFlag,
  JobType,
  MigrateMaxSpeedFlag,
} from './tables/jobs.js';
export type {
  PoolBuildFlag,
  PoolCreateFlag,
  PoolDefineFlag,
  PoolDeleteFlag,
  PoolState,
  StorageXmlFlag,
  VolumeCreateFlag,
  VolumeDeleteFlag,
  VolumeInfoFlag,
  VolumeType,
} from './tables/storage.js';
export type { Version } from './version.js';
