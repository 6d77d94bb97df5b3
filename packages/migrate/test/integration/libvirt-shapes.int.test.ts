import { writeFile } from 'node:fs/promises';
import { LibvirtPair, requires } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDomain } from '../../src/index.js';
import { startShapes } from '../support/libvirt-shapes.js';

const lab = requires(
  ...['libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img', 'nbdkit', 'loop-devices'],
);

describe.skipIf(!lab.available)(`disks of every kind ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let shapes: AsyncDisposable;
  beforeAll(async () => {
    pair = await LibvirtPair.start({ isBooted: false });
    await pair.source.addPool();
    shapes = await startShapes(pair);
    if (process.env['BLOCKFERRY_CAPTURE'] === '1') await capture(pair);
  });
  afterAll(async () => {
    await shapes?.[Symbol.asyncDispose]();
    await pair?.[Symbol.asyncDispose]();
  });

  it('of a domain that runs', async () => {
    await using domain = await openDomain(pair.source.uri, { domain: 'shapes' });
    const disks = await domain.disks();
    expect(
      disks.map(({ disk, size, readOnly, shareable, empty }) => [disk, size, readOnly, shareable, empty]),
    ).toEqual([
      ['vda', 2 ** 20, false, false, false],
      ['vdb', 2 ** 21, false, false, false],
      ['vdc', 2 ** 20, false, true, false],
      ['vdd', 2 ** 20, true, false, false],
      ['vde', 2 ** 20, false, false, false],
      ['vdf', 2 ** 20, false, false, false],
      ['vdg', 2 ** 20, false, false, false],
      ['sda', 0, true, false, true],
      ['sdb', 2 ** 20, true, false, false],
    ]);
    expect(disks.filter(({ onNetwork }) => onNetwork).map(({ disk }) => disk)).toEqual(['vdg']);
  });

  it('of one that does not', async () => {
    await using domain = await openDomain(pair.source.uri, { domain: 'remote' });
    expect((await domain.disks()).map(({ disk, empty }) => [disk, empty])).toEqual([
      ['vda', false],
      ['vdb', false],
      ['vdc', false],
      ['fda', true],
    ]);
  });
});

/** Renews the fixtures, with folders that are nobody's. */
async function capture({ source, directory }: LibvirtPair): Promise<void> {
  for (const name of ['shapes', 'remote']) {
    const { stdout } = await source.virsh('dumpxml', name);
    const xml = stdout.replaceAll(directory, '/lab').replace(/\/tmp\/[^/']+\/nbd\.sock/, '/lab/nbd.sock');
    await writeFile(new URL(`../fixtures/libvirt/${name}.xml`, import.meta.url), `${xml.trim()}\n`);
  }
}
