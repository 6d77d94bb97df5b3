import {
  blankImage,
  leftovers,
  type PairDisk,
  type PairOptions,
  QemuPair,
  requires,
  sha256,
} from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MigrationEvent } from '../../src/index.js';
import { BarePair } from '../support/bare-pair.js';
import { failed, goesOn, isPhase, migrate, statusOf, verified } from '../support/qemu-migration.js';
import { expectRunsOnce } from '../support/runs-once.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img');
const MIB = 1 << 20;

/** Small, so that a migration is a matter of seconds. */
const DISKS: readonly PairDisk[] = [
  { name: 'vda', sizeMiB: 32, filledMiB: 16, rateKiB: 2048 },
  { name: 'vdb', sizeMiB: 32, filledMiB: 16, rateKiB: 1024 },
];
/** Lets the bulk last until somebody has looked at the source. */
const SLOWLY = { bandwidth: 12 * MIB };

describe.skipIf(!lab.available)(`a guest that somebody pauses ${lab.reason}`, () => {
  for (const [when, { destinationPaused, moment }] of Object.entries({
    'beforehand, to a destination started with -S': { destinationPaused: true, moment: 'begin' },
    'beforehand, to a destination that starts by itself': { destinationPaused: false, moment: 'begin' },
    'in the bulk': { destinationPaused: true, moment: 'bulk' },
    'beside the state stream': { destinationPaused: false, moment: 'state' },
  } as const)) {
    it(`arrives paused: ${when}`, async () => {
      await using pair = await start({ destinationPaused });
      if (moment === 'begin') await pair.source.cmd('stop');
      const { result } = await migrate(pair, {}, async (event) => {
        if (moment !== 'begin' && isPhase(event, moment)) await pair.source.cmd('stop');
      });
      expect(result).toMatchObject({ ok: true, exit: 0 });
      expect(await statusOf(pair.source)).toBe('postmigrate');
      expect(await statusOf(pair.destination)).toBe('paused');
      expect(pair.destination.events.map(({ event }) => event)).not.toContain('RESUME');
      await pair.destination.cmd('cont');
      await goesOn(pair, 'destination');
      await verified(pair, 'destination');
    });
  }

  it('arrives as it was when it has never run (-S)', async () => {
    await using pair = await BarePair.start({ source: { paused: true }, destination: { paused: false } });
    expect((await migrate(pair)).result).toMatchObject({ ok: true, exit: 0 });
    expect(await statusOf(pair.source)).toBe('postmigrate');
    expect(await statusOf(pair.destination)).toBe('prelaunch');
    expectRunsOnce(pair.source, pair.destination);
    expect(pair.destination.events.map(({ event }) => event)).not.toContain('RESUME');
  });

  it('stays paused on the source when the migration is given up', async () => {
    await using pair = await BarePair.start();
    const before = await pair.leftovers();
    const stopper = new AbortController();
    const error = await failed(pair, { bandwidth: MIB, signal: stopper.signal }, async (event) => {
      if (!isPhase(event, 'bulk')) return;
      await pair.source.cmd('stop');
      stopper.abort();
    });
    expect(error).toMatchObject({ code: 'ABORTED', result: { exit: 130 } });
    expect(await statusOf(pair.source)).toBe('paused');
    expect(await pair.leftovers()).toEqual(before);
    expectRunsOnce(pair.source, pair.destination);
  });
});

