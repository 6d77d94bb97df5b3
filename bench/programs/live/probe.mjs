import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { QemuPair } from '@blockferry/lab';
import { engine, mirror } from './contestants.mjs';
import { downtimeParts, guestWrites } from './observation.mjs';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '24' },
    pairs: { type: 'string', default: '3' },
    size: { type: 'string', default: '512' },
    only: { type: 'string' },
    out: { type: 'string' },
    marks: { type: 'boolean', default: false },
    verify: { type: 'boolean', default: false },
    downtime: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '210' },
  },
});
const [rateMiB, pairs, sizeMiB] = [values.rate, values.pairs, values.size].map(Number);
const began = Date.now();
const disks = ['vda', 'vdb'];
const layout = [
  { name: 'vda', sizeMiB, filledMiB: sizeMiB / 2, rateKiB: 1 },
  { name: 'vdb', sizeMiB, filledMiB: sizeMiB / 4, rateKiB: 1 },
];

async function once(name, contestant) {
  const pair = await QemuPair.start({ rateMiB, disks: layout, dirtyTarget: true });
  try {
    return await move(pair, name, contestant);
  } finally {
    await pair[Symbol.asyncDispose]();
  }
}

async function move(pair, name, contestant) {
  const { source, destination } = pair;
  await source.waitBeats(2);
  const before0 = await guestWrites(source, disks);
  await source.waitMoreBeats(2);
  const beatsBefore = source.beats.length;
  const before1 = await guestWrites(source, disks);
  const from = Date.now();
  const began = performance.now();
  const marks = [];
  const cpu0 = cpu({ A: source.pid, B: destination.pid, n: process.pid });
  let seenBeats = source.beats.length;
  const watching =
    values.marks &&
    setInterval(() => {
      if (source.beats.length > seenBeats) {
        seenBeats = source.beats.length;
        mark(`  beat lat=${source.beats.at(-1).latencyMs}`);
      }
    }, 10);
  const mark = (what) => {
    const at = performance.now() - began;
    if (what.startsWith(' ')) marks.push({ what, at });
    else if (values.marks) {
      const c = cpu({ A: source.pid, B: destination.pid, n: process.pid });
      marks.push({
        what:
          '      cpu ' +
          Object.entries(c)
            .map(([k, v]) => [k, v - (cpu0[k] ?? 0)])
            .filter(([, v]) => v > 0)
            .map(([k, v]) => `${k}=${v}`)
            .join(' '),
        at,
      });
      marks.push(
        guestWrites(source, disks)
          .then(({ writes }) => ({ what, at, writes: writes - before1.writes }))
          .catch(() => ({ what, at })),
      );
    } else
      marks.push(
        guestWrites(source, disks)
          .then(({ writes }) => ({ what, at, writes: writes - before1.writes }))
          .catch(() => ({ what, at })),
      );
  };
  const outcome = await contestant(pair, disks, { maxDowntimeMs: Number(values.downtime), mark });
  clearInterval(watching);
  const totalMs = performance.now() - began;
  const after = await guestWrites(source, disks);
  const parts = downtimeParts(pair);
  await destination.waitMoreBeats(2);
  const late = [...source.beats.slice(beatsBefore), ...destination.beats.slice(0, 2)];
  const stop = await source.cmd('query-migrate');
  await pair.end();
  if (values.verify)
    for (const disk of disks) {
      const { status } = await pair.verify('destination', disk);
      if (status !== 'ok') throw new Error(`${name}: ${disk} is ${status}`);
    }
  const rateBefore = ((before1.writes - before0.writes) / (before1.at - before0.at)) * 1000;
  const rateDuring = ((after.writes - before1.writes) / (parts.stopAt - from)) * 1000;
  return {
    name,
    ...parts,
    toRun: parts.resumeAt - from,
    totalMs,
    rateBefore,
    rateDuring,
    longest: Math.max(...late.map(({ latencyMs }) => latencyMs)),
    longestBefore: Math.max(...source.beats.slice(1, beatsBefore).map(({ latencyMs }) => latencyMs)),
    MiB: outcome.bytesMoved / 1048576,
    rounds: outcome.rounds,
    passes: stop.ram['dirty-sync-count'],
    ramMiB: stop.ram.transferred / 1048576,
    downKiB: (stop.ram['downtime-bytes'] ?? 0) / 1024,
    told: outcome.told,
    marks: await Promise.all(marks),
    bad: destination.beats.at(-1)?.bad,
  };
}
function cpu(pids) {
  const out = {};
  for (const [who, pid] of Object.entries(pids))
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      try {
        const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
        const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')).replace(/[-\d]+$/, '');
        const [u, s] = stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .slice(11, 13)
          .map(Number);
        const key = `${who}:${task === String(pid) ? 'main' : name}`;
        out[key] = (out[key] ?? 0) + (u + s) * 10;
      } catch {}
    }
  return out;
}
const shown = [
  'downtime',
  'stop',
  'disks',
  'handOver',
  'start',
  'toRun',
  'totalMs',
  'rateBefore',
  'rateDuring',
  'longest',
  'longestBefore',
  'MiB',
  'rounds',
  'passes',
  'ramMiB',
  'downKiB',
  'bad',
];
console.log(['name', ...shown].join('\t'));
const all = [];
const contestants = Object.entries({ engine, mirror }).filter(([n]) => !values.only || n === values.only);
for (let i = 0; i < pairs; i++)
  for (const [name, contestant] of contestants) {
    if (Date.now() - began > Number(values.seconds) * 1000) break;
    const r = await once(name, contestant);
    all.push(r);
    if (r.told) console.log('   ', JSON.stringify(r.told.downtime));
    if (values.marks)
      for (const { what, at, writes } of r.marks) console.log('      ', at.toFixed(1), what, writes ?? '');
    console.log(
      [name, ...shown.map((k) => (typeof r[k] === 'number' ? Math.round(r[k] * 10) / 10 : r[k]))].join('\t'),
    );
  }
if (values.out) writeFileSync(values.out, JSON.stringify(all, null, 1));
const median = (a) => a.toSorted((x, y) => x - y)[Math.floor((a.length - 1) / 2)];
for (const [name] of contestants) {
  const of = all.filter((r) => r.name === name);
  console.log(
    [`~${name}`, ...shown.map((k) => Math.round(median(of.map((r) => r[k])) * 10) / 10)].join('\t'),
  );
}
if (contestants.length === 2) {
  const a = all.filter((r) => r.name === 'engine'),
    b = all.filter((r) => r.name === 'mirror');
  const n = Math.min(a.length, b.length);
  console.log(
    [
      'ratio',
      ...shown.map((k) => {
        const m = median(a.slice(0, n).map((r, i) => r[k] / b[i][k]));
        return Math.round(m * 100) / 100;
      }),
    ].join('\t'),
  );
}
