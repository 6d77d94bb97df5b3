import type { MigrateParamsRecord, TypedParams } from '@blockferry/typed-params';
import type { DelegateHost, DelegateSource } from './delegate-ports.js';
import type { DiskInfo } from './disk-info.js';
import type { MigrateFlag } from './flags.js';
import type { HostPort, SourcePort } from './ports.js';

/** A host that a domain can move to. */
export interface Host extends AsyncDisposable {
  readonly uri: string;
  /** Ends the connection; an embedded host ends with its guest and its disks. A second call does nothing. */
  close(): Promise<void>;
  /** @internal */
  readonly port: HostPort | DelegateHost;
}

/** An open way to a domain. */
export interface DomainConnection extends AsyncDisposable {
  readonly uri: string;
  readonly name: string;
  readonly uuid: string | undefined;
  /** The disks as the hypervisor has them now, in its order. */
  disks(): Promise<DiskInfo[]>;
  /** Ends the connection; the domain goes on. A second call does nothing. */
  close(): Promise<void>;
  /** @internal */
  readonly port: SourcePort | DelegateSource;
}

/**
 * A virtual machine, and libvirt's six migration calls on it, old and extensible. The four old ones take no
 * multi-value parameter: with a storage flag they copy every disk that is not shared, read-only or empty.
 *
 * `bandwidth` is MiB per second, 0 or left out for no limit. Each resolves when the guest runs on the destination, and rejects
 * with a `MigrationError` otherwise. What only libvirt can honour (`dname`, `dxml`, most flags) is refused on others with
 * `ARGUMENT_UNSUPPORTED`.
 *
 * Source: libvirt, libvirt-domain.h, virDomainMigrate and its kin.
 */
export interface Domain extends DomainConnection {
  /** To an open host. */
  migrate(
    dest: Host,
    flags: readonly MigrateFlag[],
    dname?: string,
    uri?: string,
    bandwidth?: number,
  ): Promise<void>;
  /** Like `migrate`, with the domain's XML for the destination. */
  migrate2(
    dest: Host,
    dxml: string | undefined,
    flags: readonly MigrateFlag[],
    dname?: string,
    uri?: string,
    bandwidth?: number,
  ): Promise<void>;
  /** To an open host, with typed parameters: `migrate_disks` may repeat. */
  migrate3(
    dest: Host,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void>;
  /** To the host that `duri` names. */
  migrateToURI(
    duri: string,
    flags: readonly MigrateFlag[],
    dname?: string,
    bandwidth?: number,
  ): Promise<void>;
  /** To the host that `dconnuri` names, the state stream to `miguri`. */
  migrateToURI2(
    dconnuri: string | undefined,
    miguri: string | undefined,
    dxml: string | undefined,
    flags: readonly MigrateFlag[],
    dname?: string,
    bandwidth?: number,
  ): Promise<void>;
  /** To the host that `dconnuri` names, with typed parameters. */
  migrateToURI3(
    dconnuri: string | undefined,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void>;
}
