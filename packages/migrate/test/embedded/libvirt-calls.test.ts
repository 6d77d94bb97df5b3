import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import type { EmbeddedDomain, EmbeddedHost, MigrateFlag, MigrateParamsRecord } from '../../src/index.js';
import { DISKS, EmbeddedPair, isOld } from '../support/embedded-pair.js';

const LIVE: readonly MigrateFlag[] = ['LIVE'];
const COPY: readonly MigrateFlag[] = ['LIVE', 'NON_SHARED_DISK'];

type Call = (domain: EmbeddedDomain, dest: EmbeddedHost, flags: readonly MigrateFlag[]) => Promise<void>;

const CALLS: readonly [string, Call][] = [
  ['migrate', (domain, dest, flags) => domain.migrate(dest, flags)],
  ['migrate2', (domain, dest, flags) => domain.migrate2(dest, undefined, flags)],
  ['migrate3', (domain, dest, flags) => domain.migrate3(dest, {}, flags)],
];

describe.each(CALLS)('%s', (_, call) => {
  it('copies every disk with NON_SHARED_DISK', async () => {
    await using pair = await EmbeddedPair.create();
    await call(pair.domain, pair.b, COPY);
    expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
    expect(await pair.damaged(['vda', 'vdb', 'vdc'])).toEqual([]);
  });

  it('copies none without, where the caller takes the risk', async () => {
    await using pair = await EmbeddedPair.create({ writeRate: 0 });
    await call(pair.domain, pair.b, [...LIVE, 'UNSAFE']);
    expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
    await pair.domain.close();
    for (const { name } of DISKS) expect(await isOld(pair.b, name)).toBe(true);
  });

  it('is refused without, where writable disks would stay behind', async () => {
    await using pair = await EmbeddedPair.create();
    const refused = call(pair.domain, pair.b, LIVE);
    await expect(refused).rejects.toMatchObject({
      code: 'MIGRATE_UNSAFE',
      message: 'Unsafe migration: Migration without shared storage is unsafe',
      problems: DISKS.map(({ name }) => ({ code: 'DISK_LEFT_BEHIND', disk: name })),
    });
    await pair.expectUntouchedSource();
  });
});

describe('migrate3', () => {
  it.each<[string, TypedParams | MigrateParamsRecord]>([
    ['a record', { migrate_disks: ['vda', 'vdb'], bandwidth: 1024n }],
    ['typed parameters', new TypedParams().addStringList('migrate_disks', ['vda', 'vdb'])],
  ])('copies exactly migrate_disks, from %s', async (_, params) => {
    await using pair = await EmbeddedPair.create();
    await pair.domain.migrate3(pair.b, params, [...COPY, 'UNSAFE']);
    expect(await pair.damaged()).toEqual([]);
    await pair.domain.close();
    expect(await isOld(pair.b, 'vdc')).toBe(true);
  });

  it("refuses migrate_disks without a storage flag, in libvirt's words", async () => {
    await using pair = await EmbeddedPair.create();
    const words =
      "Operation not supported: use of 'VIR_MIGRATE_PARAM_MIGRATE_DISKS' requires use of 'VIR_MIGRATE_NON_SHARED_DISK' or 'VIR_MIGRATE_NON_SHARED_INC' flag";
    const params = new TypedParams().addString('migrate_disks', 'vda');
    for (const refused of [
      () => pair.domain.migrate3(pair.b, { migrate_disks: ['vda'] }, LIVE),
      () => pair.domain.migrate3(pair.b, params, LIVE),
      () => pair.domain.migrateToURI3('qmp+unix:///nowhere', params, LIVE),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: 'OPERATION_UNSUPPORTED', message: words });
    }
    await pair.expectUntouchedSource();
  });

  it("refuses a disk that is not there, in libvirt's words and with what there is", async () => {
    await using pair = await EmbeddedPair.create();
    const refused = pair.domain.migrate3(pair.b, { migrate_disks: ['vda', 'vdz'] }, [...COPY, 'UNSAFE']);
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_ARG',
      message: 'invalid argument: disk target vdz not found',
      disk: 'vdz',
      problems: [{ code: 'DISK_NOT_FOUND', message: expect.stringContaining('vda, vdb, vdc') }],
    });
    await pair.expectUntouchedSource();
  });

  it('refuses parameters and flags that need libvirt, every one by name', async () => {
    await using pair = await EmbeddedPair.create();
    const params = { destination_name: 'other', migrate_disks: ['vda'] };
    const refused = pair.domain.migrate3(pair.b, params, [...COPY, 'UNSAFE', 'PERSIST_DEST']);
    await expect(refused).rejects.toMatchObject({
      code: 'REFUSED',
      problems: [
        { code: 'ARGUMENT_UNSUPPORTED', message: expect.stringContaining('destination_name') },
        { code: 'ARGUMENT_UNSUPPORTED', message: expect.stringContaining('PERSIST_DEST') },
      ],
    });
    await pair.expectUntouchedSource();
  });
});

describe('the calls that take a URI', () => {
  const calls: readonly [string, (domain: EmbeddedDomain, uri: string) => Promise<void>][] = [
    ['migrateToURI', (domain, uri) => domain.migrateToURI(uri, COPY)],
    ['migrateToURI2', (domain, uri) => domain.migrateToURI2(uri, undefined, undefined, COPY)],
    ['migrateToURI3', (domain, uri) => domain.migrateToURI3(uri, {}, COPY)],
  ];

  it.each(calls)('%s says so where the URI is of no host that it knows', async (_, call) => {
    await using pair = await EmbeddedPair.create();
    await expect(call(pair.domain, pair.b.uri)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await pair.expectUntouchedSource();
  });

  it.each<[string, (domain: EmbeddedDomain) => Promise<void>]>([
    ['duri in virDomainMigrateToURI', (domain) => domain.migrateToURI(null, COPY)],
    ['dconnuri in virDomainMigrateToURI2', (domain) => domain.migrateToURI2(null, null, null, COPY)],
    ['dconnuri in virDomainMigrateToURI3', (domain) => domain.migrateToURI3(undefined, {}, COPY)],
  ])('need one: %s', async (what, call) => {
    await using pair = await EmbeddedPair.create();
    await expect(call(pair.domain)).rejects.toMatchObject({
      code: 'INVALID_ARG',
      message: `${what} must not be NULL`,
    });
  });
});
