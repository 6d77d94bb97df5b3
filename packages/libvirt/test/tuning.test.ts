import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import type { Domain } from '../src/index.js';
import { rejection } from './support/rejection.js';
import { addon, openTestHost } from './support/test-driver.js';

describe.skipIf(!addon.available)(`typed parameters of a domain ${addon.reason}`, () => {
  it.each<[string, TypedParams, (domain: Domain) => Promise<TypedParams>, Setter]>([
    [
      'memory',
      new TypedParams().addULLong('hard_limit', 1_000_000n).addULLong('soft_limit', 999_999n),
      (domain) => domain.memoryParameters(['LIVE']),
      (domain, params) => domain.setMemoryParameters(params, ['LIVE']),
    ],
    [
      'NUMA',
      new TypedParams().addInt('numa_mode', 0).addString('numa_nodeset', '0-1'),
      (domain) => domain.numaParameters(['CONFIG']),
      (domain, params) => domain.setNumaParameters(params, ['CONFIG']),
    ],
    [
      'disk traffic',
      new TypedParams().addUInt('weight', 500).addString('device_weight', '/dev/null,300'),
      (domain) => domain.blkioParameters(),
      (domain, params) => domain.setBlkioParameters(params),
    ],
    [
      'a disk',
      new TypedParams().addULLong('read_iops_sec', 5n).addULLong('read_iops_sec_max', 2n ** 40n),
      (domain) => domain.blockIoTune('vda'),
      (domain, params) => domain.setBlockIoTune('vda', params),
    ],
  ])('of %s are read, changed, read', async (_, changes, read, set) => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const before = await read(domain);
    expect(before.size).toBeGreaterThan(1);
    await set(domain, changes);
    const after = await read(domain);
    for (const param of changes) expect([...after]).toContainEqual(param);
    expect(after.size).toBe(before.size);
  });

  it('are those of the scheduler', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    expect([...(await domain.schedulerParameters())]).toEqual([{ name: 'weight', type: 'uint', value: 50 }]);
    await domain.setSchedulerParameters(new TypedParams().addUInt('weight', 60));
  });

  it('are judged by libvirt', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const unknown = new TypedParams().addInt('nope', 1);
    expect(await rejection(domain.setMemoryParameters(unknown))).toMatchObject({
      code: 'ARGUMENT_UNSUPPORTED',
      message: "argument unsupported: parameter 'nope' not supported",
    });
    const wrong = new TypedParams().addInt('hard_limit', 1);
    expect(await rejection(domain.setMemoryParameters(wrong))).toMatchObject({ code: 'INVALID_ARG' });
    const none = domain.setMemoryParameters({} as TypedParams);
    expect(await rejection(none)).toMatchObject({ code: 'INVALID_ARG' });
  });

  it("are no more than go over libvirt's wire", async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const many = new TypedParams().addStringList('x', new Array(65).fill('y'));
    expect(await rejection(domain.setMemoryParameters(many))).toMatchObject({
      code: 'RPC',
      message: "too many parameters '65' for limit '64'",
    });
  });
});

type Setter = (domain: Domain, params: TypedParams) => Promise<void>;
