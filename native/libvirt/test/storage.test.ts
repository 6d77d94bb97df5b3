import type { BindingConnection, BindingPool } from '@blockferry/libvirt-native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, open, rejection } from './support/libvirt.js';
import { TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('storage', () => {
  let node: TestNode;
  let connection: BindingConnection;
  let pool: BindingPool;

  beforeAll(async () => {
    node = new TestNode();
    connection = await open(node.uri);
    pool = await connection.createPool(poolXml('images', '/images'), 0);
  });

  afterAll(async () => {
    await connection.close();
    await node[Symbol.asyncDispose]();
  });

  it('has pools, found by name, by uuid and in the list', async () => {
    expect(pool.name).toBe('images');
    expect(pool.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect((await connection.poolByName('images')).uuid).toBe(pool.uuid);
    expect((await connection.poolByUuid(pool.uuid)).name).toBe('images');
    expect((await connection.pools(0)).map(({ name }) => name)).toContain('images');
    expect((await connection.pools(INACTIVE)).map(({ name }) => name)).not.toContain('images');
    expect(await pool.xml(0)).toContain('<path>/images</path>');
    expect(await rejection(connection.poolByName('nowhere'))).toMatchObject({ code: NO_STORAGE_POOL });
    expect(await rejection(connection.poolByTargetPath('/images'))).toMatchObject({ code: NO_SUPPORT });
  });

  it('has pools that are defined, built, started, read, stopped, deleted and undefined', async () => {
    const other = await connection.definePool(poolXml('other', '/other'), 0);
    expect([await other.isActive(), (await other.info()).state]).toEqual([false, STOPPED]);
    await other.build(0);
    await other.create(0);
    expect([await other.isActive(), (await other.info()).state]).toEqual([true, RUNNING]);
    await other.refresh(0);
    expect(await rejection(other.undefine())).toMatchObject({ code: OPERATION_INVALID });
    await other.destroy();
    await other.delete(0);
    await other.undefine();
    expect(await rejection(connection.poolByName('other'))).toMatchObject({ code: NO_STORAGE_POOL });
  });

  it('has volumes, which take room in their pool, until they are deleted', async () => {
    const volume = await pool.createVolume(volumeXml('disk.qcow2', 5n * GIB), 0);
    expect([volume.name, volume.key, await volume.path()]).toEqual([
      'disk.qcow2',
      '/images/disk.qcow2',
      '/images/disk.qcow2',
    ]);
    expect(await volume.info(0)).toEqual({ type: FILE, capacity: 5n * GIB, allocation: GIB });
    const { capacity, allocation, available } = await pool.info();
    expect([allocation, available]).toEqual([GIB, capacity - GIB]);
    expect(await volume.xml(0)).toContain("<format type='qcow2'/>");
    const found = await Promise.all([
      pool.volumeByName('disk.qcow2'),
      connection.volumeByPath('/images/disk.qcow2'),
      connection.volumeByKey(volume.key),
      ...(await pool.volumes(0)),
    ]);
    expect(found.map(({ key }) => key)).toEqual(new Array(4).fill(volume.key));
    expect((await volume.pool()).uuid).toBe(pool.uuid);
    expect(await rejection(pool.createVolume(volumeXml('disk.qcow2', GIB), 0))).toMatchObject({
      code: OPERATION_FAILED,
    });
    await volume.delete(0);
    expect(await pool.volumes(0)).toEqual([]);
    expect(await rejection(volume.info(0))).toMatchObject({ code: NO_STORAGE_VOL });
  });

  it('closes with its connection, or by itself', async () => {
    const another = await open(node.uri);
    const closed = await another.createPool(poolXml('closed', '/closed'), 0);
    const volume = await closed.createVolume(volumeXml('disk.qcow2', GIB), 0);
    const [again] = await closed.volumes(0);
    again?.close();
    again?.close();
    expect([again?.isClosed, volume.isClosed]).toEqual([true, false]);
    await another.close();
    expect([closed.isClosed, volume.isClosed]).toEqual([true, true]);
    expect(await rejection(closed.info())).toEqual({ closed: 'pool' });
    expect(await rejection(volume.pool())).toEqual({ closed: 'volume' });
    expect([closed.name, volume.key]).toEqual(['closed', '/closed/disk.qcow2']);
    closed.close();
  });
});

function poolXml(name: string, path: string): string {
  return `<pool type='dir'><name>${name}</name><target><path>${path}</path></target></pool>`;
}

/** With 1 GiB allocated. */
function volumeXml(name: string, capacity: bigint): string {
  return `<volume><name>${name}</name><capacity>${capacity}</capacity><allocation>${GIB}</allocation>
    <target><format type='qcow2'/></target></volume>`;
}

const GIB = 2n ** 30n;
/** Source: libvirt, include/libvirt/libvirt-storage.h and virterror.h. */
const INACTIVE = 1;
const STOPPED = 0;
const RUNNING = 2;
const FILE = 0;
const NO_SUPPORT = 3;
const OPERATION_FAILED = 9;
const NO_STORAGE_POOL = 49;
const NO_STORAGE_VOL = 50;
const OPERATION_INVALID = 55;
