import { startMigration } from '@blockferry/migrate';
import type { GuestMove } from './guest-move.js';

/** Our own copier. */
export const engine: GuestMove = async ({ source, destination, disks: all }, { disks, maxDowntimeMs }) => {
  const job = startMigration({
    from: source.uri,
    to: destination.uri,
    disks: [...disks],
    assumeShared: all.map(({ name }) => name).filter((name) => !disks.includes(name)),
    maxDowntimeMs,
  });
  const { rounds, downtime } = await job.done;
  return {
    rounds,
    ...(downtime && { lastRoundMs: downtime.lastRoundMs, flushMs: downtime.flushMs }),
  };
};
