import type { TlsCredentials } from '@blockferry/nbd';
import type { MigrateParamsRecord, TypedParams } from '@blockferry/typed-params';
import type { Domain, Host } from './domain.js';
import type { MigrateFlag } from './flags.js';

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
  /** libvirt's typed parameters; on QEMU `migrate_disks`, `bandwidth`, `migrate_uri`, `disks_uri`, `disks_port`, `listen_address`. */
  readonly params?: TypedParams | MigrateParamsRecord;
  /** libvirt's flags; on QEMU `LIVE`, `NON_SHARED_DISK` and `UNSAFE` mean something. */
  readonly flags?: readonly MigrateFlag[];
  /** @default 'engine' on embedded domains and QEMU */
  readonly strategy?: 'engine' | 'mirror' | 'delegate';
  /** Bytes per second, at least 1, all disks together. @default unlimited */
  readonly bandwidth?: number;
  /** The downtime to aim at, in milliseconds, 1 to 2000000: it decides when the state stream starts. @default 300 */
  readonly maxDowntimeMs?: number;
  /** Roll back when the guest has not been handed over after so many milliseconds, 1 to 2147483647. @default never */
  readonly timeoutMs?: number;
  /**
   * The source's NBD server, as an NBD URI without an export. Without a port: one of `portRange`. On a wildcard address
   * it is reached where the monitor is.
   *
   * @default a private socket where the monitor is one, else the monitor's host
   */
  readonly sourceNbd?: string;
  /**
   * The destination's NBD server, likewise; the same as the parameter `disks_uri`. With `listen_address` it listens
   * there, and this is where it is reached.
   */
  readonly destinationNbd?: string;
  /**
   * Where the destination takes the state stream, such as `tcp://host:port`; the same as the parameter `migrate_uri`.
   *
   * @default a private socket where both monitors are sockets, else the host of the destination's monitor
   */
  readonly stateUri?: string;
  /** Ports to try for what listens on TCP. @default [49152, 49215] */
  readonly portRange?: readonly [number, number];
  /**
   * Everything that goes between the hosts, disks and memory, goes over TLS, with both sides' certificates checked; or
   * the migration does not start. The folder is read by both QEMUs, each on its host, and here: it has to be there
   * under the same path. The source's needs a server's and a client's certificate, the destination's a server's, and
   * here a client's. `hostname` is whom the destination's certificate is for, where that is not the host by which it
   * is reached; unix sockets are `localhost`.
   *
   * @default plain text
   */
  readonly tls?: Pick<TlsCredentials, 'directory' | 'hostname'>;
  /** Compare the copied disks before the guest runs on the destination: lengthens the downtime. @default false */
  readonly verify?: boolean;
  /** Cancels as `MigrationJob.cancel` does, its reason the error's cause. */
  readonly signal?: AbortSignal;
}
