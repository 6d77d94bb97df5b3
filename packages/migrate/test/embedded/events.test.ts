import { describe, expect, it } from 'vitest';
import { type MigrationEvent, type MigrationJob, PHASES } from '../../src/index.js';
import { atPhase, EmbeddedPair, MiB } from '../support/embedded-pair.js';

describe('the events of a migration', () => {
  it('announce each phase once, in order, the rounds of every disk, and the result last', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move({ disks: ['vda', 'vdb'] });
    const events = await all(job);
    expect(phases(events)).toEqual(PHASES);
    const result = await job.done;
    expect(events.at(-1)).toEqual({ type: 'result', ...result });

    const rounds = events.filter((event) => event.type === 'round');
    for (const disk of ['vda', 'vdb']) {
      const own = rounds.filter((event) => event.disk === disk);
      expect(own.map(({ round }) => round)).toEqual([...Array(result.rounds).keys()].map((n) => n + 1));
      for (const { bytes, ms } of own) {
        expect(bytes).toBeGreaterThanOrEqual(0);
        expect(ms).toBeGreaterThanOrEqual(0);
      }
    }
    expect(rounds).toHaveLength(2 * result.rounds);
    // The last round is of the guest that stands still.
    const last = events.findLastIndex((event) => event.type === 'round');
    expect(last).toBeGreaterThan(
      events.findIndex((event) => event.type === 'phase' && event.phase === 'switchover'),
    );
  });

  it('tell of rounds that carry nothing, where nothing was written since the bulk', async () => {
    await using pair = await EmbeddedPair.create({ writeRate: 0 });
    const rounds = (await all(pair.move())).filter((event) => event.type === 'round');
    expect(rounds.length).toBeGreaterThanOrEqual(2 * 3);
    expect(rounds.every(({ bytes }) => bytes === 0)).toBe(true);
  });

  it('announce all phases where no disk moves, too', async () => {
    await using pair = await EmbeddedPair.create({ writeRate: 0 });
    const job = pair.move({ disks: 'none' });
    expect(phases(await all(job))).toEqual(PHASES);
  });

  it('are the same for a subscriber that comes when all is over', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move();
    const early = all(job);
    await job.done;
    const late = await all(job);
    // Of a disk's progress only the latest is kept.
    const lasting = (events: MigrationEvent[]): MigrationEvent[] =>
      events.filter(({ type }) => type !== 'progress');
    expect(lasting(late)).toEqual(lasting(await early));
    expect(late.at(-1)).toMatchObject({ type: 'result', ok: true });
  });

  it('end with the result of a migration that fails, after the phases that it came to', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move();
    await atPhase(job, 'precopy', () => job.cancel('enough'));
    const events = await all(job);
    expect(phases(events)).toEqual(PHASES.slice(0, phases(events).length));
    expect(phases(events)).toContain('precopy');
    expect(phases(events)).not.toContain('finish');
    expect(events.at(-1)).toMatchObject({
      type: 'result',
      ok: false,
      exit: 130,
      id: job.id,
      error: { code: 'ABORTED' },
    });
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('tell of a refusal, with all problems, after the one phase it came to', async () => {
    await using pair = await EmbeddedPair.create();
    const events = await all(pair.move({ disks: ['vdy', 'vdz'] }));
    expect(events).toMatchObject([
      { type: 'phase', phase: 'begin' },
      { type: 'result', ok: false, exit: 10, problems: [{ disk: 'vdy' }, { disk: 'vdz' }] },
    ]);
  });

  it('warn of a disk that stays behind at the risk of the caller', async () => {
    await using pair = await EmbeddedPair.create();
    const events = await all(pair.move({ disks: ['vda', 'vdb'], unsafe: true }));
    const warnings = events.filter((event) => event.type === 'log' && event.level === 'warning');
    expect(warnings).toEqual([expect.objectContaining({ message: expect.stringContaining('vdc') })]);
  });

  it('hold nothing up when nobody reads on', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move();
    await job.events().next();
    expect(await job.done).toMatchObject({ ok: true });
  });

  it('tell how far each disk is, as snapshot() does; the bandwidth can be lifted', async () => {
    await using pair = await EmbeddedPair.create();
    const job = pair.move({ disks: ['vda', 'vdb'], bandwidth: 64 * 1024 });
    const seen = new Set<string>();
    for await (const event of job.events()) {
      if (event.type !== 'progress') continue;
      expect(event).toMatchObject({ phase: 'bulk', round: 0 });
      expect(event.bytesDone + event.bytesLeft).toBe(4 * MiB);
      if (seen.add(event.disk).size === 2) break;
    }
    expect(job.snapshot()).toMatchObject({
      id: job.id,
      phase: 'bulk',
      disks: [
        { disk: 'vda', round: 0 },
        { disk: 'vdb', round: 0 },
      ],
    });
    job.setBandwidth(0);
    expect(await job.done).toMatchObject({ ok: true });
    expect(job.snapshot().phase).toBe('confirm');
  });
});

async function all(job: MigrationJob): Promise<MigrationEvent[]> {
  const events: MigrationEvent[] = [];
  for await (const event of job.events()) events.push(event);
  return events;
}

function phases(events: readonly MigrationEvent[]): string[] {
  return events.filter((event) => event.type === 'phase').map(({ phase }) => phase);
}
