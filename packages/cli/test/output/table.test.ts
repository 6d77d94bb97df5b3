import { expect, it } from 'vitest';
import { formatTable } from '../../src/output/table.js';

const columns = [{ title: 'DISK' }, { title: 'SIZE', align: 'right' }, { title: 'WHY' }] as const;
const rows = [
  ['vda', '256 MiB', 'selected'],
  ['a-long-name', '1 GiB', 'not selected; writable, its contents stay behind on the source'],
];

it('aligns columns under their titles', () => {
  expect(formatTable(columns, rows)).toBe(
    [
      '  DISK            SIZE  WHY',
      '  vda          256 MiB  selected',
      '  a-long-name    1 GiB  not selected; writable, its contents stay behind on the source',
      '',
    ].join('\n'),
  );
});

it('wraps the last column where the terminal ends', () => {
  expect(formatTable(columns, rows, { width: 60 })).toBe(
    [
      '  DISK            SIZE  WHY',
      '  vda          256 MiB  selected',
      '  a-long-name    1 GiB  not selected; writable, its contents',
      '                        stay behind on the source',
      '',
    ].join('\n'),
  );
});
