import { LibvirtPair, requires } from '@blockferry/lab';
import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import { TypedParams } from '@blockferry/typed-params';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, open, rejection } from './support/libvirt.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available || !isBuilt)(`a guest ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let source: BindingConnection;
  let destination: BindingConnection;
  /** Where it runs now. */
  let domain: BindingDomain;

  beforeAll(async () => {
    pair = await LibvirtPair.start({ disks: DISKS, isBooted: false });
    [source, destination] = await Promise.all([open(pair.source.uri), open(pair.destination.uri)]);
    domain = await source.domainByName(pair.domain);
  });

  afterAll(async () => {
    await Promise.all([source?.close(), destination?.close()]);
    await pair?.[Symbol.asyncDispose]();
  });

  it('has no job, and limits of its migration that are set and read', async () => {
    expect(await domain.jobInfo()).toMatchObject({ type: NO_JOB, dataTotal: 0n });
    expect(await domain.jobStats(0)).toMatchObject({ type: NO_JOB });
    expect(await rejection(domain.abortJob(0))).toMatchObject({ code: OPERATION_INVALID });
    await domain.migrateSetMaxSpeed(123n, 0);
    expect(await domain.migrateMaxSpeed(0)).toBe(123n);
    await domain.migrateSetMaxDowntime(456n, 0);
    expect(await domain.migrateMaxDowntime(0)).toBe(456n);
  });

  it('stays where libvirt refuses what the parameters say', async () => {
    const params = new TypedParams().addStringList('migrate_disks', ['vda', 'vdx']).toXdr();
    expect(await rejection(domain.migrate3(destination, params, FLAGS))).toMatchObject({
      code: INVALID_ARG,
      message: 'invalid argument: disk target vdx not found',
    });
    expect(await domain.isActive()).toBe(true);
  });

  it('stays when its migration is aborted, of which the job tells meanwhile', async () => {
    const params = new TypedParams().addULLong('bandwidth', 1n).toXdr();
    const migration = rejection(domain.migrate3(destination, params, FLAGS));
    const stats = await job(domain);
    expect(stats.getInt('operation')).toBe(MIGRATION_OUT);
    expect(stats.getULLong('time_elapsed')).toBeTypeOf('bigint');
    await domain.abortJob(0);
    expect(await migration).toMatchObject({ level: LEVEL_ERROR });
    expect(await domain.isActive()).toBe(true);
    expect(await destination.domains(0)).toEqual([]);
  });

  it.each<[string, () => Promise<BindingDomain>]>([
    [
      'migrate3',
      () => {
        const params = new TypedParams().addStringList('migrate_disks', ['vda']).toXdr();
        return domain.migrate3(destination, params, FLAGS);
      },
    ],
    ['migrate2', () => domain.migrate2(destination, null, FLAGS, null, null, 0n)],
    ['migrate', () => domain.migrate(destination, FLAGS, null, null, 0n)],
  ])('goes by %s, and comes back by the call to a URI', async (name, there) => {
    const { uuid } = domain;
    const arrived = await there();
    expect({ uuid: arrived.uuid, active: await arrived.isActive() }).toEqual({ uuid, active: true });
    expect(await rejection(source.domainByName(pair.domain))).toMatchObject({ code: NO_DOMAIN });
    await BACK[name as keyof typeof BACK](arrived, pair.source.uri);
    domain = await source.domainByUuid(uuid);
    expect(await domain.isActive()).toBe(true);
    expect(await destination.domains(0)).toEqual([]);
  });
});

/** The statistics of the job that runs, once there is one. */
async function job(domain: BindingDomain): Promise<TypedParams> {
  for (;;) {
    const { type, params } = await domain.jobStats(0);
    if (type !== NO_JOB) return TypedParams.fromXdr(params);
  }
}

const DISKS = [{ name: 'vda', sizeMiB: 16, filledMiB: 8, rateKiB: 0 }];

/** Source: libvirt, include/libvirt/libvirt-domain.h and virterror.h. */
const LIVE = 1;
const PEER2PEER = 2;
const NON_SHARED_DISK = 64;
const FLAGS = LIVE | NON_SHARED_DISK;
const NO_JOB = 0;
const MIGRATION_OUT = 5;
const LEVEL_ERROR = 2;
const INVALID_ARG = 8;
const NO_DOMAIN = 42;
const OPERATION_INVALID = 55;

const BACK = {
  migrate3: (domain: BindingDomain, uri: string) =>
    domain.migrateToUri3(uri, new TypedParams().addULLong('bandwidth', 0n).toXdr(), FLAGS | PEER2PEER),
  migrate2: (domain: BindingDomain, uri: string) =>
    domain.migrateToUri2(uri, null, null, FLAGS | PEER2PEER, null, 0n),
  migrate: (domain: BindingDomain, uri: string) => domain.migrateToUri(uri, FLAGS | PEER2PEER, null, 0n),
};
