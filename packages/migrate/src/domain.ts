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
 * A virtual machine, and libvirt's six migration calls on it: its arguments, its checks in its order, its error codes
 * and its messages. docs/migration-calls.md lists every refusal.
 *
 * Each resolves when the guest runs on the destination. It rejects with a `MigrationError`, whose `code` is libvirt's
 * own wherever libvirt has one (`INVALID_ARG`, `ARGUMENT_UNSUPPORTED`, `OPERATION_INVALID`, `OPERATION_UNSUPPORTED`,
 * `OVERFLOW`, `MIGRATE_UNSAFE`, ...) and whose message is libvirt's, word for word. What went wrong with a migration
 * under way has the codes of `startMigration`; `OUTCOME_UNCERTAIN` says that nobody knows where the guest is.
 *
 * On libvirt the call is made as it is, and libvirt judges it. On QEMU and on embedded domains what it would say of the
 * arguments comes first; then `ARGUMENT_UNSUPPORTED` for what only libvirt can honour (`dname`, `dxml`, most flags and
 * parameters); then what it would say of the disks, with all that stands against the migration in `problems`.
 *
 * Arguments that are texts: left out, `undefined` and `null` are libvirt's NULL; an empty one is an empty one.
 * `bandwidth` is a whole number of MiB per second, 0 or left out for no limit (`INVALID_ARG` for another number).
 *
 * With `NON_SHARED_DISK` or `NON_SHARED_INC` disks are copied: of the four old calls, `migrate`, `migrate2`,
 * `migrateToURI` and `migrateToURI2`, every disk that is not shareable, read-only or empty, as ever; of the two new ones
 * exactly those of `migrate_disks`, if there are any. Without such a flag none is.
 *
 * Source: libvirt, include/libvirt/libvirt-domain.h and src/libvirt-domain.c, virDomainMigrate and its kin.
 */
export interface Domain extends DomainConnection {
  /**
   * To an open host.
   *
   * @param dname The domain's name there, where it is to be another one (libvirt).
   * @param uri Where the guest's state goes, as `migrate_uri`. With `PEER2PEER` the URI of the other daemon instead, by
   * default the one of `dest` (libvirt).
   * @param bandwidth MiB per second, for memory and for each disk; 0: no limit.
   *
   * Source: libvirt, virDomainMigrate (0.3.2).
   */
  migrate(
    dest: Host,
    flags: readonly MigrateFlag[],
    dname?: string | null,
    uri?: string | null,
    bandwidth?: number,
  ): Promise<void>;
  /**
   * Like `migrate`, with the domain's definition for the destination. `uri` is where the state goes, always.
   *
   * @param dxml The definition, where paths and addresses differ there (libvirt).
   * @param bandwidth MiB per second; 0: no limit.
   *
   * Source: libvirt, virDomainMigrate2 (0.9.2).
   */
  migrate2(
    dest: Host,
    dxml: string | null | undefined,
    flags: readonly MigrateFlag[],
    dname?: string | null,
    uri?: string | null,
    bandwidth?: number,
  ): Promise<void>;
  /**
   * To an open host, with typed parameters: `migrate_disks` may repeat. Not with `PEER2PEER`. Where a peer knows no
   * such parameters, those alone are taken that `migrate2` has arguments for: else `ARGUMENT_UNSUPPORTED`.
   *
   * Source: libvirt, virDomainMigrate3 (1.1.0).
   */
  migrate3(
    dest: Host,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void>;
  /**
   * To the host that `duri` names: with `PEER2PEER` the source's daemon connects there. Without, libvirt takes it for
   * the place where the state goes, and its QEMU driver refuses such migrations; a QEMU's monitor needs no such flag.
   *
   * @param bandwidth MiB per second; 0: no limit.
   *
   * Source: libvirt, virDomainMigrateToURI (0.7.2).
   */
  migrateToURI(
    duri: string | null | undefined,
    flags: readonly MigrateFlag[],
    dname?: string | null,
    bandwidth?: number,
  ): Promise<void>;
  /**
   * To the host that `dconnuri` names, the state to `miguri`, with the domain's definition for the destination.
   *
   * @param bandwidth MiB per second; 0: no limit.
   *
   * Source: libvirt, virDomainMigrateToURI2 (0.9.2).
   */
  migrateToURI2(
    dconnuri: string | null | undefined,
    miguri: string | null | undefined,
    dxml: string | null | undefined,
    flags: readonly MigrateFlag[],
    dname?: string | null,
    bandwidth?: number,
  ): Promise<void>;
  /**
   * To the host that `dconnuri` names, with typed parameters.
   *
   * Source: libvirt, virDomainMigrateToURI3 (1.1.0).
   */
  migrateToURI3(
    dconnuri: string | null | undefined,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void>;
}
