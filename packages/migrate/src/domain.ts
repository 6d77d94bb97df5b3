import type { TypedParams } from '@blockferry/typed-params';
import type { DiskInfo } from './disk-info.js';
import type { MigrateFlag } from './flags.js';
import type { MigrateParamsRecord } from './params-record.js';
import type { HostPort, SourcePort } from './ports.js';

/** A host that a domain can move to. */
export interface Host extends AsyncDisposable {
  readonly uri: string;
  close(): Promise<void>;
  /** @internal */
  readonly port: HostPort;
}

/** An open way to a domain. */
export interface DomainConnection extends AsyncDisposable {
  readonly uri: string;
  readonly name: string;
  readonly uuid: string | undefined;
  disks(): Promise<DiskInfo[]>;
  close(): Promise<void>;
  /** @internal */
  readonly port: SourcePort;
}

/**
 * A virtual machine, and libvirt's six migration calls on it, old and extensible. The four old ones take no
 * multi-value parameter: with a storage flag they copy every disk that is not shared, read-only or empty.
 *
 * Source: libvirt, libvirt-domain.h, virDomainMigrate and its kin.
 */
export interface Domain extends DomainConnection {
  migrate(
    dest: Host,
    flags: readonly MigrateFlag[],
    dname?: string,
    uri?: string,
    bandwidth?: number,
  ): Promise<void>;
  migrate2(
    dest: Host,
    dxml: string | undefined,
    flags: readonly MigrateFlag[],
    dname?: string,
    uri?: string,
    bandwidth?: number,
  ): Promise<void>;
  migrate3(
    dest: Host,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void>;
  migrateToURI(
    duri: string,
    flags: readonly MigrateFlag[],
    dname?: string,
    bandwidth?: number,
  ): Promise<void>;
  migrateToURI2(
    dconnuri: string | undefined,
    miguri: string | undefined,
    dxml: string | undefined,
    flags: readonly MigrateFlag[],
    dname?: string,
    bandwidth?: number,
  ): Promise<void>;
  migrateToURI3(
    dconnuri: string | undefined,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void>;
}
