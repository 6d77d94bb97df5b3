import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../src/index.js';

const page = readFileSync(new URL('../../../docs/libvirt.md', import.meta.url), 'utf8');
const rows = page
  .slice(page.indexOf('## Troubleshooting'))
  .split('\n')
  .filter((line) => line.startsWith('| `'));

describe('docs/libvirt.md', () => {
  it('tells what to do about codes that there are', () => {
    const codes = rows.flatMap((row) => row.split(' | ')[0]?.match(/(?<=`)[A-Z_]{2,}(?=`)/g) ?? []);
    expect(codes.length).toBeGreaterThan(30);
    const known = [...Object.keys(errorCodes), 'ABORTED', 'CLOSED', 'NOT_INSTALLED', 'UNKNOWN'];
    expect(codes.filter((code) => !known.includes(code))).toEqual([]);
    for (const ours of ['ABORTED', 'CLOSED', 'NOT_INSTALLED', 'UNKNOWN']) expect(codes).toContain(ours);
  });
});
