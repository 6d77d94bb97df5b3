import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { allocatedBytes, LibvirtPair, requires } from '@blockferry/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MigrateOptions, plan } from '../../src/index.js';
import { copying, ended, expectGuestAlone, startOn } from '../support/libvirt-migration.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');
const DISKS = ['vda', 'vdb', 'vdc'];
const slow: Partial<MigrateOptions> = { createImages: true, bandwidth: 30 * 2 ** 20 };

describe.skipIf(!lab.available)(`a migration between libvirt hosts that fails ${lab.reason}`, () => {
  let pair: LibvirtPair;
  beforeAll(async () => {
    pair = await LibvirtPair.start({ rateMiB: 4 });
    await Promise.all([pair.source.addPool(), pair.destination.addPool()]);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    for (const disk of DISKS) await rm(pair.image('destination', disk), { force: true });
  });

  function expectNoImages(): void {
    for (const disk of DISKS) expect(existsSync(pair.image('destination', disk))).toBe(false);
  }

  it('when it is cancelled in the middle leaves the guest where it was, and no image that was made', async () => {
    const job = startOn(pair, slow);
    await copying(job);
    for (const disk of DISKS) expect(existsSync(pair.image('destination', disk))).toBe(true);
    expect(await allocatedBytes(pair.image('destination', 'vda'))).toBeLessThan(256 * 2 ** 20);
    const { problems } = await plan({ from: pair.source.uri, to: pair.destination.uri, domain: pair.domain });
    expect(problems.map(({ code }) => code)).toContain('SOURCE_MIGRATING');
    await job.cancel('enough');
    const { error, result } = await ended(job);
    expect(error).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    expect(result.exit).toBe(130);
    expectNoImages();
    await expectGuestAlone(pair, 'source');
  });

  it('when it is cancelled before it copies', async () => {
    const job = startOn(pair, slow);
    for await (const event of job.events()) if (event.type === 'phase' && event.phase === 'prepare') break;
    await job.cancel();
    expect((await ended(job)).error).toMatchObject({ code: 'ABORTED' });
    expectNoImages();
    await expectGuestAlone(pair, 'source');
  });

  it('when its time is up', async () => {
    const { error, result } = await ended(startOn(pair, { ...slow, p2p: true, timeoutMs: 3000 }));
    expect(error).toMatchObject({ code: 'TIMEOUT' });
    expect(result.exit).toBe(5);
    expectNoImages();
    await expectGuestAlone(pair, 'source');
  });

  it('when somebody else ends it: in the words of libvirt', async () => {
    const job = startOn(pair, slow);
    await copying(job);
    await pair.source.virsh('domjobabort', pair.domain);
    const { error, result } = await ended(job);
    expect(error).toMatchObject({
      code: 'OPERATION_ABORTED',
      message: 'operation aborted: migration out: canceled by client',
    });
    expect(result.exit).toBe(1);
    expectNoImages();
  });

  it.each([
    ['source', false],
    ['source', true],
    ['destination', false],
    ['destination', true],
  ] as const)('when the daemon of the %s crashes (from peer to peer: %s)', async (side, p2p) => {
    const job = startOn(pair, { ...slow, p2p });
    await copying(job);
    await pair[side].crashDaemon();
    const { error, result } = await ended(job);
    expect(result.exit).toBe(1);
    expect(error?.code).not.toBe('OUTCOME_UNCERTAIN');
    if (!p2p || side === 'source') expect(error).toMatchObject({ side, retryable: true });
    await expectGuestAlone(pair, 'source');
    expectNoImages();
  });

  it('when the host of the destination loses power', async () => {
    const job = startOn(pair, slow);
    await copying(job);
    await pair.destination.end();
    const { error, result, events } = await ended(job);
    expect(error).toMatchObject({ side: 'destination' });
    expect(result.exit).toBe(1);
    const warnings = events.filter((event) => event.type === 'log' && event.level === 'warning');
    const lastFirst = [...DISKS].reverse();
    expect(warnings).toMatchObject(lastFirst.map((disk) => ({ message: expect.stringContaining(disk) })));
    expect((await pair.source.waitMoreBeats(2)).bad).toBe(0);
  });
});
