import type { MigrationPlan } from '@blockferry/migrate';
import picocolors from 'picocolors';
import { expect, it } from 'vitest';
import { planText } from '../../src/output/plan-text.js';

const GIB = 1024 ** 3;
const colors = picocolors.createColors(false);
const disk = { readOnly: false, shareable: false, empty: false, size: 10 * GIB };
const plan: MigrationPlan = {
  ok: false,
  from: 'qmp+unix:///run/a.sock',
  to: 'qmp+unix:///run/b.sock',
  strategy: 'engine',
  estimateBytes: 3.2 * GIB,
  warnings: ['vdc is writable and stays behind.'],
  disks: [
    {
      ...disk,
      disk: 'vda',
      names: ['drive0', 'vda'],
      action: 'move',
      reason: 'selected',
      estimateBytes: 3.2 * GIB,
      destination: { disk: 'sda', size: 12 * GIB },
    },
    { ...disk, disk: 'vdc', names: ['vdc'], action: 'stay', reason: 'not selected', estimateBytes: 0 },
  ],
  problems: [
    { code: 'DESTINATION_SIZE', disk: 'vda', message: 'sda has 12884901888 bytes, vda 10737418240.' },
    { code: 'SOURCE_MIGRATING', message: 'The source is migrating already.' },
  ],
};

it('tells every disk with its fate and reason, the estimate, warnings and problems', () => {
  expect(planText(plan, { colors, width: 80 })).toBe(
    `From qmp+unix:///run/a.sock
to   qmp+unix:///run/b.sock

  DISK                   SIZE   TO COPY  TO            WHY
  vda (drive0)  moves  10 GiB  3.20 GiB  sda (12 GiB)  selected
  vdc           stays  10 GiB         -  -             not selected

1 of 2 disks would move, about 3.20 GiB to copy.

warning: vdc is writable and stays behind.

2 problems, to be put right first:
  - sda has 12884901888 bytes, vda 10737418240. [DESTINATION_SIZE]
  - The source is migrating already. [SOURCE_MIGRATING]
`,
  );
});

it('is short where all is well', () => {
  const good: MigrationPlan = { ...plan, ok: true, disks: [], problems: [], warnings: [], estimateBytes: 0 };
  expect(planText(good, { colors, width: undefined })).toBe(
    'From qmp+unix:///run/a.sock\nto   qmp+unix:///run/b.sock\n\n0 of 0 disks would move, about 0 B to copy.\n\n' +
      'Nothing stands against it: "blockferry migrate" with the same options does it.\n',
  );
});

it('wraps problems, and escapes what a hypervisor could steer the terminal with', () => {
  const message = `${'a long sentence '.repeat(8)}\u001b[31m`;
  const text = planText({ ...plan, problems: [{ code: 'DISK_NOT_FOUND', message }] }, { colors, width: 60 });
  expect(
    Math.max(
      ...text
        .split('\n')
        .slice(-6)
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(60);
  expect(text).toContain('\\u{1b}[31m');
});
