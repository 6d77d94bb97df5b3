import { writeFile } from 'node:fs/promises';
import { requires, Scratch } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { LibvirtHost } from '../../../src/adapters/libvirt/libvirt-host.js';
import { openDomain, openHost, plan } from '../../../src/index.js';

const addon = requires('libvirt-headers');
const MIB = 2 ** 20;

/** libvirt's test driver: a host that its library makes up in this process, a new one for each connection. */
describe.skipIf(!addon.available)(`a host without a daemon ${addon.reason}`, () => {
  it('has domains, by name and UUID', async () => {
    await using host = await madeUp();
    await using byName = await openDomain(host.uri, { domain: 'vm1' });
    expect(byName).toMatchObject({ name: 'vm1', uuid: UUID, uri: host.uri });
    await using byUuid = await openDomain(host.uri, { domain: UUID });
    expect(byUuid.name).toBe('vm1');
    expect((await byName.disks()).map(({ disk, names, empty }) => [disk, names, empty])).toEqual([
      ['vda', ['vda'], false],
      ['vdb', ['vdb'], false],
    ]);
  });

  it.each([
    [{ domain: 'nosuch' }, 'NO_DOMAIN'],
    [{}, 'INVALID_ARGUMENT'],
    [{ domain: 'vm1', signal: AbortSignal.abort() }, 'ABORTED'],
  ])('%o: %s', async (options, code) => {
    await using host = await madeUp();
    await expect(openDomain(host.uri, options)).rejects.toMatchObject({
      name: 'MigrationError',
      code,
      side: 'source',
    });
  });

  it('that cannot be reached', async () => {
    await expect(openHost('test:///nowhere/host.xml')).rejects.toMatchObject({
      name: 'MigrationError',
      side: 'destination',
    });
    await expect(openHost('nosuch:///')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('can be planned for', async () => {
    await using host = await madeUp();
    const { problems, disks, call } = await plan({
      from: host.uri,
      to: 'test:///default',
      domain: 'vm1',
      disks: ['vdb'],
      params: { destination_name: 'vm2' },
    });
    expect(problems.map(({ code, disk }) => [code, disk])).toEqual([['DISK_LEFT_BEHIND', 'vda']]);
    expect(disks.map(({ action }) => action)).toEqual(['stay', 'move']);
    expect(call).toEqual({ name: 'migrate3', flags: ['LIVE', 'NON_SHARED_DISK'], migrateDisks: ['vdb'] });
  });

  describe('shows the images of its pools', () => {
    const there = { kind: 'file', path: '/pool/there.img' } as const;
    // Its driver does not look for pools by their folders.
    const missing = { kind: 'volume', pool: 'pool', volume: 'missing.img' } as const;
    const expected = { size: 4 * MIB, format: 'raw' };

    async function openPools(): Promise<LibvirtHost> {
      await using host = await madeUp();
      const opened = await openHost(host.uri);
      if (!(opened instanceof LibvirtHost)) throw new Error('this is no libvirt host');
      return opened;
    }

    it('by their paths, and by pool and volume', async () => {
      await using host = await openPools();
      const seen = { state: 'present', size: 4 * MIB };
      expect(await host.image(there, expected)).toMatchObject(seen);
      const volume = { kind: 'volume', pool: 'pool', volume: 'there.img' } as const;
      expect(await host.image(volume, expected)).toMatchObject(seen);
    });

    it('and those that are not there', async () => {
      await using host = await openPools();
      const reason = 'its storage pool pool does not have it';
      expect(await host.image(missing, expected)).toEqual({ state: 'missing', creatable: true, reason });
      const elsewhere = { ...missing, pool: 'other' };
      expect(await host.image(elsewhere, expected)).toMatchObject({ reason: 'it has no storage pool other' });
    });

    it('no others', async () => {
      await using host = await openPools();
      const elsewhere = { kind: 'file', path: '/elsewhere/there.img' } as const;
      expect(await host.image(elsewhere, expected)).toEqual({ state: 'unknown', folder: '/elsewhere' });
      const network = { kind: 'network', location: 'rbd:x' } as const;
      expect(await host.image(network, expected)).toEqual({ state: 'unknown', folder: undefined });
    });

    it('makes and removes them, and never takes one that is there', async () => {
      await using host = await openPools();
      await host.createImage(missing, expected);
      expect(await host.image(missing, expected)).toMatchObject({ state: 'present', size: 4 * MIB });
      await expect(host.createImage(missing, expected)).rejects.toMatchObject({
        name: 'MigrationError',
        side: 'destination',
        message: expect.stringContaining('exists'),
      });
      await host.removeImage(missing);
      expect(await host.image(missing, expected)).toMatchObject({ state: 'missing' });
      await host.removeImage(missing);
    });
  });
});

const UUID = '6d4d9f16-4f9c-4a4b-9d4e-0d7a3f1f0c55';

async function madeUp(): Promise<{ uri: string } & AsyncDisposable> {
  const scratch = new Scratch();
  const file = scratch.join('host.xml');
  const disk = (target: string): string =>
    `<disk type='file' device='disk'><source file='/pool/${target}.img'/><target dev='${target}'/></disk>`;
  await writeFile(
    file,
    `<node>
      <domain type='test'>
        <name>vm1</name><uuid>${UUID}</uuid><memory unit='MiB'>64</memory><os><type>hvm</type></os>
        <devices>${disk('vda')}${disk('vdb')}</devices>
      </domain>
      <pool type='dir'><name>pool</name><target><path>/pool</path></target>
        <volume><name>there.img</name><capacity unit='MiB'>4</capacity></volume>
      </pool>
    </node>`,
  );
  return { uri: `test://${file}`, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}
