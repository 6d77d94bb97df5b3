import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startMigrationWith } from '../../src/migration.js';
import { atPhase, EmbeddedPair, MiB } from '../support/embedded-pair.js';

describe('a paused guest', () => {
  it('stays paused on the destination, and can be started there', async () => {
    await using pair = await EmbeddedPair.create();
    const { guest } = pair.domain;
    await guest.stop();
    const { bytesWritten } = guest;
    expect(await pair.move().done).toMatchObject({ ok: true });
    expect(guest).toMatchObject({ host: 'b', running: false, bytesWritten });
    expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
    expect(guest.running).toBe(false);
    await guest.start();
    await expect.poll(() => guest.bytesWritten).toBeGreaterThan(bytesWritten);
    expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
  });

  it('stays paused on the source where its migration is cancelled', async () => {
    await using pair = await EmbeddedPair.create();
    await pair.domain.guest.stop();
    const job = pair.move();
    await atPhase(job, 'switchover', () => job.cancel());
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' });
    expect(pair.domain.guest).toMatchObject({ host: 'a', running: false });
    await pair.domain.guest.start();
    expect(await pair.damaged()).toEqual([]);
  });

  it.each([
    ['goes on', 'switchover', 'b'],
    ['is given up', 'switchover', 'a'],
  ] as const)(
    'that is started during the switch runs after it, where the migration %s',
    async (how, phase, host) => {
      await using pair = await EmbeddedPair.create();
      const { guest } = pair.domain;
      await guest.stop();
      const job = pair.move({ verify: true });
      await atPhase(job, phase, async () => {
        await guest.start();
        expect(guest.running).toBe(false);
        if (how === 'is given up') await job.cancel();
      });
      await job.done.catch(() => {});
      expect(guest).toMatchObject({ host, running: true });
      const { bytesWritten } = guest;
      await expect.poll(() => guest.bytesWritten).toBeGreaterThan(bytesWritten);
      expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
    },
  );

  it('is not started twice', async () => {
    await using pair = await EmbeddedPair.create();
    await expect(pair.domain.guest.start()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await pair.domain.guest.stop();
    await pair.domain.guest.stop();
    await pair.domain.guest.start();
    expect(pair.domain.guest.running).toBe(true);
  });
});

describe("the guest's verification", () => {
  it('finds the first block that is not as it was written', async () => {
    await using pair = await EmbeddedPair.create();
    const { guest } = pair.domain;
    await guest.stop();
    expect(await guest.verify('vda')).toEqual({ disk: 'vda', ok: true, blocks: 1024 });
    await using file = await open(pair.a.diskPath('vda'), 'r+');
    await file.write(Buffer.from('damage'), 0, 6, MiB + 4096 + 17);
    await file.write(Buffer.from('damage'), 0, 6, 2 * MiB);
    expect(await guest.verify('vda')).toEqual({
      disk: 'vda',
      ok: false,
      blocks: 1024,
      firstDifference: MiB + 4096,
    });
    expect(await guest.verify('vdb')).toMatchObject({ ok: true });
  });

  it('is of disks that the guest has', async () => {
    await using pair = await EmbeddedPair.create();
    await expect(pair.domain.guest.verify('vdz')).rejects.toMatchObject({
      code: 'DISK_NOT_FOUND',
      disk: 'vdz',
    });
    expect(pair.domain.guest.running).toBe(true);
  });

  it('can be asked for during a migration', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move({ bandwidth: 64 * 1024 });
    await atPhase(job, 'bulk', async () => expect(await pair.damaged()).toEqual([]));
    job.setBandwidth(0);
    await job.done;
    expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
    expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
  });
});

describe('a copy with a fault built in', () => {
  // A guest that never rests: it writes between any two moments.
  const restless = { writeRate: 1024 * MiB };

  it.each([
    ['none', {}, false],
    ['the last rounds left out', { skipLastRounds: true }, true],
    ['zeros skipped instead of written', { skipZeroes: true }, true],
  ] as const)('is found damaged: %s', async (_, sabotage, isDamaged) => {
    await using pair = await EmbeddedPair.create(restless);
    const options = { from: pair.domain, to: pair.b, disks: ['vda', 'vdb'], unsafe: true };
    const job = startMigrationWith(options, { sabotage });
    // What it writes on b would cover the damage in time.
    await atPhase(job, 'switchover', () => pair.domain.guest.stop());
    expect(await job.done).toMatchObject({ ok: true });
    expect((await pair.damaged()).length > 0).toBe(isDamaged);
  });

  it('is found by the comparison before the switch, and the guest stays where its data is', async () => {
    await using pair = await EmbeddedPair.create();
    const options = { from: pair.domain, to: pair.b, disks: ['vda', 'vdb'], unsafe: true, verify: true };
    const job = startMigrationWith(options, { sabotage: { skipZeroes: true } });
    await expect(job.done).rejects.toMatchObject({
      code: 'VERIFY_DIFFERENT',
      phase: 'switchover',
      result: { exit: 4 },
    });
    await pair.expectUntouchedSource();
  });
});
