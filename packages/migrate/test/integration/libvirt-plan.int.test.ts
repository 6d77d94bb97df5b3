import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allocatedBytes, blankImage, LibvirtPair, qemuImg, requires } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEmbeddedHost,
  type MigrateOptions,
  type MigrationPlan,
  openDomain,
  openHost,
  plan,
  startMigration,
} from '../../src/index.js';
import { startShapes } from '../support/libvirt-shapes.js';

const lab = requires(
  ...['libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img', 'nbdkit', 'loop-devices'],
);

describe.skipIf(!lab.available)(`a plan on libvirt hosts ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let shapes: AsyncDisposable;
  beforeAll(async () => {
    pair = await LibvirtPair.start({ isBooted: false });
    await Promise.all([pair.source.addPool(), pair.destination.addPool()]);
    shapes = await startShapes(pair);
    if (process.env['BLOCKFERRY_CAPTURE'] === '1') await capture(pair);
  });
  afterAll(async () => {
    await shapes?.[Symbol.asyncDispose]();
    await pair?.[Symbol.asyncDispose]();
  });

  function planned(said: Partial<MigrateOptions> = {}): Promise<MigrationPlan> {
    return plan({ from: pair.source.uri, to: pair.destination.uri, domain: pair.domain, ...said });
  }

  async function problems(said: Partial<MigrateOptions> = {}): Promise<string[]> {
    return (await planned(said)).problems.map(({ code, disk = '-' }) => `${code} ${disk}`);
  }

  describe('of what there is', () => {
    it('has nothing against it', async () => {
      const { ok, disks, warnings, call } = await planned();
      expect({ ok, warnings }).toEqual({ ok: true, warnings: [] });
      expect(call).toEqual({ name: 'migrate3', flags: ['LIVE', 'NON_SHARED_DISK'], migrateDisks: [] });
      const [vda] = disks;
      expect(vda).toMatchObject({
        disk: 'vda',
        action: 'move',
        size: 256 * 2 ** 20,
        destination: { disk: join(pair.source.images, 'vda.raw'), size: 256 * 2 ** 20 },
      });
      expect(vda?.estimateBytes).toBe(await allocatedBytes(pair.image('source', 'vda')));
    });

    it('goes by the UUID as well, and by open ends', async () => {
      const uuid = (await pair.source.virsh('domuuid', pair.domain)).stdout.trim();
      await using from = await openDomain(pair.source.uri, { domain: uuid });
      expect([from.name, from.uuid]).toEqual([pair.domain, uuid]);
      await using to = await openHost(pair.destination.uri);
      expect((await plan({ from, to, disks: ['vda'], unsafe: true })).ok).toBe(true);
    });

    it('with all kinds of disks', async () => {
      await using domain = await openDomain(pair.source.uri, { domain: 'shapes' });
      const disks = await domain.disks();
      const told = disks.map(({ disk, size, readOnly, shareable, empty }) => {
        const traits = { readOnly, shareable, empty };
        return [disk, size, ...Object.entries(traits).flatMap(([trait, has]) => (has ? trait : []))];
      });
      expect(told).toEqual([
        ['vda', 2 ** 20],
        ['vdb', 2 ** 21],
        ['vdc', 2 ** 20, 'shareable'],
        ['vdd', 2 ** 20, 'readOnly'],
        ['vde', 2 ** 20],
        ['vdf', 2 ** 20],
        ['vdg', 2 ** 20],
        ['sda', 0, 'readOnly', 'empty'],
        ['sdb', 2 ** 20, 'readOnly'],
      ]);
      expect(disks.filter(({ onNetwork }) => onNetwork).map(({ disk }) => disk)).toEqual(['vdg']);
    });

    it('and of a domain that does not run', async () => {
      expect(await problems({ domain: 'remote', disks: 'none', unsafe: true })).toEqual([
        'SOURCE_NOT_READY -',
        'SOURCE_NOT_READY vdc',
      ]);
    });
  });

  it('tells every problem at once', async () => {
    const disks = ['vda', 'vdb', 'vdc', 'vdd', 'sda', 'nosuch', 'vdf', 'vdg'];
    const found = await planned({ domain: 'shapes', disks, createImages: true, flags: ['ZEROCOPY'] });
    expect(found.ok).toBe(false);
    expect(found.problems.map(({ code, disk = '-' }) => `${code} ${disk}`).sort()).toEqual([
      'DISK_EMPTY sda',
      'DISK_LEFT_BEHIND vde',
      'DISK_NOT_FOUND nosuch',
      'DISK_READ_ONLY vdd',
      'DISK_SHARED vdc',
      'DISK_SHARED vdg',
      'OPERATION_INVALID -',
    ]);
    const job = startMigration({
      from: pair.source.uri,
      to: pair.destination.uri,
      domain: 'shapes',
      disks,
      createImages: true,
      flags: ['ZEROCOPY'],
    });
    await expect(job.done).rejects.toMatchObject({
      code: 'REFUSED',
      result: { exit: 10, problems: found.problems },
    });
  });

  describe("of the destination's images", () => {
    it.each([
      ['missing', undefined],
      ['smaller', 128],
      ['larger', 512],
      ['of another format', 256],
    ] as const)('one that is %s', async (what, sizeMiB) => {
      const image = pair.image('destination', 'vdb');
      await rm(image);
      if (sizeMiB !== undefined) {
        await blankImage(image, sizeMiB, what === 'of another format' ? 'qcow2' : 'raw');
      }
      try {
        const code =
          what === 'missing'
            ? 'DESTINATION_MISSING'
            : what === 'of another format'
              ? 'DESTINATION_FORMAT'
              : 'DESTINATION_SIZE';
        expect(await problems()).toEqual([`${code} vdb`]);
        expect(await problems({ createImages: true })).toEqual(what === 'missing' ? [] : [`${code} vdb`]);
      } finally {
        await rm(image, { force: true });
        await blankImage(image, 256);
      }
      expect(await problems()).toEqual([]);
    });

    it('those that no pool shows', async () => {
      await pair.destination.virsh('pool-destroy', 'images');
      try {
        const { ok, warnings } = await planned();
        expect(ok).toBe(true);
        expect(warnings).toEqual(['vda', 'vdb', 'vdc'].map((disk) => expect.stringContaining(`${disk}.raw`)));
        const found = await planned({ createImages: true });
        expect(found.problems.map(({ code }) => code)).toEqual(new Array(3).fill('DESTINATION_MISSING'));
        expect(found.problems[0]?.message).toContain(
          `pool-create-as NAME dir --target '${pair.source.images}'`,
        );
      } finally {
        await pair.destination.addPool();
      }
    });

    it('in another place, by destination_xml', async () => {
      const xml = (await pair.source.virsh('dumpxml', '--migratable', pair.domain)).stdout;
      const params = { destination_xml: xml.replace('vdb.raw', 'elsewhere.raw') };
      const { problems: found, disks } = await planned({ params });
      expect(found.map(({ code, disk }) => [code, disk])).toEqual([['DESTINATION_MISSING', 'vdb']]);
      expect(disks[1]?.destination?.disk).toBe(join(pair.source.images, 'elsewhere.raw'));
      expect(await problems({ params: { destination_xml: '<domain' } })).toEqual(['INVALID_ARGUMENT -']);
    });
  });

  describe('of the hosts', () => {
    it('that are one and the same', async () => {
      const other = `${pair.source.uri}&mode=direct`;
      expect(await problems({ to: other })).toContain('INVALID_ARGUMENT -');
    });

    it('that have the domain both', async () => {
      const definition = join(pair.directory, 'other.xml');
      const os = "<os><type arch='x86_64' machine='q35'>hvm</type></os>";
      await writeFile(
        definition,
        `<domain type='qemu'><name>${pair.domain}</name><memory unit='MiB'>16</memory>${os}</domain>`,
      );
      await pair.destination.virsh('define', definition);
      expect(await problems()).toEqual(['DESTINATION_HAS_DOMAIN -']);
      expect(await problems({ params: { destination_name: 'other' } })).toEqual([]);
      await pair.destination.virsh('undefine', pair.domain);
    });
  });

  it('of a domain on which a block job works', async () => {
    const copy = pair.source.image('copy.raw');
    const target = join(pair.source.images, 'copy.raw');
    await qemuImg('create', '-q', copy, '256M');
    await pair.source.virsh(
      ...[
        'blockcopy',
        pair.domain,
        'vda',
        '--dest',
        target,
        '--transient-job',
        '--reuse-external',
        '--bandwidth',
        '1',
      ],
    );
    expect(await problems()).toEqual(['BLOCK_JOB_ACTIVE vda']);
    await pair.source.virsh('blockjob', pair.domain, 'vda', '--abort');
    expect(await problems()).toEqual([]);
  });

  describe('cannot be made', () => {
    it.each([
      ['a domain that is not there', {}, 'NO_DOMAIN', 'source'],
      [
        'a destination that is not there',
        { to: 'qemu+unix:///system?socket=/nowhere' },
        'SYSTEM_ERROR',
        'destination',
      ],
      ['a destination of another kind', { to: 'qmp+unix:///nowhere' }, 'INVALID_ARGUMENT', undefined],
    ] as const)('of %s', async (_, said, code, side) => {
      const domain = code === 'NO_DOMAIN' ? 'nosuch' : pair.domain;
      await expect(planned({ domain, ...said })).rejects.toMatchObject({
        name: 'MigrationError',
        code,
        side,
      });
    });

    it('between a libvirt host and none', async () => {
      await using host = await createEmbeddedHost();
      await expect(planned({ to: host })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    });
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
