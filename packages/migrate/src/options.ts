import type { TlsCredentials } from '@blockferry/nbd';
import type { MigrateParamsRecord, TypedParams } from '@blockferry/typed-params';
import type { Domain, Host } from './domain.js';
import type { MigrateFlag } from './flags.js';

/** Everything a migration can be told. */
export interface MigrateOptions {
  /**
   * The domain that moves: an open one, or its URI (`qmp+unix:///path`, `qmp+tcp://host:port`), or that of a libvirt
   * host (`qemu:///system`, `qemu+ssh://host/system`, `qemu+unix:///system?socket=PATH`, ...).
   */
  readonly from: string | Domain;
  /**
   * Where to: an open host, or its URI. On QEMU the monitor of a process that waits with `-incoming defer`. With `p2p`
   * it has to mean the destination on the source's host too.
   */
  readonly to: string | Host;
  /** On libvirt, where `from` is a URI: the domain's name or UUID. */
  readonly domain?: string;
  /**
   * Which disks are copied: every one that is not shareable, read-only or empty (`'default'`), none, or
   * exactly those. A disk goes by its drive's alias, its device's id or its root node's name; on libvirt by its target.
   * @default 'default'
   */
  readonly disks?: 'default' | 'none' | readonly string[];
  /** Source disk to destination disk, where the names differ. On libvirt the parameter `destination_xml` says it. */
  readonly diskMap?: Readonly<Record<string, string>>;
  /** Disks that are the same storage on both sides, and so may stay. */
  readonly assumeShared?: readonly string[];
  /** Copy a shareable disk all the same. @default false */
  readonly allowShared?: boolean;
  /** Take a destination disk that is larger; its tail is zeroed. @default false */
  readonly allowLarger?: boolean;
  /** Leave writable disks behind without knowing that they are shared. @default false */
  readonly unsafe?: boolean;
  /** libvirt's typed parameters, handed on as they are; on QEMU `migrate_disks`, `bandwidth`, `migrate_uri`, `disks_uri`, `disks_port`, `listen_address`. */
  readonly params?: TypedParams | MigrateParamsRecord;
  /**
   * libvirt's flags, besides `LIVE` and, where a disk is copied, `NON_SHARED_DISK` or the storage flag that is given; on
   * QEMU `LIVE`, `NON_SHARED_DISK` and `UNSAFE` mean something.
   */
  readonly flags?: readonly MigrateFlag[];
  /** On libvirt: the source's daemon connects to the destination's, and they manage it between them. @default false */
  readonly p2p?: boolean;
  /**
   * On libvirt: images that the destination does not have are made there, through the storage pool that has their
   * folder as its target: as large as the source's disk, thin, of its format. Removed again if the migration fails.
   *
   * @default false
   */
  readonly createImages?: boolean;
  /** @default 'engine' on embedded domains and QEMU, 'delegate' on libvirt */
  readonly strategy?: 'engine' | 'mirror' | 'delegate';
  /**
   * Bytes per second, at least 1, all disks together. libvirt counts in MiB/s for each disk and for memory: there each
   * disk gets its share, of at least 1 MiB/s. @default unlimited
   */
  readonly bandwidth?: number;
  /** The downtime to aim at, in milliseconds, 1 to 2000000: it decides when the state stream starts. @default 300; on libvirt the hypervisor's */
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
