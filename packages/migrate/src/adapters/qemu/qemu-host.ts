import { type ConnectQmpOptions, connectQmp, type MigrationInfo, type RunState } from '@blockferry/qmp';
import type { Host } from '../../domain.js';
import type { HostPort } from '../../ports.js';
import type { Problem } from '../../problem.js';
import { type QemuDisk, queryDisks } from './disks.js';
import { monitorOf } from './monitor.js';
import { serverProblems } from './nbd-server.js';
import type { QemuEnd } from './qemu-session.js';

/** Opens the monitor of a QEMU that waits for a guest. */
export async function openQemuHost(uri: string, options: ConnectQmpOptions): Promise<Host> {
  const monitor = monitorOf(uri);
  return new QemuHost(uri, { qmp: await connectQmp(uri, options), monitor });
}

export class QemuHost implements Host, HostPort {
  readonly strategy = 'engine';
  readonly adapter = 'qemu';
  readonly uri: string;
  /** @internal */
  readonly end: QemuEnd;

  constructor(uri: string, end: QemuEnd) {
    this.uri = uri;
    this.end = end;
  }

  get port(): this {
    return this;
  }

  disks(): Promise<QemuDisk[]> {
    return queryDisks(this.end.qmp);
  }

  async problems(copies: boolean): Promise<Problem[]> {
    const { qmp } = this.end;
    const [{ status }, migration, servers] = await Promise.all([
      qmp.execute('query-status'),
      qmp.execute('query-migrate'),
      copies ? serverProblems(qmp, 'destination') : [],
    ]);
    const message = whyNotWaiting(status, migration);
    return [
      ...(message === undefined ? [] : [{ code: 'DESTINATION_NOT_WAITING' as const, message }]),
      ...servers,
    ];
  }

  close(): Promise<void> {
    return this.end.qmp.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function whyNotWaiting(status: RunState, migration: MigrationInfo): string | undefined {
  if (status !== 'inmigrate')
    return `The destination's guest is ${status}: start that QEMU with -incoming defer.`;
  const { status: stream = 'none', 'socket-address': addresses = [] } = migration;
  // On QEMU 7.2 the address alone shows that it listens.
  if (stream === 'setup' || (stream === 'none' && addresses.length > 0)) {
    return 'The destination listens for a migration already (-incoming with an address, or migrate-incoming): start it anew with -incoming defer.';
  }
  if (stream === 'none') return undefined;
  return `The destination has taken an incoming migration already (${stream}), and it takes but one: start it anew with -incoming defer.`;
}
