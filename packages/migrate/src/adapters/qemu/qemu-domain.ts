import { connectQmp, type QmpClient } from '@blockferry/qmp';
import type { DomainConnection } from '../../domain.js';
import { MigrationError } from '../../error.js';
import type { HostPort, Session, SessionOptions, SourcePort } from '../../ports.js';
import type { Problem } from '../../problem.js';
import { type QemuDisk, queryDisks } from './disks.js';
import { type Monitor, monitorOf } from './monitor.js';
import { serverProblems } from './nbd-server.js';
import { QemuHost } from './qemu-host.js';
import { type QemuPair, QemuSession } from './qemu-session.js';

/** Opens a QEMU's monitor as the domain that it runs. */
export async function openQemuDomain(
  uri: string,
  options: { readonly signal?: AbortSignal },
): Promise<DomainConnection> {
  const monitor = monitorOf(uri);
  const qmp = await connectQmp(uri, options);
  try {
    const [{ name }, { UUID }] = await Promise.all([qmp.execute('query-name'), qmp.execute('query-uuid')]);
    return new QemuDomain(uri, monitor, qmp, name ?? '', UUID === NO_UUID ? undefined : UUID);
  } catch (error) {
    await qmp.close();
    throw error;
  }
}

class QemuDomain implements DomainConnection, SourcePort {
  readonly adapter = 'qemu';
  readonly uri: string;
  readonly name: string;
  readonly uuid: string | undefined;
  readonly #monitor: Monitor;
  readonly #qmp: QmpClient;

  constructor(uri: string, monitor: Monitor, qmp: QmpClient, name: string, uuid: string | undefined) {
    this.uri = uri;
    this.name = name;
    this.uuid = uuid;
    this.#monitor = monitor;
    this.#qmp = qmp;
  }

  get port(): this {
    return this;
  }

  disks(): Promise<QemuDisk[]> {
    return queryDisks(this.#qmp);
  }

  async problems(copies: boolean): Promise<Problem[]> {
    const [{ status }, migration] = await Promise.all([
      this.#qmp.execute('query-status'),
      this.#qmp.execute('query-migrate'),
    ]);
    if (migration.status !== undefined && ACTIVE.has(migration.status)) {
      return [
        {
          code: 'SOURCE_MIGRATING',
          message: `The source is migrating already (${migration.status}): wait for that migration, or cancel it.`,
        },
      ];
    }
    if (status !== 'running' && status !== 'paused') {
      const hint = status === 'postmigrate' ? ': it has been migrated away' : '';
      return [
        {
          code: 'SOURCE_NOT_READY',
          message: `The source's guest is ${status}${hint}; it has to run or be paused.`,
        },
      ];
    }
    return copies ? serverProblems(this.#qmp, 'source') : [];
  }

  open(host: HostPort, options: SessionOptions): Session {
    if (!(host instanceof QemuHost)) {
      throw new MigrationError(
        'INVALID_ARGUMENT',
        'A domain on QEMU moves to another QEMU: give the URI of its monitor.',
      );
    }
    const source = { qmp: this.#qmp, monitor: this.#monitor };
    return new QemuSession(source, host.end, options.disks as readonly QemuPair[], options);
  }

  close(): Promise<void> {
    return this.#qmp.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Source: QEMU qapi/migration.json, MigrationStatus. */
const ACTIVE: ReadonlySet<string> = new Set([
  'setup',
  'active',
  'device',
  'pre-switchover',
  'wait-unplug',
  'cancelling',
  'postcopy-active',
  'postcopy-paused',
  'postcopy-recover-setup',
  'postcopy-recover',
  'colo',
]);
const NO_UUID = '00000000-0000-0000-0000-000000000000';
