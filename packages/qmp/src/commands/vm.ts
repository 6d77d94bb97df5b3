/** Source: QEMU 10.0, qapi/run-state.json, RunState. */
export type RunState =
  | 'debug'
  | 'inmigrate'
  | 'internal-error'
  | 'io-error'
  | 'paused'
  | 'postmigrate'
  | 'prelaunch'
  | 'finish-migrate'
  | 'restore-vm'
  | 'running'
  | 'save-vm'
  | 'shutdown'
  | 'suspended'
  | 'watchdog'
  | 'guest-panicked'
  | 'colo';

/** Source: QEMU 10.0, qapi/run-state.json, ShutdownCause. */
export type ShutdownCause =
  | 'none'
  | 'host-error'
  | 'host-qmp-quit'
  | 'host-qmp-system-reset'
  | 'host-signal'
  | 'host-ui'
  | 'guest-shutdown'
  | 'guest-reset'
  | 'guest-panic'
  | 'subsystem-reset'
  | 'snapshot-load';

/** What `query-status` tells. */
export interface StatusInfo {
  readonly status: RunState;
  readonly running: boolean;
}

/** What `query-version` and the greeting tell. */
export interface VersionInfo {
  readonly qemu: { readonly major: number; readonly minor: number; readonly micro: number };
  /** The distribution's version of the package; often empty. */
  readonly package: string;
}

/** A property of an object, as `qom-list` tells it. */
export interface ObjectProperty {
  readonly name: string;
  /** `bool`, `str`, `child<TYPE>`, `link<TYPE>`, ... */
  readonly type: string;
  readonly description?: string;
  readonly 'default-value'?: unknown;
}

/** `object-add`: the type, the id, and whatever that type takes. */
export interface ObjectOptions {
  readonly 'qom-type': string;
  readonly id: string;
  readonly [option: string]: unknown;
}
