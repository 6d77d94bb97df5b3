import type { TypedParams } from '@blockferry/typed-params';
import type { Domain, Host } from './domain.js';
import type { MigrateFlag } from './flags.js';
import type { MigrateParamsRecord } from './params-record.js';

/** Everything a migration can be told. */
export interface MigrateOptions {
  /** The domain that moves: an open one, or its URI (`qmp+unix:///path`, `qmp+tcp://host:port`). */
  readonly from: string | Domain;
  /** Where to: an open host, or its URI. On QEMU the monitor of a process that waits with `-incoming defer`. */
  readonly to: string | Host;
  /** On libvirt: the domain's name or UUID. */
  readonly domain?: string;
  /**
   * Which disks are copied: every one that is not shareable, read-only or empty (`'default'`), none, or
   * exactly those. A disk goes by its drive's alias, its device's id or its root node's name.
   * @default 'default'
   */
  readonly disks?: 'default' | 'none' | readonly string[];
  /** Source disk to destination disk, where the names differ. */
  readonly diskMap?: Readonly<Record<string, string>>;
  /** Disks that are the same storage on both sides, and so may stay. */
  readonly assumeShared?: readonly string[];
  /** Copy a shareable disk all the same. @default false */
  readonly allowShared?: boolean;
  /** Take a destination disk that is larger; its tail is zeroed. @default false */
  readonly allowLarger?: boolean;
  /** Leave writable disks behind without knowing that they are shared. @default false */
  readonly unsafe?: boolean;
  readonly params?: TypedParams | MigrateParamsRecord;
  readonly flags?: readonly MigrateFlag[];
  /** @default 'engine' on embedded domains and QEMU */
  readonly strategy?: 'engine' | 'mirror' | 'delegate';
  /** Bytes per second, all disks together. @default unlimited */
  readonly bandwidth?: number;
  /** The downtime to aim at, in milliseconds: when the state stream starts. @default 300 */
  readonly maxDowntimeMs?: number;
  /** Roll back when the guest has not been handed over after so many milliseconds. @default never */
  readonly timeoutMs?: number;
  /** The source's NBD server, as an NBD URI without an export. */
  readonly sourceNbd?: string;
  /** The destination's NBD server; the same as the parameter `disks_uri`. */
  readonly destinationNbd?: string;
  /** The state stream; the same as the parameter `migrate_uri`. */
  readonly stateUri?: string;
  /** Ports to try for what listens on TCP. @default [49152, 49215] */
  readonly portRange?: readonly [number, number];
  /** Compare the copied disks before the guest runs on the destination: lengthens the downtime. @default false */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}
