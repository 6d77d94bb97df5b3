import { describe, expect, it } from 'vitest';
import { createEmbeddedHost, PHASES } from '../../src/index.js';
import { atPhase, DISKS, EmbeddedPair, failure } from '../support/embedded-pair.js';

const BEFORE_THE_SWITCH = PHASES.slice(0, PHASES.indexOf('finish'));

describe('a migration that is cancelled', () => {
  it.each(BEFORE_THE_SWITCH)(
    'in %s leaves the guest on the source, nothing behind, and the way free',
    async (phase) => {
      await using pair = await EmbeddedPair.create();
      const job = pair.move({ disks: ['vda', 'vdb'] });
      const reason = new Error('changed my mind');
      await atPhase(job, phase, () => job.cancel(reason));
      await expect(job.done).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
      expect(await failure(job)).toMatchObject({ exit: 130, error: { code: 'ABORTED' } });
      await pair.expectUntouchedSource();

      expect(await pair.move({ disks: ['vda', 'vdb'] }).done).toMatchObject({ ok: true });
      expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
      expect(await pair.damaged()).toEqual([]);
    },
  );

  it.each(['finish', 'confirm'] as const)(
    'in %s is done all the same: the guest is on its way',
    async (phase) => {
      await using pair = await EmbeddedPair.create();
      const job = pair.move({ disks: ['vda', 'vdb'] });
      await atPhase(job, phase, () => job.cancel());
      expect(await job.done).toMatchObject({ ok: true, exit: 0 });
      expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
      expect(await pair.damaged()).toEqual([]);
    },
  );

  it('by a signal tells its reason', async () => {
    await using pair = await EmbeddedPair.create();
    const controller = new AbortController();
    const job = pair.move({ signal: controller.signal });
    await atPhase(job, 'bulk', () => controller.abort('enough'));
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    await pair.expectUntouchedSource();
  });

  it('before it has begun changes nothing', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move({ signal: AbortSignal.abort('enough') });
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    await pair.expectUntouchedSource();
  });

  it('by the end of its block is rolled back there', async () => {
    await using pair = await EmbeddedPair.create();
    {
      await using job = pair.move({ bandwidth: 1024 });
      await atPhase(job, 'bulk', () => {});
    }
    await pair.expectUntouchedSource();
  });

  it('resolves cancel() only when all is as before', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move({ bandwidth: 64 * 1024 });
    await atPhase(job, 'bulk', () => {});
    await job.cancel();
    expect(pair.domain.guest).toMatchObject({ host: 'a', running: true });
    expect(await pair.move().done).toMatchObject({ ok: true });
  });
});

describe('a migration that runs out of time', () => {
  it('is rolled back, with exit 5', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move({ bandwidth: 64 * 1024, timeoutMs: 100 });
    await expect(job.done).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true, phase: 'bulk' });
    expect(await failure(job)).toMatchObject({ exit: 5, error: { code: 'TIMEOUT' } });
    await pair.expectUntouchedSource();
    expect(await pair.move().done).toMatchObject({ ok: true });
  });

  it('has all the time it was given', async () => {
    await using pair = await EmbeddedPair.create();
    expect(await pair.move({ timeoutMs: 60_000 }).done).toMatchObject({ ok: true });
  });
});

describe('a second migration of a domain that is migrating', () => {
  it('is refused, and the first one is whole', async () => {
    await using pair = await EmbeddedPair.create();
    await using third = await createEmbeddedHost({ name: 'c' });
    await third.awaitDomain({ disks: DISKS });
    const first = pair.move({ bandwidth: 64 * 1024 });
    await atPhase(first, 'bulk', () => {});
    for (const to of [third, pair.b]) {
      expect(await failure(pair.move({ to }))).toMatchObject({
        exit: 10,
        error: { code: 'SOURCE_MIGRATING' },
      });
    }
    first.setBandwidth(0);
    expect(await first.done).toMatchObject({ ok: true });
    expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
  });

  it('that begins at the same moment is refused, too', async () => {
    await using pair = await EmbeddedPair.create();
    await using third = await createEmbeddedHost({ name: 'c' });
    await third.awaitDomain({ disks: DISKS });
    const jobs = [pair.move(), pair.move({ to: third })];
    const outcomes = await Promise.allSettled(jobs.map(({ done }) => done));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes).toContainEqual(
      expect.objectContaining({ reason: expect.objectContaining({ code: 'SOURCE_MIGRATING' }) }),
    );
    expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
  });

  it('is not in the way of another domain, but its host is', async () => {
    await using pair = await EmbeddedPair.create();
    await using other = await EmbeddedPair.create();
    const first = pair.move({ bandwidth: 64 * 1024 });
    await atPhase(first, 'bulk', () => {});
    expect(await failure(other.move({ to: pair.b }))).toMatchObject({
      exit: 10,
      error: { code: 'DESTINATION_NOT_WAITING' },
    });
    await other.expectUntouchedSource();
    expect(await other.move().done).toMatchObject({ ok: true });
    first.setBandwidth(0);
    await first.done;
    expect(await pair.damaged()).toEqual([]);
  });
});
