import {
  type BlockJobInfo,
  type ConnectQmpOptions,
  connectQmp,
  type MigrationInfo,
  type QmpClient,
  type RunState,
} from '@blockferry/qmp';
import type { DomainConnection } from '../../domain.js';
import { MigrationError } from '../../error.js';
import type { Addresses, HostPort, Session, SessionOptions, SourcePort } from '../../ports.js';
import type { Problem } from '../../problem.js';
import { type QemuDisk, queryDisks } from './disks.js';
import { ListenerAddresses } from './listener-addresses.js';
import { type Monitor, monitorOf } from './monitor.js';
import { serverProblems } from './nbd-server.js';
import { QemuHost } from './qemu-host.js';
import { type QemuPair, QemuSession } from './qemu-session.js';
import { isAtWork } from './source-guard.js';

/** Opens a QEMU's monitor as the domain that it runs. */
export async function openQemuDomain(uri: string, options: ConnectQmpOptions): Promise<DomainConnection> {
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
  readonly strategy = 'engine';
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
    const [{ status }, migration, jobs, servers] = await Promise.all([
      this.#qmp.execute('query-status'),
      this.#qmp.execute('query-migrate'),
      this.#qmp.execute('query-block-jobs'),
      copies ? serverProblems(this.#qmp, 'source') : [],
    ]);
    return [...guestProblems(status, migration), ...jobs.filter(isAtWork).map(jobProblem), ...servers];
  }

  checkAddresses(host: HostPort, addresses: Addresses): void {
    new ListenerAddresses(this.#monitor, qemuHost(host).end.monitor, addresses);
  }

  open(host: HostPort, options: SessionOptions): Session {
    const source = { qmp: this.#qmp, monitor: this.#monitor };
    return new QemuSession(source, qemuHost(host).end, options.disks as readonly QemuPair[], options);
  }

  close(): Promise<void> {
    return this.#qmp.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function qemuHost(host: HostPort): QemuHost {
  if (host instanceof QemuHost) return host;
  throw new MigrationError(
    'INVALID_ARGUMENT',
    'A domain on QEMU moves to another QEMU: give the URI of its monitor.',
  );
}

function guestProblems(status: RunState, migration: MigrationInfo): Problem[] {
  if (migration.status !== undefined && ACTIVE.has(migration.status)) {
    const message = `The source is migrating already (${migration.status}): wait for that migration, or end it (migrate_cancel).`;
    return [{ code: 'SOURCE_MIGRATING', message }];
  }
  const problems: Problem[] = (migration['blocked-reasons'] ?? []).map((reason) => ({
    code: 'SOURCE_NOT_READY',
    message: `The source's QEMU cannot migrate this guest (${reason}): take away what stands against it.`,
  }));
  if (!READY.has(status)) problems.push({ code: 'SOURCE_NOT_READY', message: whyNotReady(status) });
  return problems;
}

function whyNotReady(status: RunState): string {
  switch (status) {
    case 'inmigrate':
      return 'The source waits for a guest itself (-incoming): have the two sides been mistaken for each other?';
    case 'postmigrate':
      return "The source's guest has been migrated away (postmigrate): it is on the destination of that migration.";
    case 'shutdown':
      return "The source's guest has shut down: start it, or copy its disks without a migration.";
    default:
      return `The source's guest is ${status}; it has to run or be paused.`;
  }
}

/** libvirt's rule too. QEMU could not let go of the disks at the switch, or the job would move their root. */
function jobProblem({ device, type }: BlockJobInfo): Problem {
  return {
    code: 'BLOCK_JOB_ACTIVE',
    message: `The block job ${device} (${type}) works on the source's disks: wait for its end, or end it (block-job-cancel).`,
  };
}

/** `prelaunch`: started with -S, and never run. */
const READY: ReadonlySet<RunState> = new Set(['running', 'paused', 'prelaunch']);
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
