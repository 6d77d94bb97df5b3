import { connectQmp } from '@blockferry/qmp';
import type { Host } from '../../domain.js';
import type { HostPort } from '../../ports.js';
import type { Problem } from '../../problem.js';
import { type QemuDisk, queryDisks } from './disks.js';
import { monitorOf } from './monitor.js';
import { serverProblems } from './nbd-server.js';
import type { QemuEnd } from './qemu-session.js';

/** Opens the monitor of a QEMU that waits for a guest. */
export async function openQemuHost(uri: string, options: { readonly signal?: AbortSignal }): Promise<Host> {
  const monitor = monitorOf(uri);
  return new QemuHost(uri, { qmp: await connectQmp(uri, options), monitor });
}

export class QemuHost implements Host, HostPort {
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
    const [{ status }, migration] = await Promise.all([
      this.end.qmp.execute('query-status'),
      this.end.qmp.execute('query-migrate'),
    ]);
    if (status !== 'inmigrate') {
      return [
        {
          code: 'DESTINATION_NOT_WAITING',
          message: `The destination's guest is ${status}: start that QEMU with -incoming defer.`,
        },
      ];
    }
    if (migration.status !== undefined && migration.status !== 'none') {
      return [
        {
          code: 'DESTINATION_NOT_WAITING',
          message:
            `The destination has taken an incoming migration already (${migration.status}), and it takes but one: ` +
            'start it anew with -incoming defer.',
        },
      ];
    }
    return copies ? serverProblems(this.end.qmp, 'destination') : [];
  }

  close(): Promise<void> {
    return this.end.qmp.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
