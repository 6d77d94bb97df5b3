import { existsSync } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import { type GuestDisk, LibvirtPair, requires, sha256 } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { blockferry, type EventLine } from './command.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');
const PHASES = ['begin', 'prepare', 'bulk', 'precopy', 'state', 'switchover', 'finish', 'confirm'];
const DISKS: readonly GuestDisk[] = [
  { name: 'vda', sizeMiB: 128, filledMiB: 64, rateKiB: 4096 },
  { name: 'vdb', sizeMiB: 64, filledMiB: 32, rateKiB: 1024 },
  { name: 'vdc', sizeMiB: 32, filledMiB: 16, rateKiB: 0 },
];

describe.skipIf(!lab.available)(`migrate between two libvirt hosts ${lab.reason}`, () => {
  for (const mode of [[], ['--p2p']]) {
    it(`moves the disks that are named and no other ${mode.join()}`, async () => {
      await using pair = await LibvirtPair.start({ disks: DISKS, dirtyTarget: true });
      const untouched = await sha256(pair.image('destination', 'vdc'));

      const run = await blockferry(ends(pair, ...mode, '--migrate-disks', 'vda,vdb', '--unsafe'));

      expect(run.result).toMatchObject({ ok: true, exit: 0, disks: [{ disk: 'vda' }, { disk: 'vdb' }] });
      expect(run.exit).toBe(0);
      expect(phases(run.events)).toEqual(PHASES);
      for (const disk of ['vda', 'vdb']) expectProgress(run.events, disk);
      await expectArrived(pair, ['vda', 'vdb']);
      expect(await sha256(pair.image('destination', 'vdc'))).toBe(untouched);
    });
  }

  it('moves every writable disk when none is named', async () => {
    await using pair = await LibvirtPair.start({ disks: DISKS, dirtyTarget: true });
    const run = await blockferry(ends(pair));
    expect(run.result).toMatchObject({ ok: true, disks: DISKS.map(({ name }) => ({ disk: name })) });
    await expectArrived(pair, ['vda', 'vdb', 'vdc']);
  });

  it('moves no disk when none is to be moved, for they are the same on both sides', async () => {
    await using pair = await LibvirtPair.start({ disks: DISKS });
    for (const { name } of DISKS) {
      await rm(pair.image('destination', name));
      await link(pair.image('source', name), pair.image('destination', name));
    }
    const run = await blockferry(ends(pair, '--no-disks', '--assume-shared', 'vda,vdb,vdc'));
    expect(run.result).toMatchObject({ ok: true, disks: [], bytesMoved: 0 });
    await expectArrived(pair, ['vda', 'vdb', 'vdc']);
  });

  it('makes images that are missing, and removes them again when it is interrupted', async () => {
    await using pair = await LibvirtPair.start({ disks: DISKS });
    for (const { name } of DISKS) await rm(pair.image('destination', name));
    await pair.destination.addPool();
    const images = DISKS.map(({ name }) => pair.image('destination', name));
    let made: boolean[] = [];
    const run = await blockferry(ends(pair, '--create-images', '--bandwidth', '4MiB/s'), (event, signal) => {
      if (event.type !== 'progress' || made.length > 0) return;
      made = images.map((image) => existsSync(image));
      signal('SIGINT');
    });
    expect(made).toEqual([true, true, true]);
    expect(run.exit).toBe(130);
    expect(run.result).toMatchObject({ ok: false, exit: 130, error: { code: 'ABORTED' } });
    expect(images.map((image) => existsSync(image))).toEqual([false, false, false]);
    expect(await domains(pair)).toEqual({ source: ['lab'], destination: [] });
    expect(await pair.source.waitMoreBeats(2)).toMatchObject({ bad: 0, errors: 0 });

    const again = await blockferry(ends(pair, '--create-images'));
    expect(again.result).toMatchObject({ ok: true });
    await expectArrived(pair, ['vda', 'vdb', 'vdc']);
  });
});

function ends(pair: LibvirtPair, ...more: string[]): string[] {
  const { source, destination, domain } = pair;
  return ['migrate', '--from', source.uri, '--to', destination.uri, '--domain', domain, ...more];
}

/** The guest goes on at the destination and nowhere else, and its disks there hold all that it has written. */
async function expectArrived(pair: LibvirtPair, disks: readonly string[]): Promise<void> {
  expect(await domains(pair)).toEqual({ source: [], destination: ['lab'] });
  expect(await pair.destination.waitMoreBeats(2)).toMatchObject({ bad: 0, errors: 0 });
  await pair.end();
  for (const disk of disks)
    expect(await pair.verify('destination', disk), disk).toMatchObject({ status: 'ok' });
}

async function domains({ source, destination }: LibvirtPair): Promise<Record<string, string[]>> {
  const names = async (host: typeof source): Promise<string[]> =>
    (await host.virsh('list', '--all', '--name')).stdout.split('\n').filter((name) => name !== '');
  return { source: await names(source), destination: await names(destination) };
}

/** Told more than once, and never going back. */
function expectProgress(events: readonly EventLine[], disk: string): void {
  const done = events.flatMap((event) =>
    event.type === 'progress' && event['disk'] === disk ? [Number(event['bytesDone'])] : [],
  );
  expect(done.length).toBeGreaterThan(1);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(done.at(-1)).toBeGreaterThan(0);
}

function phases(events: readonly EventLine[]): unknown[] {
  return events.filter(({ type }) => type === 'phase').map((event) => event['phase']);
}
