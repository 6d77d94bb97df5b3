import { join } from 'node:path';
import { LibvirtPair, requires } from '@blockferry/lab';
import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import { TypedParams } from '@blockferry/typed-params';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Heard } from '../support/heard.js';
import { isBuilt, open, rejection } from '../support/libvirt.js';

const lab = requires('libvirt', 'guest', 'qemu-system-x86_64', 'qemu-img');

// What the test driver has not.
describe.skipIf(!(lab.available && isBuilt))(`a domain of QEMU's ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let connection: BindingConnection;
  let destination: BindingConnection;
  let domain: BindingDomain;

  beforeAll(async () => {
    pair = await LibvirtPair.start({ rateMiB: 1 });
    connection = await open(pair.source.uri);
    destination = await open(pair.destination.uri);
    domain = await connection.domainByName(pair.domain);
  });

  afterAll(async () => {
    await connection?.close();
    await destination?.close();
    await pair?.[Symbol.asyncDispose]();
  });

  it('answers on its monitor', async () => {
    const answer = await domain.qemuMonitorCommand('{"execute":"query-status"}', 0);
    expect(JSON.parse(answer)).toMatchObject({ return: { status: 'running', running: true } });
    expect(await domain.qemuMonitorCommand('info version', HUMAN)).toMatch(/^\d+\.\d+/);
    expect(JSON.parse(await domain.qemuMonitorCommand('{"execute":"nonsense"}', 0))).toMatchObject({
      error: { class: 'CommandNotFound' },
    });
  });

  it('has statistics of more than 64 parameters', async () => {
    const [stats, ...more] = await connection.stats(0, 0);
    expect([stats?.domain.name, more]).toEqual([pair.domain, []]);
    const params = TypedParams.fromXdr(stats?.params ?? new Uint8Array(), { limit: 1000 });
    expect(params.size).toBeGreaterThan(64);
    expect([params.get('block.count'), params.get('block.2.name')]).toEqual([3, 'vdc']);
    expect(params.getULLong('block.2.capacity')).toBe(128n * MIB);
  });

  it('has a pull-mode backup, whose end is told', async () => {
    await using jobs = await Heard.of(connection, BLOCK_JOB_2, domain);
    await using completed = await Heard.of(connection, JOB_COMPLETED);
    expect(await rejection(domain.backupXml(0))).toMatchObject({ code: NO_DOMAIN_BACKUP });
    const [socket, scratch] = ['backup.sock', 'scratch.qcow2'].map((file) =>
      join(pair.directory, 'images', file),
    );
    const backup = `<domainbackup mode='pull'>
      <server transport='unix' socket='${socket}'/>
      <disks>
        <disk name='vda' backup='no'/>
        <disk name='vdb' backup='no'/>
        <disk name='vdc' type='file'><scratch file='${scratch}'/></disk>
      </disks>
    </domainbackup>`;
    // Raw images hold no bitmap that a checkpoint would need.
    expect(await rejection(domain.backupBegin(backup, '<domaincheckpoint/>', 0))).toMatchObject({
      code: CONFIG_UNSUPPORTED,
      message: expect.stringContaining('checkpoint for disk vda unsupported for storage type raw'),
    });
    await domain.backupBegin(backup, null, 0);
    expect(await domain.backupXml(0)).toMatch(/<disk name='vdc' backup='yes'.*exportname='vdc'/);
    expect(await domain.jobInfo()).toMatchObject({ type: UNBOUNDED });
    await domain.abortJob(0);
    expect(await jobs.until(1)).toMatchObject([{ disk: 'vdc', type: BACKUP_JOB, status: CANCELED }]);
    const [event] = await completed.until(1);
    expect(event?.domain).toEqual({ name: domain.name, uuid: domain.uuid, id: domain.id() });
    const params = TypedParams.fromXdr(event?.params ?? new Uint8Array());
    expect([params.get('operation'), params.getBoolean('success')]).toEqual([BACKUP, true]);
  });

  it('has block jobs that are told, seen, slowed down and ended', async () => {
    await using jobs = await Heard.of(connection, BLOCK_JOB_2);
    expect(await domain.blockJobInfo('vdc', 0)).toBeNull();
    expect(await domain.blockInfo('vdc', 0)).toMatchObject({ capacity: 128n * MIB });
    const copy = join(pair.directory, 'images', 'copy.raw');
    await pair.source.virsh('blockcopy', pair.domain, 'vdc', copy, '--format', 'raw', '--transient-job');
    const [ready] = await jobs.until(1);
    expect(ready).toMatchObject({ domain: { name: pair.domain }, disk: 'vdc', type: COPY, status: READY });
    await domain.blockJobSetSpeed('vdc', 5n, 0);
    expect(await domain.blockJobInfo('vdc', 0)).toEqual({
      type: COPY,
      bandwidth: 5n,
      current: 128n * MIB,
      end: 128n * MIB,
    });
    expect(await rejection(domain.blockJobSetSpeed('vda', 5n, 0))).toMatchObject({ code: INVALID_ARG });
    await domain.blockJobAbort('vdc', 0);
    expect((await jobs.until(2))[1]).toMatchObject({ disk: 'vdc', type: COPY, status: CANCELED });
    expect(await domain.blockJobInfo('vdc', 0)).toBeNull();
  });

  it('loses a device when the guest has let it go', async () => {
    await using removed = await Heard.of(connection, DEVICE_REMOVED, domain);
    const [, alias] = /<target dev='vdc'.*?<alias name='([^']+)'/s.exec(await domain.xml(0)) ?? [];
    await pair.source.virsh('detach-device-alias', pair.domain, alias ?? '');
    expect(await removed.until(1)).toMatchObject([{ domain: { name: pair.domain }, device: alias }]);
    expect(await domain.xml(0)).not.toContain("dev='vdc'");
  });

  it('migrates, which is told from pass to pass, to its end', async () => {
    await using passes = await Heard.of(connection, MIGRATION_ITERATION);
    await using completed = await Heard.of(connection, JOB_COMPLETED);
    await using left = await Heard.of(connection, LIFECYCLE);
    await using arrived = await Heard.of(destination, LIFECYCLE);
    const params = new TypedParams().addString('migrate_disks', 'vda').addString('migrate_disks', 'vdb');
    const moved = await domain.migrate3(destination, params.toXdr(), LIVE | NON_SHARED_DISK | UNSAFE);
    expect([moved.uuid, await moved.isActive()]).toEqual([domain.uuid, true]);
    expect((await passes.until(1))[0]).toMatchObject({ domain: { name: pair.domain }, iteration: 1 });
    const [event] = await completed.until(1);
    const statistics = TypedParams.fromXdr(event?.params ?? new Uint8Array());
    expect(statistics.getInt('operation')).toBe(MIGRATION_OUT);
    expect(statistics.getULLong('disk_total')).toBeGreaterThanOrEqual(512n * MIB);
    expect(await left.first(({ event }) => event === STOPPED)).toMatchObject({ detail: MIGRATED });
    expect(await arrived.first(({ event }) => event === RESUMED)).toMatchObject({
      domain: { uuid: domain.uuid },
    });
  });
});

const MIB = 2n ** 20n;
/** Source: libvirt, include/libvirt/libvirt-domain.h, libvirt-qemu.h and virterror.h. */
const HUMAN = 1;
const LIFECYCLE = 0;
const DEVICE_REMOVED = 15;
const BLOCK_JOB_2 = 16;
const MIGRATION_ITERATION = 20;
const JOB_COMPLETED = 21;
const RESUMED = 4;
const STOPPED = 5;
const MIGRATED = 3;
const UNBOUNDED = 2;
const MIGRATION_OUT = 5;
const BACKUP = 9;
const COPY = 2;
const BACKUP_JOB = 5;
const CANCELED = 2;
const READY = 3;
const LIVE = 1;
const NON_SHARED_DISK = 64;
const UNSAFE = 512;
const INVALID_ARG = 8;
const CONFIG_UNSUPPORTED = 67;
const NO_DOMAIN_BACKUP = 104;
