import { readFile } from 'node:fs/promises';
import { compare } from '@blockferry/nbd';
import { describe, expect, it } from 'vitest';
import type { MigrateOptions } from '../../src/index.js';
import { atPhase, DISKS, EmbeddedPair, failure, files, isOld, MiB } from '../support/embedded-pair.js';

describe('the disks that were named', () => {
  it('arrive complete while the guest writes; the third one is not touched', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move({ disks: ['vda', 'vdb'] });
    const result = await job.done;
    expect(result).toMatchObject({ ok: true, exit: 0, id: job.id });
    expect(result.disks.map(({ disk }) => disk)).toEqual(['vda', 'vdb']);
    for (const { size, bytesMoved, bytesZeroed, rounds } of result.disks) {
      expect(size).toBe(4 * MiB);
      expect(bytesMoved).toBeGreaterThanOrEqual(2 * MiB);
      // The other half of the source is a hole, and the destination was full.
      expect(bytesZeroed).toBeGreaterThan(0);
      expect(rounds).toBe(result.rounds);
    }
    expect(result.bytesMoved).toBe(result.disks.reduce((sum, { bytesMoved }) => sum + bytesMoved, 0));
    expect(result.downtimeMs).toBeGreaterThan(0);
    expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
    // Nobody but the guest has a way to its disks, and on the source there is none left.
    expect(await files(pair.b)).toEqual(DISKS.flatMap(({ name }) => [`${name}.guest`, `${name}.raw`]));
    expect(await files(pair.a)).toEqual(DISKS.map(({ name }) => `${name}.raw`));
    const before = pair.domain.guest.bytesWritten;
    await expect.poll(() => pair.domain.guest.bytesWritten).toBeGreaterThan(before);
    expect(await pair.damaged()).toEqual([]);
    await pair.domain.close();
    expect(await isOld(pair.b, 'vdc')).toBe(true);
  });

  it('are the same byte by byte, file by file, once the guest writes no more', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move({ disks: ['vdb', 'vda', 'vdb'] });
    await atPhase(job, 'precopy', () => pair.domain.guest.stop());
    expect((await job.done).disks.map(({ disk }) => disk)).toEqual(['vda', 'vdb']);
    await pair.domain.close();
    for (const disk of ['vda', 'vdb']) {
      const same = await compare(pair.a.diskPath(disk), pair.b.diskPath(disk));
      expect(same).toMatchObject({ equal: true, bytesCompared: 4 * MiB });
    }
    expect(await isOld(pair.b, 'vdc')).toBe(true);
    expect(await compare(pair.a.diskPath('vdc'), pair.b.diskPath('vdc'))).toMatchObject({ equal: false });
  });

  it('are compared on both sides where that is asked for', async () => {
    await using pair = await EmbeddedPair.create();
    const { disks } = await pair.move({ disks: ['vda'], verify: true, assumeShared: ['vdb', 'vdc'] }).done;
    expect(disks).toMatchObject([{ disk: 'vda', verified: true }]);
  });
});

describe('without a name', () => {
  it('every disk moves', async () => {
    await using pair = await EmbeddedPair.create();
    const { disks } = await pair.move({ unsafe: false }).done;
    expect(disks.map(({ disk }) => disk)).toEqual(['vda', 'vdb', 'vdc']);
    expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
  });

  it("none moves, where that is what was said: 'none'", async () => {
    await using pair = await EmbeddedPair.create({ writeRate: 0 });
    const job = pair.move({ disks: 'none', unsafe: false, assumeShared: ['vda', 'vdb', 'vdc'] });
    expect(await job.done).toMatchObject({ ok: true, bytesMoved: 0, rounds: 0, disks: [] });
    expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
    await pair.domain.close();
    for (const { name } of DISKS) expect(await isOld(pair.b, name)).toBe(true);
  });
});

describe('a disk that stays behind', () => {
  it('has to be there on the destination, where the guest writes to it', async () => {
    const destinationDisks = DISKS.filter(({ name }) => name !== 'vdb');
    await using pair = await EmbeddedPair.create({ destinationDisks });
    const { exit, error } = await failure(pair.move({ disks: ['vda', 'vdc'], assumeShared: ['vdb'] }));
    expect(exit).toBe(1);
    expect(error).toMatchObject({ code: 'STREAM_FAILED', side: 'destination', phase: 'finish' });
    expect(pair.domain.guest).toMatchObject({ host: 'a', running: true });
    expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
    expect(await files(pair.b)).toEqual(['vda.raw', 'vdc.raw']);
  });
});

