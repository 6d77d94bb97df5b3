import { describe, expect, it } from 'vitest';
import { rejection } from './support/rejection.js';
import { addon, openTestHost, poolXml, volumeXml } from './support/test-driver.js';

describe.skipIf(!addon.available)(`a storage pool ${addon.reason}`, () => {
  it('is found by name, UUID and path, and listed', async () => {
    await using connection = await openTestHost();
    const pool = await connection.poolByName('default-pool');
    expect(pool).toMatchObject({ name: 'default-pool', connection });
    expect(await connection.poolByUuid(pool.uuid)).toMatchObject({ name: 'default-pool' });
    await connection.definePool(poolXml('other'));
    const names = async (...flags: Parameters<typeof connection.pools>): Promise<string[]> =>
      (await connection.pools(...flags)).map(({ name }) => name).toSorted();
    expect(await names()).toEqual(['default-pool', 'other']);
    expect(await names(['INACTIVE'])).toEqual(['other']);
    expect(await names(['ACTIVE', 'DIR'])).toEqual(['default-pool']);
    expect(await names(['RBD'])).toEqual([]);
  });

  it('says when there is none', async () => {
    await using connection = await openTestHost();
    for (const lookup of [
      () => connection.poolByName('nobody'),
      () => connection.poolByUuid('00000000-0000-0000-0000-000000000001'),
    ]) {
      expect(await rejection(lookup())).toMatchObject({ code: 'NO_STORAGE_POOL' });
    }
    expect(await rejection(connection.poolByTargetPath('/default-pool'))).toMatchObject({
      code: 'NO_SUPPORT',
      str2: 'virStoragePoolLookupByTargetPath',
    });
  });

  it('lives', async () => {
    await using connection = await openTestHost();
    const pool = await connection.definePool(poolXml('one'), ['VALIDATE']);
    expect(await pool.isActive()).toBe(false);
    await pool.build();
    expect(await rejection(pool.build(['NO_OVERWRITE', 'OVERWRITE']))).toMatchObject({
      message: expect.stringContaining('unsupported flags (0xc)'),
    });
    await pool.create();
    expect(await pool.isActive()).toBe(true);
    await pool.refresh();
    expect(await pool.info()).toEqual({
      state: 'running',
      capacity: 100 * 1024 ** 3,
      allocation: 0,
      available: 100 * 1024 ** 3,
    });
    expect(await pool.xml()).toContain('<name>one</name>');
    expect(await rejection(pool.xml(['INACTIVE']))).toMatchObject({ code: 'INVALID_ARG' });
    await pool.destroy();
    expect((await pool.info()).state).toBe('inactive');
    await pool.delete();
    await pool.undefine();
    expect(await rejection(pool.info())).toMatchObject({ code: 'NO_STORAGE_POOL' });
  });

  it('is started for as long as it runs', async () => {
    await using connection = await openTestHost();
    const pool = await connection.createPool(poolXml('passing'));
    expect(await pool.isActive()).toBe(true);
    await pool.destroy();
    expect(await rejection(connection.poolByName('passing'))).toMatchObject({ code: 'NO_STORAGE_POOL' });
  });

  it('has volumes', async () => {
    await using connection = await openTestHost();
    const pool = await connection.poolByName('default-pool');
    const size = 3 * 2 ** 33;
    const volume = await pool.createVolume(volumeXml('disk.raw', size));
    expect(volume).toMatchObject({ name: 'disk.raw', key: '/default-pool/disk.raw', connection });
    expect(await volume.path()).toBe('/default-pool/disk.raw');
    expect(await volume.info()).toEqual({ type: 'file', capacity: size, allocation: size });
    expect(await volume.xml()).toContain(`<capacity unit='bytes'>${size}</capacity>`);
    expect(await volume.pool()).toMatchObject({ name: 'default-pool', uuid: pool.uuid });

    expect(await pool.volumeByName('disk.raw')).toMatchObject({ key: volume.key });
    expect(await connection.volumeByPath('/default-pool/disk.raw')).toMatchObject({ name: 'disk.raw' });
    expect(await connection.volumeByKey(volume.key)).toMatchObject({ name: 'disk.raw' });
    expect((await pool.volumes()).map(({ name }) => name)).toEqual(['disk.raw']);
    expect((await pool.info()).allocation).toBe(size);

    expect(await rejection(pool.createVolume(volumeXml('disk.raw', 1)))).toMatchObject({
      code: 'OPERATION_FAILED',
    });
    await volume.delete();
    expect(await pool.volumes()).toEqual([]);
    for (const lookup of [
      () => volume.info(),
      () => pool.volumeByName('disk.raw'),
      () => connection.volumeByPath('/default-pool/disk.raw'),
      () => connection.volumeByKey('/default-pool/disk.raw'),
    ]) {
      expect(await rejection(lookup())).toMatchObject({ code: 'NO_STORAGE_VOL' });
    }
  });

  it('refuses a size that is no exact number', async () => {
    await using connection = await openTestHost();
    const pool = await connection.poolByName('default-pool');
    const size = BigInt(Number.MAX_SAFE_INTEGER);
    const largest = await pool.createVolume(volumeXml('largest', size, 0));
    expect((await largest.info()).capacity).toBe(Number.MAX_SAFE_INTEGER);
    const larger = await pool.createVolume(volumeXml('larger', size + 1n, 0));
    expect(await rejection(larger.info())).toMatchObject({
      code: 'OVERFLOW',
      message:
        'overflow: the capacity is 9007199254740992, and numbers are exact up to 9007199254740991 only',
    });
  });

  it('is let go of by itself, and so is a volume', async () => {
    await using connection = await openTestHost();
    await using pool = await connection.poolByName('default-pool');
    await using volume = await pool.createVolume(volumeXml('disk.raw', 1024));
    await volume.close();
    expect(await rejection(volume.info())).toMatchObject({
      code: 'CLOSED',
      message: 'This volume is closed: look it up again.',
    });
    await pool.close();
    await pool.close();
    expect(await rejection(pool.info())).toMatchObject({ code: 'CLOSED' });
    expect([pool.name, volume.key]).toEqual(['default-pool', '/default-pool/disk.raw']);
    expect(await connection.volumeByPath('/default-pool/disk.raw')).toMatchObject({ name: 'disk.raw' });
  });
});
