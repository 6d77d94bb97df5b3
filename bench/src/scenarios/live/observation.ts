import { readFileSync } from 'node:fs';
import type { LabVm, QemuPair } from '@blockferry/lab';

/** The guest's own writes so far, by QEMU's count; block jobs and exports are not in it. */
export interface WriteCount {
  readonly writes: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export async function countWrites(vm: LabVm, disks: readonly string[]): Promise<WriteCount> {
  const all = await vm.cmd<readonly DeviceStats[]>('query-blockstats');
  const at = Date.now();
  const guests = all.filter(({ qdev = '', 'node-name': node }) =>
    disks.some((disk) => node === disk || qdev.includes(`disk-${disk}`)),
  );
  const writes = guests.reduce((sum, { stats }) => sum + stats.wr_operations + stats.unmap_operations, 0);
  return { writes, at };
}

/** How many writes a second there were from one count to another. */
export function writeRate(from: WriteCount, to: WriteCount, until: number = to.at): number {
  return ((to.writes - from.writes) / (until - from.at)) * 1000;
}

/** Bytes that a QEMU has written to files so far, whatever of: its images are all that it writes much to. */
export function bytesWritten(vm: LabVm): number {
  const io = readFileSync(`/proc/${vm.pid}/io`, 'utf8');
  return Number(/^wchar: (\d+)$/m.exec(io)?.[1]);
}

/** How long the guest stood still, and at what, in milliseconds. */
export interface Standstill {
  readonly downtime: number;
  /** Until the source waits for the switch: what the guest has in flight ends. */
  readonly stop: number;
  /** Until the disks are done with and the stream may go on. */
  readonly disks: number;
  /** The rest of the stream. */
  readonly handOver: number;
  readonly start: number;
  /** When it stopped, in milliseconds since 1970. */
  readonly stoppedAt: number;
}

/** By the two monitors' own event times: one machine, one clock. */
export function standstill({ source, destination }: QemuPair): Standstill {
  const stop = lastOf(source, 'STOP');
  const paused = lastOf(source, 'MIGRATION', 'pre-switchover');
  const goesOn = lastOf(source, 'MIGRATION', 'device');
  const completed = Math.max(
    lastOf(source, 'MIGRATION', 'completed'),
    lastOf(destination, 'MIGRATION', 'completed'),
  );
  const resumed = lastOf(destination, 'RESUME');
  return {
    downtime: resumed - stop,
    stop: paused - stop,
    disks: goesOn - paused,
    handOver: completed - goesOn,
    start: resumed - completed,
    stoppedAt: stop,
  };
}

/** In milliseconds since 1970. */
function lastOf(vm: LabVm, name: string, status?: string): number {
  const found = vm.events.findLast(
    ({ event, data }) => event === name && (status === undefined || data['status'] === status),
  );
  if (found === undefined) throw new Error(`${vm.name} has told of no ${status ?? name}.`);
  return found.at / 1000;
}

interface DeviceStats {
  readonly qdev?: string;
  readonly 'node-name'?: string;
  readonly stats: { readonly wr_operations: number; readonly unmap_operations: number };
}
