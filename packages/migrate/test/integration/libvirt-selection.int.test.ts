import { existsSync } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import { LibvirtPair, requires, sha256 } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, expectEvents, expectGuestAlone, startOn } from '../support/libvirt-migration.js';
import { ObservedLibvirt } from '../support/observed-libvirt.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');

/** The guest goes there and back again, and there once more: what one test leaves the next one begins with. */
describe.skipIf(!lab.available)(`a guest between two libvirt hosts ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let observed: ObservedLibvirt;
  beforeAll(async () => {
    pair = await LibvirtPair.start({ rateMiB: 4, dirtyTarget: true });
    observed = await ObservedLibvirt.start(pair);
  });
  afterAll(async () => {
    await observed?.[Symbol.asyncDispose]();
    await pair?.[Symbol.asyncDispose]();
  });

  it('goes with the disks that are named, and no other', async () => {
    const untouched = await sha256(pair.image('destination', 'vdc'));
    const job = startOn(pair, {
      from: observed.uri('source'),
      to: observed.uri('destination'),
      disks: ['vdb', 'vda'],
      assumeShared: ['vdc'],
      bandwidth: 400 * 2 ** 20,
      maxDowntimeMs: 500,
    });
    const end = await ended(job);
    expect(end.error).toBeUndefined();
    expectEvents(end, ['vda', 'vdb']);
    const { downtimeMs, disks, bytesMoved } = end.result;
    expect(downtimeMs).toBeGreaterThan(0);
    expect(disks.map(({ disk, size }) => [disk, size])).toEqual([
      ['vda', 256 * 2 ** 20],
      ['vdb', 256 * 2 ** 20],
    ]);
    for (const disk of disks) expect(disk.bytesMoved).toBeGreaterThanOrEqual(disk.size);
    expect(bytesMoved).toBe(disks.reduce((sum, disk) => sum + disk.bytesMoved, 0));
    await expectGuestAlone(pair, 'destination');
    expect(await sha256(pair.image('destination', 'vdc'))).toBe(untouched);

    const [begin] = observed.calls('source');
    expect(begin?.procedure).toBe('DOMAIN_MIGRATE_BEGIN3_PARAMS');
    expect(begin?.flags).toEqual(['LIVE', 'NON_SHARED_DISK', 'CHANGE_PROTECTION', 'UNSAFE']);
    expect([...(begin?.params ?? [])].map(({ name, value }) => [name, value])).toEqual([
      ['migrate_disks', 'vda'],
      ['migrate_disks', 'vdb'],
      ['bandwidth', 200n],
    ]);
  });

  it('comes back with all disks, from peer to peer, to images that are made for it', async () => {
    await pair.source.addPool();
    for (const disk of ['vda', 'vdb', 'vdc']) await rm(pair.image('source', disk));
    const before = observed.calls('destination').length;
    const end = await ended(
      startOn(pair, {
        from: observed.uri('destination'),
        to: pair.source.uri,
        p2p: true,
        createImages: true,
      }),
    );
    expect(end.error).toBeUndefined();
    expectEvents(end, ['vda', 'vdb', 'vdc']);
    expect(end.result.downtimeMs).toBeGreaterThan(0);
    await expectGuestAlone(pair, 'source');
    for (const disk of ['vda', 'vdb', 'vdc']) expect(existsSync(pair.image('source', disk))).toBe(true);

    const [perform, ...others] = observed.calls('destination').slice(before);
    expect(others).toEqual([]);
    expect(perform?.procedure).toBe('DOMAIN_MIGRATE_PERFORM3_PARAMS');
    expect(perform?.flags).toEqual(['LIVE', 'PEER2PEER', 'NON_SHARED_DISK']);
    expect([...(perform?.params ?? [])]).toEqual([]);
  });

  it('goes without any disk to where the same ones are', async () => {
    for (const disk of ['vda', 'vdb', 'vdc']) {
      await rm(pair.image('destination', disk));
      await link(pair.image('source', disk), pair.image('destination', disk));
    }
    const before = observed.calls('source').length;
    const end = await ended(
      startOn(pair, {
        from: observed.uri('source'),
        disks: 'none',
        assumeShared: ['vda', 'vdb', 'vdc'],
        flags: ['NON_SHARED_DISK', 'NON_SHARED_SYNCHRONOUS_WRITES'],
      }),
    );
    expect(end.error).toBeUndefined();
    expectEvents(end, []);
    expect(end.result.bytesMoved).toBe(0);
    await expectGuestAlone(pair, 'destination');

    const calls = observed.calls('source').slice(before);
    expect(calls.map(({ procedure }) => procedure)).toContain('DOMAIN_MIGRATE_PERFORM3_PARAMS');
    for (const { flags, params } of calls) {
      expect(flags.filter((flag) => flag.startsWith('NON_SHARED'))).toEqual([]);
      expect(params.has('migrate_disks')).toBe(false);
    }
  });

  it('and has lost nothing on the way', async () => {
    await pair.end();
    for (const disk of ['vda', 'vdb']) {
      expect(await pair.verify('destination', disk)).toMatchObject({ status: 'ok' });
    }
  });
});
