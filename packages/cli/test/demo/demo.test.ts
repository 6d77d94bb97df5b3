import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBlank } from '../../src/demo/demo-checks.js';
import { demoDisks } from '../../src/demo/demo-disks.js';
import { checkText } from '../../src/demo/demo-text.js';

describe('demoDisks', () => {
  it('leaves the last disk behind, unless told otherwise', () => {
    expect(demoDisks(3, 4096)).toEqual({
      selected: ['vda', 'vdb'],
      disks: [
        { name: 'vda', size: 4096, idle: false },
        { name: 'vdb', size: 4096, idle: false },
        { name: 'vdc', size: 4096, idle: true },
      ],
    });
    expect(demoDisks(2, 4096, ['vdb']).disks.map(({ idle }) => idle)).toEqual([true, false]);
  });

  it('moves the only disk', () => {
    expect(demoDisks(1, 4096).selected).toEqual(['vda']);
    expect(demoDisks(26, 4096).disks.at(-1)?.name).toBe('vdz');
  });
});

describe('isBlank', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blockferry-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('takes holes and zeros, nothing else', async () => {
    const path = join(folder, 'disk');
    await writeFile(path, '');
    expect(await isBlank(path)).toBe(true);
    await truncate(path, 5_000_000);
    expect(await isBlank(path)).toBe(true);
    await writeFile(path, Buffer.alloc(3_000_000));
    expect(await isBlank(path)).toBe(true);
    await writeFile(path, Buffer.concat([Buffer.alloc(2_999_999), Buffer.from([1])]));
    expect(await isBlank(path)).toBe(false);
  });
});

it.each([
  [{ disk: 'a', moved: true, ok: true, blocks: 7 }, 'all 7 blocks verified'],
  [{ disk: 'a', moved: true, ok: false, blocks: 7, firstDifference: 4096 }, 'DIFFERENT at offset 4096'],
  [{ disk: 'a', moved: false, ok: true }, 'untouched, all zeros'],
  [{ disk: 'a', moved: false, ok: false }, 'NOT untouched'],
])('says of %j: %s', (check, text) => {
  expect(checkText(check)).toBe(text);
});
