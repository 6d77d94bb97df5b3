import { join } from 'node:path';
import { LibvirtPair, qemuImg, requires } from '@blockferry/lab';
import { TypedParams } from '@blockferry/typed-params';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Connection, connect, type Domain } from '../../src/index.js';
import { rejection } from '../support/rejection.js';
import { SMALL_DISKS } from './small-disks.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`a host with a guest ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let connection: Connection;
  let guest: Domain;
  /** The folder of images, as the host and the rest of the machine see it. */
  const onHost = (file: string): string => join(pair.directory, 'images', file);
  const onMachine = (file: string): string => pair.source.image(file);
  beforeAll(async () => {
    pair = await LibvirtPair.start({ disks: SMALL_DISKS });
    connection = await connect(pair.source.uri);
    guest = await connection.domainByName(pair.domain);
  });
  afterAll(async () => {
    await connection?.close();
    await pair?.[Symbol.asyncDispose]();
  });

  it('is what it is', async () => {
    expect(await connection.uri()).toBe(pair.source.uri);
    expect(await connection.hostname()).toBe('source.test');
    expect(await connection.type()).toBe('QEMU');
    expect((await connection.hypervisorVersion()).number).toBeGreaterThan(7_000_000);
    expect((await connection.libvirtVersion()).number).toBeGreaterThan(6_000_000);
    expect([await connection.isAlive(), await connection.isSecure()]).toEqual([true, true]);
    expect(await guest.state()).toEqual({ state: 'running', reason: 'booted' });
    expect(await guest.isPersistent()).toBe(false);
    expect(guest.id).toBe(1);
    await using readOnly = await connect(pair.source.uri, { readOnly: true });
    const seen = await readOnly.domainByName(pair.domain);
    expect(await rejection(seen.suspend())).toMatchObject({ code: 'OPERATION_DENIED' });
  });

  it('tells statistics, as many as there are', async () => {
    const [found, ...others] = await connection.stats();
    expect(others).toEqual([]);
    expect(found?.params.size).toBeGreaterThan(64);
    expect(found?.params.getUInt('block.count')).toBe(3);
    expect(found?.params.getString('block.0.name')).toBe('vda');
  });

  it('tells of disks', async () => {
    expect(await guest.blockInfo('vda')).toMatchObject({ capacity: 64 * 2 ** 20, physical: 64 * 2 ** 20 });
    expect(await guest.blockJobInfo('vda')).toBe(null);
    expect(await rejection(guest.blockInfo('vdx'))).toMatchObject({ code: 'INVALID_ARG' });
  });

  it('limits and ends the job of a disk, and tells its events', async () => {
    await using events = await connection.events('block-job', { domain: guest });
    const copy = ['blockcopy', pair.domain, 'vda', onHost('copy.raw'), '--transient-job', '--format', 'raw'];
    await pair.source.virsh(...copy, '--bandwidth', '1');
    expect(await guest.blockJobInfo('vda')).toMatchObject({ type: 'copy', bandwidth: 1 });
    await guest.blockJobSetSpeed('vda', 3 * 2 ** 20, ['BANDWIDTH_BYTES']);
    expect(await guest.blockJobInfo('vda', ['BANDWIDTH_BYTES'])).toMatchObject({ bandwidth: 3 * 2 ** 20 });
    await guest.blockJobSetSpeed('vda', 0);
    const disk = { kind: 'block-job', domain: { name: pair.domain }, disk: 'vda', type: 'copy' };
    expect((await events.next()).value).toMatchObject({ ...disk, status: 'ready' });
    const { current = 0, end = 1 } = (await guest.blockJobInfo('vda')) ?? {};
    expect(current).toBe(end);
    await guest.blockJobAbort('vda', ['ASYNC']);
    expect((await events.next()).value).toMatchObject({ ...disk, status: 'canceled' });
    await vi.waitUntil(async () => (await guest.blockJobInfo('vda')) === null);
  });

  it('serves a backup until its job is aborted', async () => {
    await using completed = await connection.events('job-completed');
    await guest.backupBegin(`<domainbackup mode='pull'>
      <server transport='unix' socket='${onHost('backup.sock')}'/>
      <disks>
        <disk name='vda' backup='no'/><disk name='vdb' backup='no'/>
        <disk name='vdc' type='file'><scratch file='${onHost('scratch.qcow2')}'/></disk>
      </disks>
    </domainbackup>`);
    expect(await guest.backupXml()).toContain(`<disk name='vdc' backup='yes'`);
    expect((await guest.jobStats()).operation).toBe('backup');
    const { stdout } = await qemuImg('info', `nbd+unix:///vdc?socket=${onMachine('backup.sock')}`);
    expect(stdout).toContain('32 MiB');
    await guest.abortJob();
    expect((await completed.next()).value).toMatchObject({ operation: 'backup' });
    expect(await rejection(guest.backupXml())).toMatchObject({ code: 'NO_DOMAIN_BACKUP' });
  });

  it('has no checkpoints of raw disks', async () => {
    const checkpoint = `<domaincheckpoint><name>one</name></domaincheckpoint>`;
    expect(await rejection(guest.checkpointCreate(checkpoint))).toMatchObject({
      code: 'CONFIG_UNSUPPORTED',
    });
    expect(await guest.checkpoints()).toEqual([]);
    expect(await rejection(guest.checkpointByName('one'))).toMatchObject({ code: 'NO_DOMAIN_CHECKPOINT' });
  });

  it("passes commands to QEMU's monitor", async () => {
    const answer = await guest.qemuMonitorCommand('{"execute": "query-status"}');
    expect(JSON.parse(answer)).toMatchObject({ return: { status: 'running' } });
    expect(await guest.qemuMonitorCommand('info status', ['HMP'])).toContain('VM status: running');
    const unknown = await guest.qemuMonitorCommand('{"execute": "nope"}');
    expect(JSON.parse(unknown)).toMatchObject({ error: { class: 'CommandNotFound' } });
    expect(await rejection(guest.qemuMonitorCommand('nope'))).toMatchObject({ code: 'INTERNAL_ERROR' });
  });

  it('changes what a disk may do while the guest runs', async () => {
    const limits = new TypedParams().addULLong('write_iops_sec', 12_345n).addString('group_name', 'gäst');
    await guest.setBlockIoTune('vdc', limits, ['LIVE']);
    const now = await guest.blockIoTune('vdc', ['LIVE']);
    expect([now.getULLong('write_iops_sec'), now.getString('group_name')]).toEqual([12_345n, 'gäst']);
  });

  it('tells when the guest has let go of a device', async () => {
    await using events = await connection.events('device-removed');
    await pair.source.virsh('detach-disk', pair.domain, 'vdc', '--live');
    expect((await events.next()).value).toMatchObject({
      kind: 'device-removed',
      domain: { name: pair.domain, id: 1 },
      device: 'virtio-disk2',
    });
    expect(await guest.xml()).not.toContain(`dev='vdc'`);
  });

  it('has pools of files, and makes images in them', async () => {
    const folder = join(pair.directory, 'images');
    const xml = `<pool type='dir'><name>images</name><target><path>${folder}</path></target></pool>`;
    await using pool = await connection.createPool(xml);
    expect(await connection.poolByTargetPath(folder)).toMatchObject({ uuid: pool.uuid });
    expect((await pool.info()).state).toBe('running');
    expect(await (await connection.volumeByPath(onHost('vda.raw'))).info()).toMatchObject({
      type: 'file',
      capacity: 64 * 2 ** 20,
    });
    const volume = await pool.createVolume(
      `<volume>
        <name>new.qcow2</name>
        <capacity unit='MiB'>16</capacity>
        <target><format type='qcow2'/></target>
      </volume>`,
      ['PREALLOC_METADATA'],
    );
    expect(await volume.path()).toBe(onHost('new.qcow2'));
    expect((await qemuImg('info', onMachine('new.qcow2'))).stdout).toContain('virtual size: 16 MiB');
    const again = pool.createVolume('<volume><name>new.qcow2</name><capacity>1</capacity></volume>');
    expect(await rejection(again)).toMatchObject({ code: 'STORAGE_VOL_EXIST' });
    await volume.delete();
    await pool.refresh();
    expect((await pool.volumes()).map(({ name }) => name)).not.toContain('new.qcow2');
    await pool.destroy();
    expect(await rejection(pool.info())).toMatchObject({ code: 'NO_STORAGE_POOL' });
  });
});
