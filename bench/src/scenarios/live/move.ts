import { type PairDisk, QemuPair } from '@blockferry/lab';
import type { Bench } from '../../harness/bench.js';
import type { Sample } from '../../harness/scenario.js';
import type { GuestMove } from './guest-move.js';
import { bytesWritten, countWrites, standstill, writeRate } from './observation.js';

/** What the guest is like that is moved. */
export interface MovedGuest {
  /** What it writes to its two disks together, MiB a second. */
  readonly rateMiB: number;
  /** On whose file system the images lie. @default the bench's folder */
  readonly directory?: string;
}

/** Starts a guest that writes, moves it, looks at it from outside meanwhile, and judges its disks on the destination. */
export async function measureMove(bench: Bench, move: GuestMove, guest: MovedGuest): Promise<Sample> {
  await using pair = await QemuPair.start({
    disks: layout(bench.size),
    rateMiB: guest.rateMiB,
    dirtyTarget: true,
    ...(guest.directory !== undefined && { parent: guest.directory }),
  });
  // Whatever waits for one of the two fails when they have gone.
  const end = (): void => void pair.end();
  bench.signal.addEventListener('abort', end);
  try {
    bench.signal.throwIfAborted();
    const sample = await watched(pair, move, guest.rateMiB > 0);
    await judge(pair);
    return sample;
  } finally {
    bench.signal.removeEventListener('abort', end);
  }
}

async function watched(pair: QemuPair, move: GuestMove, writes: boolean): Promise<Sample> {
  const { source, destination } = pair;
  await source.waitBeats(SETTLED_BEATS);
  const first = await countWrites(source, DISKS);
  await source.waitMoreBeats(SETTLED_BEATS);
  const beats = source.beats.length;
  const before = await countWrites(source, DISKS);
  const written = bytesWritten(destination);
  const began = performance.now();
  const { rounds, lastRoundMs, flushMs } = await move(pair, {
    disks: DISKS,
    maxDowntimeMs: MAX_DOWNTIME_MS,
  });
  const total = (performance.now() - began) / 1000;
  const moved = bytesWritten(destination) - written;
  const after = await countWrites(source, DISKS);
  const { downtime, stop, disks, handOver, start, stoppedAt } = standstill(pair);
  await destination.waitMoreBeats();
  const rates = { before: writeRate(first, before), during: writeRate(before, after, stoppedAt) };
  // A beat tells of the second before it: the first one over there still tells of the time over here.
  const longest = [...source.beats.slice(beats), ...destination.beats.slice(0, 1)].map(longestWrite);
  return {
    ...{ total, moved, downtime, stop, disks, handOver, start },
    ...(rounds !== undefined && { rounds }),
    ...(lastRoundMs !== undefined && { lastRound: lastRoundMs }),
    ...(flushMs !== undefined && { flush: flushMs }),
    ...(writes && {
      writesBefore: rates.before,
      writesDuring: rates.during,
      writesKept: rates.during / rates.before,
      longestBefore: Math.max(...source.beats.slice(1, beats).map(longestWrite)),
      longest: Math.max(...longest),
    }),
  };
}

/** The guest itself must have found nothing wrong, and the destination hold all that it has flushed. */
async function judge(pair: QemuPair): Promise<void> {
  const last = pair.destination.beats.at(-1);
  await pair.end();
  const { bad = 0, errors = 0 } = last ?? {};
  if (bad + errors > 0) throw new Error(`the guest has seen ${bad} bad blocks and ${errors} errors`);
  for (const disk of DISKS) {
    const { status, details } = await pair.verify('destination', disk);
    if (status !== 'ok') throw new Error(`${disk} is ${status} on the destination: ${details}`);
  }
}

/** Two disks with an eighth of `--size` for each: half of the one is written before it starts, a quarter of the other. */
function layout(size: number): PairDisk[] {
  const sizeMiB = Math.max(LEAST_DISK_MIB, Math.floor(size / DISK_PART / MIB));
  return [
    { name: 'vda', sizeMiB, filledMiB: Math.floor(sizeMiB / 2), rateKiB: 1 },
    { name: 'vdb', sizeMiB, filledMiB: Math.floor(sizeMiB / 4), rateKiB: 1 },
  ];
}

function longestWrite({ latencyMs }: { readonly latencyMs: number }): number {
  return latencyMs;
}

const DISKS = ['vda', 'vdb'];
const MIB = 1 << 20;
const DISK_PART = 8;
const LEAST_DISK_MIB = 64;
/** Of one second each. */
const SETTLED_BEATS = 2;
/** Ours by default. */
const MAX_DOWNTIME_MS = 300;
