import type { Metric } from '../harness/metrics.js';
import type { Comparison, Contestant, Scenario, Target } from '../harness/scenario.js';
import { engine } from './live/engine.js';
import type { GuestMove } from './live/guest-move.js';
import { mirror } from './live/mirror.js';
import { type MovedGuest, measureMove } from './live/move.js';

/** A guest that writes, moved between two QEMUs of this machine by unix sockets. */
export const live: Scenario = {
  name: 'live',
  summary: 'a running guest and its two disks, moved between two QEMUs',
  comparisons: () => [
    ...[0, 8, 24, 64].map((rateMiB) => comparison({ rateMiB })),
    comparison({ rateMiB: 24, directory: REAL_FILE_SYSTEM }),
  ],
};

function comparison(guest: MovedGuest): Comparison {
  const { rateMiB, directory } = guest;
  const writes = rateMiB === 0 ? 'a guest that stands idle' : `${rateMiB} MiB/s of guest writes`;
  return {
    name: `${rateMiB},${directory === undefined ? 'memory' : 'disk'}`,
    title: `${writes}, images on ${directory ?? 'the file system of --dir'}`,
    contestants: [contestant('blockferry', engine, guest), contestant(MIRROR, mirror, guest)],
    metrics: METRICS.filter(({ key }) => rateMiB > 0 || !WRITES.has(key)),
    targets: rateMiB === 24 ? TARGETS : [],
  };
}

function contestant(name: string, move: GuestMove, guest: MovedGuest): Contestant {
  return { name, needs: NEEDS, run: (bench) => measureMove(bench, move, guest) };
}

const MIRROR = "QEMU's mirror";
/** What the lab's guest is made of and runs on. */
const NEEDS = ['qemu-system-x86_64', 'guest'];
/** Survives a restart, and so is no file system in memory. */
const REAL_FILE_SYSTEM = '/var/tmp';

const METRICS: readonly Metric[] = [
  { key: 'total', label: 'total', unit: 's' },
  { key: 'downtime', label: 'downtime', unit: 'ms' },
  { key: 'stop', label: 'stop', unit: 'ms', compared: false },
  { key: 'disks', label: 'disks', unit: 'ms', compared: false },
  { key: 'lastRound', label: 'of that the last round', unit: 'ms', compared: false },
  { key: 'flush', label: 'and the flush', unit: 'ms', compared: false },
  { key: 'handOver', label: 'hand-over', unit: 'ms', compared: false },
  { key: 'start', label: 'start', unit: 'ms', compared: false },
  { key: 'writesKept', label: 'guest writes, of those before', unit: '', better: 'more' },
  { key: 'writesBefore', label: 'writes a second before', unit: '', compared: false },
  { key: 'writesDuring', label: 'writes a second meanwhile', unit: '', compared: false },
  { key: 'longest', label: 'longest write', unit: 'ms' },
  { key: 'longestBefore', label: 'longest write before', unit: 'ms', compared: false },
  { key: 'moved', label: 'moved', unit: 'bytes', compared: false },
  { key: 'rounds', label: 'rounds', unit: '', compared: false },
];
/** Of a guest that writes. */
const WRITES: ReadonlySet<string> = new Set([
  ...['writesKept', 'writesBefore', 'writesDuring'],
  ...['longest', 'longestBefore'],
]);
const TARGETS: readonly Target[] = [
  { metric: 'downtime', against: MIRROR, limit: 1, aim: 0.8 },
  { metric: 'total', against: MIRROR, limit: 1 },
  { metric: 'writesKept', against: MIRROR, limit: 1 },
  { metric: 'longest', against: MIRROR, limit: 0.5 },
];
