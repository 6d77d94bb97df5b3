import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import { TypedParams } from '@blockferry/typed-params';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, open, rejection } from './support/libvirt.js';
import { domainXml, TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('typed parameters', () => {
  let node: TestNode;
  let connection: BindingConnection;
  let domain: BindingDomain;

  beforeAll(async () => {
    node = new TestNode();
    connection = await open(node.uri);
    const disk = "<disk type='file'><source file='/disk'/><target dev='vda'/></disk>";
    domain = await connection.createDomain(domainXml('tuned', disk), 0);
  });

  afterAll(async () => {
    await connection.close();
    await node[Symbol.asyncDispose]();
  });

  it('of memory are set and read, bit for bit', async () => {
    const before = TypedParams.fromXdr(await domain.memoryParameters(0));
    expect(before.getULLong('hard_limit')).toBe(2n ** 53n - 1n);
    for (const limit of [0n, 2n ** 31n, 2n ** 53n - 2n]) {
      const changed = new TypedParams().addULLong('soft_limit', limit).addULLong('hard_limit', limit);
      await domain.setMemoryParameters(changed.toXdr(), 0);
      const after = TypedParams.fromXdr(await domain.memoryParameters(0));
      expect([after.get('soft_limit'), after.get('hard_limit')]).toEqual([limit, limit]);
    }
  });

  it('of a disk’s limits are set and read, text with them', async () => {
    const limits = new TypedParams()
      .addULLong('total_bytes_sec', 4096n)
      .addULLong('total_bytes_sec_max', 8192n)
      .addString('group_name', 'gr\u00e4nze');
    await domain.setBlockIoTune('vda', limits.toXdr(), 0);
    const after = TypedParams.fromXdr(await domain.blockIoTune('vda', 0));
    for (const { name, type, value } of limits) expect(after.filter(name)).toEqual([{ name, type, value }]);
  });

  it('of processor time and devices are read', async () => {
    expect(TypedParams.fromXdr(await domain.schedulerParameters(0)).getUInt('weight')).toBe(50);
    const blkio = TypedParams.fromXdr(await domain.blkioParameters(0));
    expect([blkio.getUInt('weight'), blkio.getString('device_weight')]).toEqual([0, '']);
    const numa = TypedParams.fromXdr(await domain.numaParameters(0));
    expect([...numa].map(({ name, type }) => [name, type])).toEqual([
      ['numa_mode', 'int'],
      ['numa_nodeset', 'string'],
    ]);
  });

  it('are the statistics of every domain', async () => {
    const stats = await connection.stats(STATE, 0);
    expect(stats.map(({ domain: { name } }) => name).sort()).toEqual(['first', 'second', 'tuned']);
    for (const { domain: one, params } of stats) {
      expect(await one.isActive()).toBe(true);
      expect(TypedParams.fromXdr(params).getInt('state.state')).toBe(RUNNING);
    }
    expect(await connection.stats(0, SHUT_OFF_ONLY)).toEqual([]);
  });

  it.each<[string, (params: Uint8Array) => Promise<unknown>]>([
    ['setMemoryParameters', (params) => domain.setMemoryParameters(params, 0)],
    ['setBlockIoTune', (params) => domain.setBlockIoTune('vda', params, 0)],
    ['setSchedulerParameters', (params) => domain.setSchedulerParameters(params, 0)],
    ['setBlkioParameters', (params) => domain.setBlkioParameters(params, 0)],
    ['setNumaParameters', (params) => domain.setNumaParameters(params, 0)],
  ])('are libvirt’s to refuse in %s', async (_, call) => {
    expect(await rejection(call(new TypedParams().addString('colour', 'blue').toXdr()))).toMatchObject({
      code: ARGUMENT_UNSUPPORTED,
      message: "argument unsupported: parameter 'colour' not supported",
    });
  });

  it.each<[string, (domain: BindingDomain) => Promise<unknown>]>([
    ['blockJobInfo', () => domain.blockJobInfo('vda', 0)],
    ['blockJobAbort', () => domain.blockJobAbort('vda', 0)],
    ['blockJobSetSpeed', () => domain.blockJobSetSpeed('vda', 1n, 0)],
    ['backupBegin', () => domain.backupBegin('<domainbackup/>', null, 0)],
    ['backupXml', () => domain.backupXml(0)],
    ['qemuMonitorCommand', () => domain.qemuMonitorCommand('{}', 0)],
  ])('%s is what the test driver does not know', async (_, call) => {
    expect(await rejection(call(domain))).toMatchObject({ code: NO_SUPPORT });
  });

  it('a disk has a size', async () => {
    const { capacity, physical } = await domain.blockInfo('vda', 0);
    expect([typeof capacity, capacity > 0n, physical > 0n]).toEqual(['bigint', true, true]);
    expect(await rejection(domain.blockInfo('vdz', 0))).toMatchObject({ code: INVALID_ARG });
  });
});

/** Source: libvirt, include/libvirt/libvirt-domain.h and virterror.h. */
const STATE = 1;
const RUNNING = 1;
const SHUT_OFF_ONLY = 64;
const NO_SUPPORT = 3;
const INVALID_ARG = 8;
const ARGUMENT_UNSUPPORTED = 74;