describe.skipIf(!lab.available)(`a guest that is reset or ends ${lab.reason}`, () => {
  it('goes on after a reset, with all that it had written before', async () => {
    await using pair = await start({});
    // Long enough in the bulk for writes that only the dirty bitmap knows of.
    const { result, events } = await migrate(pair, SLOWLY, async (event) => {
      if (!isPhase(event, 'precopy')) return;
      await pair.source.cmd('system_reset');
      // Paused, so that neither side's images change any more once it has arrived.
      await pair.source.cmd('stop');
    });
    expect(result).toMatchObject({ ok: true, exit: 0 });
    expect(logs(events)).toContainEqual(expect.stringMatching(/guest was reset \(host-qmp-system-reset\)/));
    expect(await statusOf(pair.destination)).toBe('paused');
    expectRunsOnce(pair.source, pair.destination);
    await pair.end();
    for (const { name } of DISKS) {
      expect(await sha256(pair.image('destination', name))).toBe(await sha256(pair.image('source', name)));
    }
  });

  for (const kept of [true, false]) {
    it(`rolls back when the guest shuts down and QEMU ${kept ? 'stays (-no-shutdown)' : 'ends with it'}`, async () => {
      const extraArguments = kept ? ['-no-shutdown'] : [];
      await using pair = await BarePair.start({ source: { extraArguments } });
      // No guest here can shut down by itself: its reset is made one.
      await pair.source.cmd('set-action', { reboot: 'shutdown' });
      const { source, destination } = await pair.leftovers();
      const error = await failed(pair, { bandwidth: MIB }, async (event) => {
        if (isPhase(event, 'bulk')) await pair.source.cmd('system_reset').catch(() => {});
      });
      expect(error).toMatchObject({
        code: 'SOURCE_CHANGED',
        side: 'source',
        phase: 'bulk',
        result: { exit: 1 },
      });
      expect(error.message).toMatch(/during the migration \(host-qmp-system-reset\)/);
      expect(await leftovers(pair.destination)).toEqual(destination);
      expectRunsOnce(pair.source, pair.destination);
      if (!kept) return;
      expect(await statusOf(pair.source)).toBe('shutdown');
      expect(await leftovers(pair.source)).toEqual(source);
    });
  }

  it('rolls back when it shuts down beside the state stream', async () => {
    await using pair = await BarePair.start({ source: { extraArguments: ['-no-shutdown'] } });
    await pair.source.cmd('set-action', { reboot: 'shutdown' });
    await pair.slowStream();
    const { source } = await pair.leftovers();
    const error = await failed(pair, {}, async (event) => {
      if (isPhase(event, 'state')) await pair.source.cmd('system_reset');
    });
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', phase: 'state', result: { exit: 1 } });
    expect(await statusOf(pair.source)).toBe('shutdown');
    expect(await leftovers(pair.source)).toEqual(source);
    expectRunsOnce(pair.source, pair.destination);
  });
});

