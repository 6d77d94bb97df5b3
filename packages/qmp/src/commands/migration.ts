import type { QmpInteger } from '../json.js';

/** Source: QEMU 10.0, qapi/migration.json, MigrationStatus. */
export type MigrationStatus =
  | 'none'
  | 'setup'
  | 'cancelling'
  | 'cancelled'
  | 'active'
  | 'postcopy-active'
  | 'postcopy-paused'
  | 'postcopy-recover-setup'
  | 'postcopy-recover'
  | 'completed'
  | 'failed'
  | 'colo'
  | 'pre-switchover'
  | 'device'
  | 'wait-unplug';

/** What `query-migrate` tells; an empty object when there has been no migration. Times are milliseconds. */
export interface MigrationInfo {
  readonly status?: MigrationStatus;
  readonly ram?: MigrationStats;
  readonly 'total-time'?: number;
  readonly 'setup-time'?: number;
  readonly 'expected-downtime'?: QmpInteger;
  readonly downtime?: number;
  readonly 'cpu-throttle-percentage'?: number;
  /** Why it failed; QEMU 7.2 does not tell. */
  readonly 'error-desc'?: string;
  /** Why the guest cannot be migrated at all. */
  readonly 'blocked-reasons'?: readonly string[];
  /** Where a destination listens. */
  readonly 'socket-address'?: readonly SocketAddress[];
}

/** The state stream's progress: bytes, unless said otherwise. */
export interface MigrationStats {
  readonly transferred: number;
  readonly remaining: number;
  readonly total: number;
  /** Pages. */
  readonly duplicate: number;
  /** Pages. */
  readonly normal: number;
  readonly 'normal-bytes': number;
  /** Pages per second. */
  readonly 'dirty-pages-rate': number;
  /** Megabits per second. */
  readonly mbps: number;
  readonly 'dirty-sync-count': number;
  readonly 'postcopy-requests': number;
  readonly 'page-size': number;
  readonly 'pages-per-second': number;
  readonly 'multifd-bytes': number;
  readonly 'precopy-bytes': number;
  readonly 'downtime-bytes': number;
  readonly 'postcopy-bytes': number;
  readonly 'dirty-sync-missed-zero-copy': number;
}

/** An address in the flat form. A port is a string. */
export type SocketAddress =
  | { readonly type: 'inet'; readonly host: string; readonly port: string }
  | { readonly type: 'unix'; readonly path: string }
  | { readonly type: 'vsock'; readonly cid: string; readonly port: string }
  | { readonly type: 'fd'; readonly str: string };

/** The capabilities of QEMU 10.0; another version knows fewer, or more. */
export type MigrationCapability =
  | 'xbzrle'
  | 'rdma-pin-all'
  | 'auto-converge'
  | 'zero-blocks'
  | 'events'
  | 'postcopy-ram'
  | 'x-colo'
  | 'release-ram'
  | 'return-path'
  | 'pause-before-switchover'
  | 'multifd'
  | 'dirty-bitmaps'
  | 'postcopy-blocktime'
  | 'late-block-activate'
  | 'x-ignore-shared'
  | 'validate-uuid'
  | 'background-snapshot'
  | 'zero-copy-send'
  | 'postcopy-preempt'
  | 'switchover-ack'
  | 'dirty-limit'
  | 'mapped-ram';

/** A capability, on or off. */
export interface MigrationCapabilityStatus {
  readonly capability: MigrationCapability;
  readonly state: boolean;
}

/** Migration parameters. `query-migrate-parameters` tells them, `migrate-set-parameters` takes any of them. */
export interface MigrationParameters {
  /** Milliseconds. */
  readonly 'announce-initial'?: number;
  /** Milliseconds. */
  readonly 'announce-max'?: number;
  readonly 'announce-rounds'?: number;
  /** Milliseconds. */
  readonly 'announce-step'?: number;
  readonly 'throttle-trigger-threshold'?: number;
  readonly 'cpu-throttle-initial'?: number;
  readonly 'cpu-throttle-increment'?: number;
  readonly 'cpu-throttle-tailslow'?: boolean;
  readonly 'max-cpu-throttle'?: number;
  readonly 'tls-creds'?: string;
  readonly 'tls-hostname'?: string;
  readonly 'tls-authz'?: string;
  /** Bytes per second. */
  readonly 'max-bandwidth'?: QmpInteger;
  /** Bytes per second; 0 lets QEMU estimate. Since QEMU 8.2. */
  readonly 'avail-switchover-bandwidth'?: QmpInteger;
  /** Bytes per second; 0 is no limit. */
  readonly 'max-postcopy-bandwidth'?: QmpInteger;
  /** Milliseconds, at most 2 000 000. */
  readonly 'downtime-limit'?: number;
  /** Milliseconds. */
  readonly 'x-checkpoint-delay'?: number;
  readonly 'multifd-channels'?: number;
  readonly 'multifd-compression'?: string;
  readonly 'multifd-zlib-level'?: number;
  readonly 'multifd-zstd-level'?: number;
  readonly 'multifd-qatzip-level'?: number;
  /** Bytes. */
  readonly 'xbzrle-cache-size'?: QmpInteger;
  readonly 'block-bitmap-mapping'?: readonly unknown[];
  /** Milliseconds. */
  readonly 'x-vcpu-dirty-limit-period'?: QmpInteger;
  /** MiB per second. */
  readonly 'vcpu-dirty-limit'?: QmpInteger;
  readonly mode?: string;
  readonly 'zero-page-detection'?: string;
  readonly 'direct-io'?: boolean;
}

/** `migrate`. The URI is QEMU's: `tcp:HOST:PORT`, `unix:PATH`, ... */
export interface MigrateOptions {
  readonly uri: string;
  readonly resume?: boolean;
}

/** `migrate-incoming`. */
export interface MigrateIncomingOptions {
  readonly uri: string;
  /** Whether a failed migration ends the process, as it does by default. Since QEMU 9.1. */
  readonly 'exit-on-error'?: boolean;
}
