import { type Leftovers, leftovers, migratePlainly, QemuPair, requires, sha256 } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { blockferry, type EventLine } from './command.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img');
const PHASES = ['begin', 'prepare', 'bulk', 'precopy', 'state', 'switchover', 'finish', 'confirm'];

describe.skipIf(!lab.available)(`migrate between two QEMUs ${lab.reason ?? ''}`, () => {
  for (const dirtyTarget of [false, true]) {
    it(`moves the disks that are named and no other, onto ${dirtyTarget ? 'old bytes' : 'blank images'}`, async () => {
      await using pair = await QemuPair.start({ rateMiB: 24, dirtyTarget });
      await pair.source.waitBeats(3);
      const before = await both(pair);
      const untouched = await sha256(pair.image('destination', 'vdc'));

      const run = await blockferry(
        ends(pair, '--migrate-disks', 'vda', '--migrate-disks', 'vdb', '--unsafe'),
      );

      expect(run.result).toMatchObject({ ok: true, exit: 0 });
      expect(run.exit).toBe(0);
      expect(phases(run.events)).toEqual(PHASES);
      expect(run.result).toMatchObject({ disks: [{ disk: 'vda' }, { disk: 'vdb' }] });
      const last = await pair.destination.waitMoreBeats(3);
      expect(last).toMatchObject({ bad: 0, errors: 0 });
      expect(last.number).toBeGreaterThan(pair.source.beats.at(-1)?.number ?? 0);
      expect((await pair.source.cmd<{ status: string }>('query-status')).status).toBe('postmigrate');
      expect(await both(pair)).toEqual(before);
      // Both writable exports were gone before the guest ran there.
      const names = pair.destination.events.map(({ event }) => event);
      expect(names.filter((event) => event === 'BLOCK_EXPORT_DELETED')).toHaveLength(2);
      expect(names.lastIndexOf('BLOCK_EXPORT_DELETED')).toBeLessThan(names.indexOf('RESUME'));
      await pair.end();
      expect(await pair.verify('destination', 'vda')).toMatchObject({ status: 'ok' });
      expect(await pair.verify('destination', 'vdb')).toMatchObject({ status: 'ok' });
      expect(await sha256(pair.image('destination', 'vdc'))).toBe(untouched);
    });
  }

  it('moves every writable disk when none is named, to a destination that starts by itself', async () => {
    await using pair = await QemuPair.start({ rateMiB: 8, destinationPaused: false, sourceFormat: 'qcow2' });
    const run = await blockferry(ends(pair));
    expect(run.result).toMatchObject({ ok: true, exit: 0 });
    expect(await pair.destination.waitMoreBeats(2)).toMatchObject({ bad: 0, errors: 0 });
    await pair.end();
    for (const disk of ['vda', 'vdb', 'vdc']) {
      expect(await pair.verify('destination', disk)).toMatchObject({ status: 'ok' });
    }
  });

  it('moves over TCP between monitors on TCP, with nothing said about addresses', async () => {
    await using pair = await QemuPair.start({
      rateMiB: 8,
      dirtyTarget: true,
      monitors: 'tcp',
    });
    const before = await both(pair);
    const run = await blockferry(ends(pair, '--migrate-disks', 'vda,vdb', '--unsafe'));
    expect(run.result).toMatchObject({ ok: true, exit: 0 });
    expect(await pair.destination.waitMoreBeats(2)).toMatchObject({ bad: 0, errors: 0 });
    expect(await both(pair)).toEqual(before);
    await pair.end();
    expect(await pair.verify('destination', 'vda')).toMatchObject({ status: 'ok' });
    expect(await pair.verify('destination', 'vdb')).toMatchObject({ status: 'ok' });
  });

  it('moves no disk and starts no NBD server with --no-disks', async () => {
    // A guest that only beats: nobody but a copy could change the destination's disks.
    const disks = ['vda', 'vdb'].map((name) => ({ name, sizeMiB: 32, filledMiB: 16, rateKiB: 0 }));
    await using pair = await QemuPair.start({ disks });
    const untouched = await sha256(pair.image('destination', 'vda'));
    const before = await leftovers(pair.source);
    let during: Promise<Leftovers> | undefined;
    const run = await blockferry(ends(pair, '--no-disks', '--unsafe'), (event) => {
      if (event['phase'] === 'precopy') during = leftovers(pair.source);
    });
    expect(run.result).toMatchObject({ ok: true, exit: 0, bytesMoved: 0, disks: [] });
    expect(phases(run.events)).toEqual(PHASES);
    // A listening NBD server would show among the listeners.
    expect(await during).toMatchObject({ exports: [], listeners: before.listeners });
    expect(pair.source.events.some(({ event }) => event === 'BLOCK_EXPORT_DELETED')).toBe(false);
    await pair.end();
    expect(await sha256(pair.image('destination', 'vda'))).toBe(untouched);
  });

  it('refuses an unknown disk and disks left behind, all at once, and touches nothing', async () => {
    await using pair = await QemuPair.start({ rateMiB: 1 });
    const before = await both(pair);
    const run = await blockferry(ends(pair, '--migrate-disks', 'vda,vdx'));
    expect(run.exit).toBe(10);
    expect(run.result).toMatchObject({
      ok: false,
      exit: 10,
      problems: [
        { code: 'DISK_NOT_FOUND', disk: 'vdx' },
        { code: 'DISK_LEFT_BEHIND', disk: 'vdb' },
        { code: 'DISK_LEFT_BEHIND', disk: 'vdc' },
      ],
    });
    expect(await both(pair)).toEqual(before);
    expect(await pair.source.waitMoreBeats(1)).toMatchObject({ bad: 0, errors: 0 });
  });

  const moments: Record<string, (event: EventLine) => boolean> = {
    'the bulk': (event) => event['phase'] === 'bulk',
    'a round': (event) => event.type === 'round',
    'the state stream': (event) => event['phase'] === 'state',
    'pre-switchover': (event) => event['phase'] === 'switchover',
  };
  for (const [moment, isNow] of Object.entries(moments)) {
    it(`rolls back on Ctrl-C in ${moment}`, async () => {
      await using pair = await QemuPair.start({ rateMiB: 8, dirtyTarget: true });
      const before = await both(pair);
      let sent = false;
      const run = await blockferry(ends(pair, '--migrate-disks', 'vda,vdb', '--unsafe'), (event, signal) => {
        if (!sent && isNow(event)) {
          sent = true;
          signal('SIGINT');
        }
      });
      expect(run.exit).toBe(130);
      expect(run.result).toMatchObject({ ok: false, exit: 130, error: { code: 'ABORTED' } });
      expect(await pair.source.cmd('query-status')).toMatchObject({ status: 'running' });
      expect(await both(pair)).toEqual(before);
      expect(await pair.source.waitMoreBeats(2)).toMatchObject({ bad: 0, errors: 0 });
      await migratePlainly(pair);
      await pair.end();
      expect(await pair.verify('source', 'vda')).toMatchObject({ status: 'ok' });
      expect(await pair.verify('source', 'vdb')).toMatchObject({ status: 'ok' });
    });
  }
});

function ends(pair: QemuPair, ...more: string[]): string[] {
  return ['migrate', '--from', pair.source.uri, '--to', pair.destination.uri, ...more];
}

function phases(events: readonly EventLine[]): unknown[] {
  return events.filter(({ type }) => type === 'phase').map((event) => event['phase']);
}

/** What is there on both sides. */
async function both(pair: QemuPair): Promise<{ source: Leftovers; destination: Leftovers }> {
  return { source: await leftovers(pair.source), destination: await leftovers(pair.destination) };
}
