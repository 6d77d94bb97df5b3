import type { MigrateParamsRecord, TypedParams } from '@blockferry/typed-params';
import type { DelegateCall, DelegateSource } from './delegate-ports.js';
import type { DiskInfo } from './disk-info.js';
import type { Domain, DomainConnection, Host } from './domain.js';
import { MigrationError } from './error.js';
import { toMigrationError } from './failure.js';
import type { MigrateFlag } from './flags.js';
import type { LibvirtCall } from './libvirt-call.js';
import { type OpenOptions, openDomainConnection } from './open.js';
import { toTypedParams } from './parameters.js';
import type { SourcePort } from './ports.js';
import { delegateCall } from './strategy/delegate-call.js';
import { engineCall } from './strategy/engine-call.js';

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
    dname?: string | null,
    uri?: string | null,
    bandwidth?: number,
  ): Promise<void> {
    return this.#make({ call: 'migrate', dest, flags, ...texts({ dname, uri }), bandwidth });
  }

  async migrate2(
    dest: Host,
    dxml: string | null | undefined,
    flags: readonly MigrateFlag[],
    dname?: string | null,
    uri?: string | null,
    bandwidth?: number,
  ): Promise<void> {
    return this.#make({ call: 'migrate2', dest, flags, ...texts({ dxml, dname, uri }), bandwidth });
  }

  async migrate3(
    dest: Host,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void> {
    return this.#make({ call: 'migrate3', dest, params: toTypedParams(params), flags });
  }

  async migrateToURI(
    duri: string | null | undefined,
    flags: readonly MigrateFlag[],
    dname?: string | null,
    bandwidth?: number,
  ): Promise<void> {
    return this.#make({ call: 'migrateToURI', flags, ...texts({ duri, dname }), bandwidth });
  }

  async migrateToURI2(
    dconnuri: string | null | undefined,
    miguri: string | null | undefined,
    dxml: string | null | undefined,
    flags: readonly MigrateFlag[],
    dname?: string | null,
    bandwidth?: number,
  ): Promise<void> {
    const given = texts({ dconnuri, miguri, dxml, dname });
    return this.#make({ call: 'migrateToURI2', flags, ...given, bandwidth });
  }

  async migrateToURI3(
    dconnuri: string | null | undefined,
    params: TypedParams | MigrateParamsRecord,
    flags: readonly MigrateFlag[],
  ): Promise<void> {
    const given = texts({ dconnuri });
    return this.#make({ call: 'migrateToURI3', ...given, params: toTypedParams(params), flags });
  }

  async #make(call: LibvirtCall<Host>): Promise<void> {
    const { port } = this.#connection;
    if (port.strategy === 'engine') return engineCall(this, call);
    try {
      await delegateCall(port, toDelegateCall(call));
    } catch (error) {
      throw toMigrationError(error);
    }
  }
}

/** libvirt decides all the rest; but it could not even be asked to go to a host without one. */
function toDelegateCall(call: LibvirtCall<Host>): DelegateCall {
  if (!('dest' in call)) return call;
  const { port } = call.dest;
  if (port.strategy === 'delegate') return { ...call, dest: port };
  throw new MigrationError(
    'INVALID_ARGUMENT',
    'A libvirt domain moves to a libvirt host: open it with openHost and a libvirt URI.',
  );
}

/** NULL is what is left out, and null. */
function texts<K extends string>(given: Record<K, string | null | undefined>): Record<K, string | undefined> {
  const entries = Object.entries<string | null | undefined>(given);
  return Object.fromEntries(entries.map(([name, text]) => [name, text ?? undefined])) as Record<
    K,
    string | undefined
  >;
}
