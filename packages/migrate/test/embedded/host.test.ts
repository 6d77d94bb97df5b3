import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from '@blockferry/nbd';
import { describe, expect, it } from 'vitest';
import { createEmbeddedHost, type EmbeddedDisk, plan } from '../../src/index.js';
import { EmbeddedPair, files, MiB } from '../support/embedded-pair.js';

describe('an embedded host', () => {
  it('is one folder in the temporary one, which close() removes', async () => {
    const outer = await mkdtemp(join(tmpdir(), 'hosts-'));
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = outer;
    try {
      const pair = await EmbeddedPair.create();
      expect(await readdir(outer)).toHaveLength(2);
      await pair.move().done;
      await pair.a.close();
      await pair.a.close();
      expect(await readdir(outer)).toHaveLength(1);
      expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
      await pair[Symbol.asyncDispose]();
      expect(await readdir(outer)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      await rm(outer, { recursive: true });
    }
  });

  it('stops its guest when it is closed', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const pair = await EmbeddedPair.create();
    await pair.a.close();
    expect(pair.domain.guest.running).toBe(false);
    await pair[Symbol.asyncDispose]();
    // Warnings are given on the next tick.
    await new Promise(setImmediate);
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('takes one domain', async () => {
    await using pair = await EmbeddedPair.create();
    const second = pair.a.createDomain({ name: 'second', disks: [{ name: 'sda', size: MiB }] });
    await expect(second).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await files(pair.a)).not.toContain('sda.raw');
  });

  it.each<[string, readonly EmbeddedDisk[]]>([
    [
      'two of one name',
      [
        { name: 'vda', size: MiB },
        { name: 'vda', size: MiB },
      ],
    ],
    [
      'a name that is a path',
      [
        { name: 'vda', size: MiB },
        { name: '../vdb', size: MiB },
      ],
    ],
    ['no name', [{ name: '', size: MiB }]],
    [
      'half a block',
      [
        { name: 'vda', size: MiB },
        { name: 'vdb', size: 4096 + 2048 },
      ],
    ],
    ['nothing in it', [{ name: 'vda', size: 0 }]],
    ['a negative size', [{ name: 'vda', size: -4096 }]],
  ])('takes no disks with %s, and none of the others', async (_, disks) => {
    await using host = await createEmbeddedHost();
    const refusal = { code: 'INVALID_ARGUMENT' };
    await expect(host.awaitDomain({ disks })).rejects.toMatchObject(refusal);
    await expect(host.createDomain({ name: 'guest', disks })).rejects.toMatchObject(refusal);
    await host.awaitDomain({ disks: [{ name: 'vda', size: MiB }] });
    expect(await files(host)).toEqual(['vda.raw']);
  });

  it('writes the same from the same seed', async () => {
    const contents = async (seed: number): Promise<boolean> => {
      await using one = await createEmbeddedHost();
      await using other = await createEmbeddedHost();
      const disks = [{ name: 'vda', size: MiB }];
      const first = await one.createDomain({ name: 'guest', disks, seed: 1 });
      const second = await other.createDomain({ name: 'guest', disks, seed });
      await first.close();
      await second.close();
      return (await compare(one.diskPath('vda'), other.diskPath('vda'))).equal;
    };
    expect(await contents(1)).toBe(true);
    expect(await contents(2)).toBe(false);
  });
});

describe('a plan', () => {
  it('says what would move, and touches nothing', async () => {
    await using pair = await EmbeddedPair.create();
    const { domain, b } = pair;
    const planned = await plan({ from: domain, to: b, disks: ['vda', 'vdb'], assumeShared: ['vdc'] });
    expect(planned).toMatchObject({
      ok: true,
      from: 'embedded:a/guest',
      to: 'embedded:b',
      problems: [],
      disks: [
        { disk: 'vda', action: 'move', size: 4 * MiB, destination: { disk: 'vda', size: 4 * MiB } },
        { disk: 'vdb', action: 'move' },
        { disk: 'vdc', action: 'stay', estimateBytes: 0 },
      ],
    });
    // Half is filled; the guest may have written elsewhere since.
    expect(planned.disks[0]?.estimateBytes).toBeGreaterThanOrEqual(2 * MiB);
    await pair.expectUntouchedSource();
  });

  it('tells every problem at once', async () => {
    await using pair = await EmbeddedPair.create();
    const { domain, b } = pair;
    const planned = await plan({ from: domain, to: b, disks: ['vda', 'vdz'], diskMap: { vda: 'vdc' } });
    expect(planned.ok).toBe(false);
    expect(planned.problems.map(({ code, disk }) => `${code} ${disk}`)).toEqual([
      'DISK_NOT_FOUND vdz',
      'DISK_LEFT_BEHIND vdb',
      'DISK_LEFT_BEHIND vdc',
      'DESTINATION_SIZE vda',
    ]);
  });
});
