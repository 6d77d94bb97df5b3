import { type MigrateParamsRecord, migrationConflicts, type TypedParams } from '@blockferry/typed-params';
import type { DelegateSource } from './delegate-ports.js';
import type { DiskInfo } from './disk-info.js';
import type { Domain, DomainConnection, Host } from './domain.js';
import { MigrationError } from './error.js';
import type { MigrateFlag } from './flags.js';
import { startMigration } from './migration.js';
import { type OpenOptions, openDomainConnection } from './open.js';
import type { MigrateOptions } from './options.js';
import { toTypedParams } from './parameters.js';
import type { SourcePort } from './ports.js';

/**
 * Opens the domain that a URI names: `qmp+unix:///path` or `qmp+tcp://host:port`, a QEMU's monitor; or the one that
 * `options.domain` names on a libvirt host.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for another URI; `QMP_*`, or libvirt's own code, where it cannot be
 * reached; `NOT_INSTALLED` where `@blockferry/libvirt` is missing; `ABORTED`.
 */
export async function openDomain(uri: string, options: OpenOptions = {}): Promise<Domain> {
  return new ConnectedDomain(await openDomainConnection(uri, options));
}

/** libvirt's calls over a connection to a domain. */
export class ConnectedDomain implements Domain {
  readonly #connection: DomainConnection;

  constructor(connection: DomainConnection) {
    this.#connection = connection;
  }

  get uri(): string {
    return this.#connection.uri;
  }

  get name(): string {
    return this.#connection.name;
  }

  get uuid(): string | undefined {
    return this.#connection.uuid;
  }

  get port(): SourcePort | DelegateSource {
    return this.#connection.port;
  }

  disks(): Promise<DiskInfo[]> {
    return this.#connection.disks();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async migrate(
    dest: Host,
    flags: readonly MigrateFlag[],
    dname?: string,
    uri?: string,
    bandwidth?: number,
  ): Promise<void> {
    return this.#classic(dest, flags, { dname, uri, bandwidth });
  }

  async migrate2(
    dest: Host,
    dxml: string | undefined,
    flags: readonly MigrateFlag[],
    dname?: string,
    uri?: string,
    bandwidth?: number,
  ): Promise<void> {
    return this.#classic(dest, flags, { dxml, dname, uri, bandwidth });
  }

  async migrate3(
    dest: Host,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void> {
    return this.#extensible(dest, params, flags);
  }

  async migrateToURI(
    duri: string,
    flags: readonly MigrateFlag[],
    dname?: string,
    bandwidth?: number,
  ): Promise<void> {
    return this.#classic(duri, flags, { dname, bandwidth });
  }

  async migrateToURI2(
    dconnuri: string | undefined,
    miguri: string | undefined,
    dxml: string | undefined,
    flags: readonly MigrateFlag[],
    dname?: string,
    bandwidth?: number,
  ): Promise<void> {
    return this.#classic(required(dconnuri), flags, { dxml, dname, uri: miguri, bandwidth });
  }

  async migrateToURI3(
    dconnuri: string | undefined,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void> {
    return this.#extensible(required(dconnuri), params, flags);
  }

  /** The four old calls: default selection, and what they can say becomes the parameters it always was. */
  async #classic(
    to: string | Host,
    flags: readonly MigrateFlag[],
    said: {
      dname?: string | undefined;
      dxml?: string | undefined;
      uri?: string | undefined;
      bandwidth?: number | undefined;
    },
  ): Promise<void> {
    const params: MigrateParamsRecord = {
      ...(said.dname === undefined ? {} : { destination_name: said.dname }),
      ...(said.dxml === undefined ? {} : { destination_xml: said.dxml }),
      ...(said.uri === undefined ? {} : { migrate_uri: said.uri }),
      ...(said.bandwidth === undefined ? {} : { bandwidth: mebibytes(said.bandwidth) }),
    };
    return this.#extensible(to, params, flags);
  }

  async #extensible(
    to: string | Host,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void> {
    const copiesStorage = flags.includes('NON_SHARED_DISK') || flags.includes('NON_SHARED_INC');
    const given = toTypedParams(params);
    const conflict = migrationConflicts(given, flags).find(({ param }) => param === 'migrate_disks');
    if (conflict !== undefined) throw new MigrationError('OPERATION_UNSUPPORTED', conflict.message);
    const options: MigrateOptions = {
      from: this,
      to,
      params: given,
      flags,
      disks: copiesStorage ? 'default' : 'none',
    };
    await startMigration(options).done;
  }
}

/** libvirt's `bandwidth` argument: an unsigned long, in MiB/s. */
function mebibytes(bandwidth: number): bigint {
  if (Number.isSafeInteger(bandwidth) && bandwidth >= 0) return BigInt(bandwidth);
  throw new MigrationError('INVALID_ARG', `bandwidth is ${bandwidth}: give a whole number of MiB/s.`);
}

function required(dconnuri: string | undefined): string {
  if (dconnuri !== undefined) return dconnuri;
  throw new MigrationError(
    'INVALID_ARG',
    'dconnuri in migrateToURI must not be NULL: give the URI of the destination.',
  );
}
