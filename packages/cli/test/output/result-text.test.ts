import type { MigrationResult } from '@blockferry/migrate';
import picocolors from 'picocolors';
import { expect, it } from 'vitest';
import { demoText } from '../../src/demo/demo-text.js';
import { resultText } from '../../src/output/result-text.js';

const MIB = 1024 ** 2;
const style = { colors: picocolors.createColors(false), width: 80 };
const result: MigrationResult = {
  ok: true,
  exit: 0,
  id: 'abc',
  downtimeMs: 8.4,
  totalMs: 2000,
  bytesMoved: 140 * MIB,
  rounds: 3,
  disks: [
    {
      disk: 'vda',
      size: 256 * MIB,
      bytesMoved: 140 * MIB,
      bytesZeroed: 128 * MIB,
      bytesSkipped: 0,
      rounds: 3,
    },
  ],
};

it('tells every disk, the downtime and the total', () => {
  expect(resultText(result, style)).toBe(
    `  DISK     SIZE    MOVED   ZEROED  ROUNDS
  vda   256 MiB  140 MiB  128 MiB       3

Moved in 2.0 s, downtime 8.4 ms: 140 MiB in the bulk and 3 rounds, 70 MiB/s.
`,
  );
});

it('tells what the downtime was made of, where that is known', () => {
  const downtime = { stopMs: 1.5, lastRoundMs: 4, flushMs: 0.1, handOverMs: 2.5, startMs: 0.3 };
  expect(resultText({ ...result, downtime }, style)).toMatch(
    /MiB\/s\.\nDowntime: stop 1\.5 ms, last round 4 ms, flush 0\.1 ms, hand-over 2\.5 ms, start 0\.3 ms\.\n$/,
  );
});

it('tells what a comparison found', () => {
  const [disk] = result.disks;
  const disks = disk === undefined ? [] : [{ ...disk, verified: true }];
  expect(resultText({ ...result, disks }, style)).toMatch(/vda .* 3 {2}verified\n/);
});

it('needs no table where no disk moved', () => {
  expect(resultText({ ...result, disks: [], rounds: 0, bytesMoved: 0 }, style)).toMatch(/^Moved in 2\.0 s/);
});

it('shows the demo disks that stayed as untouched', () => {
  const disks = [
    { name: 'vda', size: 256 * MIB, idle: false },
    { name: 'vdb', size: 256 * MIB, idle: true },
  ];
  const checks = [
    { disk: 'vda', moved: true, ok: true, blocks: 65536 },
    { disk: 'vdb', moved: false, ok: true },
  ];
  expect(demoText(result, disks, checks, 40 * MIB, style)).toBe(
    `  DISK     SIZE    MOVED   ZEROED  ROUNDS  ON HOST B
  vda   256 MiB  140 MiB  128 MiB       3  all 65536 blocks verified
  vdb   256 MiB        -        -       -  untouched, all zeros

Moved in 2.0 s, downtime 8.4 ms: 140 MiB in the bulk and 3 rounds, 70 MiB/s.
The guest wrote 40 MiB meanwhile, and goes on at host b.
`,
  );
});