describe('a disk map', () => {
  const destinationDisks = [
    { name: 'sdb', size: 4 * MiB },
    { name: 'vda', size: 4 * MiB },
    { name: 'vdc', size: 2 * MiB },
  ];
  const diskMap = { vda: 'sdb', vdb: 'vda' };

  it('sends disks to those of other names, also to one that has the name of another', async () => {
    await using pair = await EmbeddedPair.create({ destinationDisks });
    await pair.move({ disks: ['vda', 'vdb'], diskMap }).done;
    expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
    expect(await pair.damaged()).toEqual([]);
    await pair.domain.close();
    const sdb = await readFile(pair.b.diskPath('sdb'));
    expect(sdb.equals(await readFile(pair.b.diskPath('vda')))).toBe(false);
    expect(await isOld(pair.b, 'vdc')).toBe(true);
  });

  it('does not mistake a disk of the destination for the one whose name it has', async () => {
    const disks = [...destinationDisks, { name: 'vdb', size: 4 * MiB }];
    await using pair = await EmbeddedPair.create({ destinationDisks: disks });
    await pair.move({ disks: ['vda'], diskMap: { vda: 'sdb' } }).done;
    expect(await pair.damaged(['vda'])).toEqual([]);
    await pair.domain.close();
    expect(await isOld(pair.b, 'vda')).toBe(true);
  });

  it('leads back, too, and a way back that is given up harms nothing', async () => {
    await using pair = await EmbeddedPair.create({ destinationDisks });
    await pair.move({ disks: ['vda', 'vdb'], diskMap }).done;
    const back = { to: pair.a, disks: ['sdb', 'vda'], diskMap: { sdb: 'vda', vda: 'vdb' } };
    const job = pair.move(back);
    await atPhase(job, 'switchover', () => job.cancel());
    expect(await failure(job)).toMatchObject({ exit: 130 });
    expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
    expect(await pair.damaged()).toEqual([]);
    await pair.move(back).done;
    expect(pair.domain.guest).toMatchObject({ host: 'a', running: true });
    expect(await pair.damaged()).toEqual([]);
  });
});

describe('nothing is touched when it is refused:', () => {
  it.each<[string, Partial<MigrateOptions>, string | string[]]>([
    ['a disk that is not there', { disks: ['vda', 'vdz'] }, 'DISK_NOT_FOUND'],
    [
      'disks left behind',
      { disks: ['vda'], unsafe: false },
      ['DISK_LEFT_BEHIND vdb', 'DISK_LEFT_BEHIND vdc'],
    ],
    ['one left behind', { disks: ['vda'], unsafe: false, assumeShared: ['vdb'] }, 'DISK_LEFT_BEHIND'],
    [
      'none copied, all left behind but one',
      { disks: 'none', unsafe: false, assumeShared: ['vda', 'vdb'] },
      'DISK_LEFT_BEHIND',
    ],
    ['a disk of both sides copied onto itself', { disks: ['vda'], assumeShared: ['vda'] }, 'DISK_SHARED'],
    ['a destination that is not there', { diskMap: { vda: 'sda' } }, 'DESTINATION_MISSING'],
    ['a destination of another size', { disks: ['vda'], diskMap: { vda: 'vdc' } }, 'DESTINATION_SIZE'],
    ['two disks for one', { disks: ['vda', 'vdb'], diskMap: { vdb: 'vda' } }, 'INVALID_ARGUMENT'],
    ['several things', { disks: ['vdy', 'vdz'] }, ['DISK_NOT_FOUND vdy', 'DISK_NOT_FOUND vdz']],
  ])('%s', async (_, options, found) => {
    await using pair = await EmbeddedPair.create();
    const { exit, error, problems } = await failure(pair.move(options));
    expect(exit).toBe(10);
    if (typeof found === 'string') expect(error?.code).toBe(found);
    else {
      expect(error?.code).toBe('REFUSED');
      expect(problems?.map(({ code, disk }) => `${code} ${disk}`)).toEqual(found);
    }
    await pair.expectUntouchedSource();
    for (const { name } of DISKS) expect(await isOld(pair.b, name)).toBe(true);
  });

  it('a domain that is closed', async () => {
    await using pair = await EmbeddedPair.create();
    await pair.domain.close();
    expect(await failure(pair.move())).toMatchObject({ exit: 10, error: { code: 'SOURCE_NOT_READY' } });
    await expect(pair.domain.guest.start()).rejects.toMatchObject({ code: 'CLOSED' });
    for (const { name } of DISKS) expect(await isOld(pair.b, name)).toBe(true);
  });

  it('a host where a domain runs', async () => {
    await using pair = await EmbeddedPair.create();
    expect(await failure(pair.move({ to: pair.a }))).toMatchObject({
      exit: 10,
      error: { code: 'DESTINATION_NOT_WAITING' },
    });
    await pair.expectUntouchedSource();
  });

  it('a host that is closed', async () => {
    await using pair = await EmbeddedPair.create();
    await using other = await EmbeddedPair.create();
    await other.b.close();
    const { exit, problems } = await failure(pair.move({ to: other.b, disks: ['vda'] }));
    expect(exit).toBe(10);
    expect(problems?.map(({ code }) => code)).toContain('DESTINATION_NOT_WAITING');
    await pair.expectUntouchedSource();
  });
});
