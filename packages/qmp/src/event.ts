import type { JobStatus } from './commands/block.js';
import type { MigrationStatus } from './commands/migration.js';
import type { ShutdownCause } from './commands/vm.js';

/** An event of QEMU's, with the time when it reached us. */
export interface QmpEvent extends WireEvent {
  /** `performance.now()` of this process when its bytes were read, in milliseconds: fit for durations. */
  readonly at: number;
}

/** An event as it was sent. */
export interface WireEvent {
  /** Its name, in capitals: `MIGRATION`, `STOP`, ... */
  readonly event: string;
  /** What it tells; an empty object where QEMU tells nothing. */
  readonly data: Readonly<Record<string, unknown>>;
  /** QEMU's wall clock when it happened; both are -1 where the host's clock failed. */
  readonly timestamp: { readonly seconds: number; readonly microseconds: number };
}

/** The event of that name, its data typed. */
export type QmpEventOf<N extends QmpEventName> = QmpEvent & {
  readonly event: N;
  readonly data: QmpEventData[N];
};

/** Whether `event` is the one of that name; gives its data their types. */
export function isEvent<N extends QmpEventName>(event: QmpEvent, name: N): event is QmpEventOf<N> {
  return event.event === name;
}

/** The events whose data are typed. */
export type QmpEventName = keyof QmpEventData;

/** The data of the events that a migration looks at. Source: QEMU 10.0, qapi/. */
export interface QmpEventData {
  readonly STOP: Readonly<Record<string, never>>;
  readonly RESUME: Readonly<Record<string, never>>;
  readonly SUSPEND: Readonly<Record<string, never>>;
  readonly WAKEUP: Readonly<Record<string, never>>;
  readonly POWERDOWN: Readonly<Record<string, never>>;
  readonly SHUTDOWN: { readonly guest: boolean; readonly reason: ShutdownCause };
  readonly RESET: { readonly guest: boolean; readonly reason: ShutdownCause };
  readonly GUEST_PANICKED: { readonly action: 'pause' | 'poweroff' | 'run' };
  /** Comes only with the migration capability `events`. */
  readonly MIGRATION: { readonly status: MigrationStatus };
  readonly MIGRATION_PASS: { readonly pass: number };
  readonly BLOCK_EXPORT_DELETED: { readonly id: string };
  readonly BLOCK_IO_ERROR: {
    readonly device: string;
    readonly 'node-name'?: string;
    readonly operation: 'read' | 'write';
    readonly action: 'ignore' | 'report' | 'stop';
    readonly nospace?: boolean;
    readonly reason: string;
  };
  readonly BLOCK_JOB_READY: BlockJobEventData;
  /** `error` set means that the job failed. */
  readonly BLOCK_JOB_COMPLETED: BlockJobEventData & { readonly error?: string };
  readonly BLOCK_JOB_CANCELLED: BlockJobEventData;
  readonly BLOCK_JOB_ERROR: {
    readonly device: string;
    readonly operation: 'read' | 'write';
    readonly action: 'ignore' | 'report' | 'stop';
  };
  readonly JOB_STATUS_CHANGE: { readonly id: string; readonly status: JobStatus };
}

type BlockJobEventData = {
  readonly type: string;
  /** The job's id. */
  readonly device: string;
  /** Bytes in all; grows while the guest writes. */
  readonly len: number;
  /** Bytes done. */
  readonly offset: number;
  /** Bytes per second; 0 is no limit. */
  readonly speed: number;
};