describe.skipIf(!lab.available)(`a source that others work on ${lab.reason}`, () => {
  let pair: QemuPair;
  // One guest for all: what is rolled back before the state stream leaves both sides as they were.
  beforeAll(async () => {
    pair = await start({ disks: [...DISKS, { name: 'vdc', sizeMiB: 32, filledMiB: 16, rateKiB: 0 }] });
    const add = (node: string, name: string, disabled: boolean): Promise<unknown> =>
      pair.source.cmd('block-dirty-bitmap-add', { node, name, disabled });
    await add('vda', 'theirs', false);
    await pair.source.waitMoreBeats(1);
    await add('vda', 'since', false);
    await pair.source.cmd('block-dirty-bitmap-merge', { node: 'vda', target: 'since', bitmaps: ['theirs'] });
    await add('vdc', 'idle', false);
    await add('vdb', 'rests', true);
    await pair.source.cmd('block-dirty-bitmap-merge', {
      node: 'vdb',
      target: 'rests',
      bitmaps: [{ node: 'vda', name: 'theirs' }],
    });
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it('rolls back when a backup of a selected disk begins, and the backup ends well', async () => {
    const before = await leftovers(pair.source);
    const waiting = await leftovers(pair.destination);
    const error = await failed(pair, SLOWLY, (event) => isPhase(event, 'bulk') && backUp(pair, 'vdb'));
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', phase: 'bulk', result: { exit: 1 } });
    expect(error.message).toMatch(/the block job nightly \(backup\) has begun/);
    expect(await leftovers(pair.destination)).toEqual(waiting);
    await pair.source.cmd('block-job-set-speed', { device: 'nightly', speed: 0 });
    const { data } = await pair.source.event('BLOCK_JOB_COMPLETED', ({ device }) => device === 'nightly');
    expect(data).not.toHaveProperty('error');
    await pair.source.cmd('blockdev-del', { 'node-name': 'backup' });
    expect(await leftovers(pair.source)).toEqual(before);
    await goesOn(pair, 'source');
  });

  it('rolls back when a snapshot moves the guest away from the bitmap', async () => {
    const waiting = await leftovers(pair.destination);
    const snapshot = {
      'node-name': 'vdc',
      'snapshot-file': `${pair.directory}/overlay.qcow2`,
      'snapshot-node-name': 'overlay',
    };
    const { exports, capabilities, migrationParameters, listeners } = await leftovers(pair.source);
    const error = await failed(pair, SLOWLY, async (event) => {
      if (isPhase(event, 'bulk')) await pair.source.cmd('blockdev-snapshot-sync', snapshot);
    });
    expect(error).toMatchObject({
      code: 'SOURCE_CHANGED',
      side: 'source',
      phase: 'bulk',
      disk: 'vdc',
      result: { exit: 1 },
    });
    expect(error.message).toMatch(/root node was vdc and is overlay/);
    expect(await leftovers(pair.destination)).toEqual(waiting);
    // The overlay is the user's; of ours there is nothing.
    const after = await leftovers(pair.source);
    expect(after).toMatchObject({ exports, capabilities, migrationParameters, listeners });
    expect(after.nodes['vdc']).toEqual(['idle']);
    await goesOn(pair, 'source');
  });

  it("keeps the user's own bitmaps and lets nobody resize a disk that moves", async () => {
    const before = await leftovers(pair.source);
    const { result } = await migrate(pair, { disks: ['vda', 'vdb'], unsafe: true }, async (event) => {
      if (!isPhase(event, 'bulk')) return;
      const resize = pair.source.cmd('block_resize', { 'node-name': 'vda', size: 33 * MIB });
      await expect(resize).rejects.toThrow(/Permission conflict/);
    });
    expect(result).toMatchObject({ ok: true, exit: 0 });
    await goesOn(pair, 'destination');
    expect(await leftovers(pair.source)).toEqual(before);
    const bitmaps = await bitmapCounts(pair);
    expect(before.nodes).toMatchObject({
      vda: ['since', 'theirs'],
      vdb: ['rests (disabled)'],
      vdc: ['idle'],
    });
    // Both have recorded all writes since the same moment; nothing has written to vdc.
    expect(bitmaps['since']).toBe(bitmaps['theirs']);
    expect(bitmaps['theirs']).toBeGreaterThan(bitmaps['rests'] ?? 0);
    expect(bitmaps['rests']).toBeGreaterThan(0);
    expect(bitmaps['idle']).toBe(0);
    await pair.end();
    for (const { name } of DISKS) {
      expect(await pair.verify('destination', name)).toMatchObject({ status: 'ok' });
    }
  });
});

describe.skipIf(!lab.available)(`a source that changes ${lab.reason}`, () => {
  it('rolls back when a disk that moves is unplugged', async () => {
    const scsi = ['-device', 'virtio-scsi-pci,id=scsi0'];
    const sda = { driver: 'null-co', 'node-name': 'sda', 'read-zeroes': true, size: 64 * MIB };
    const extraArguments = [
      ...scsi,
      ...['-blockdev', JSON.stringify(sda), '-device', 'scsi-hd,id=disk-sda,drive=sda'],
    ];
    await using pair = await BarePair.start({ source: { extraArguments }, destination: { extraArguments } });
    const { source, destination } = await pair.leftovers();
    const error = await failed(pair, { bandwidth: MIB }, async (event) => {
      if (isPhase(event, 'bulk')) await pair.source.cmd('device_del', { id: 'disk-sda' });
    });
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', phase: 'bulk', disk: 'sda', result: { exit: 1 } });
    expect(error.message).toMatch(/it was unplugged/);
    expect(await leftovers(pair.destination)).toEqual(destination);
    const { roots, ...after } = await leftovers(pair.source);
    expect(Object.values(roots)).toEqual(['vda', 'vdb']);
    expect(source).toMatchObject(after);
    expect(await statusOf(pair.source)).toBe('running');
    // Nothing of ours holds the node.
    await pair.source.cmd('blockdev-del', { 'node-name': 'sda' });
    expectRunsOnce(pair.source, pair.destination);
  });

  it('rolls back when a disk is unplugged under a guest that writes to another', async () => {
    const sda: PairDisk = { name: 'sda', sizeMiB: 32, filledMiB: 16, rateKiB: 0, kind: 'virtio-scsi' };
    await using pair = await start({ disks: [...DISKS, sda] });
    const { exports, capabilities, migrationParameters, listeners } = await leftovers(pair.source);
    const error = await failed(pair, { disks: ['vda', 'vdb', 'sda'], ...SLOWLY }, async (event) => {
      if (isPhase(event, 'bulk')) await pair.source.cmd('device_del', { id: 'disk-sda' });
    });
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', disk: 'sda', result: { exit: 1 } });
    const after = await leftovers(pair.source);
    expect(after).toMatchObject({ exports, capabilities, migrationParameters, listeners });
    expect(Object.values(after.nodes).flat()).toEqual([]);
    await goesOn(pair, 'source');
    expectRunsOnce(pair.source, pair.destination);
    await pair.end();
    for (const disk of ['vda', 'vdb', 'sda']) {
      expect(await pair.verify('source', disk)).toMatchObject({ status: 'ok' });
    }
  });

  it('rolls back when a backup begins beside the state stream, and the guest runs on', async () => {
    await using pair = await BarePair.start();
    await pair.slowStream();
    const before = await leftovers(pair.source);
    const error = await failed(pair, {}, async (event) => {
      if (isPhase(event, 'state')) await pair.backUp('vdb');
    });
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', phase: 'state', result: { exit: 1 } });
    expect(await statusOf(pair.source)).toBe('running');
    await pair.source.cmd('block-job-set-speed', { device: 'nightly', speed: 0 });
    const { data } = await pair.source.event('BLOCK_JOB_COMPLETED');
    expect(data).not.toHaveProperty('error');
    await pair.source.cmd('blockdev-del', { 'node-name': 'spare' });
    expect(await leftovers(pair.source)).toEqual(before);
    expectRunsOnce(pair.source, pair.destination);
  });
});

function start(options: PairOptions): Promise<QemuPair> {
  return QemuPair.start({ disks: DISKS, dirtyTarget: true, ...options });
}

/** Begins a backup that takes its time. */
async function backUp(pair: QemuPair, device: string): Promise<void> {
  const filename = `${pair.directory}/backup`;
  await blankImage(filename, 32);
  const file = { driver: 'file', filename };
  await pair.source.cmd('blockdev-add', { driver: 'raw', 'node-name': 'backup', file });
  const job = { 'job-id': 'nightly', device, target: 'backup', sync: 'full', speed: 65_536 };
  await pair.source.cmd('blockdev-backup', job);
}

/** By name: the bytes that each bitmap on the source marks. */
async function bitmapCounts(pair: QemuPair): Promise<Record<string, number>> {
  const nodes = await pair.source.cmd<
    { readonly 'dirty-bitmaps'?: readonly { readonly name: string; readonly count: number }[] }[]
  >('query-named-block-nodes', { flat: true });
  const bitmaps = nodes.flatMap((node) => node['dirty-bitmaps'] ?? []);
  return Object.fromEntries(bitmaps.map(({ name, count }) => [name, count]));
}

function logs(events: readonly MigrationEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
}
