import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import type { Connection, Domain } from '../src/index.js';
import { rejection } from './support/rejection.js';
import { addon, domainXml, openTestHost } from './support/test-driver.js';

describe.skipIf(!addon.available)(`a domain ${addon.reason}`, () => {
  it('lives', async () => {
    await using connection = await openTestHost();
    const domain = await connection.defineDomain(domainXml('one'));
    expect(await domain.isActive()).toBe(false);
    expect(await domain.isPersistent()).toBe(true);
    expect(await domain.state()).toEqual({ state: 'shutoff', reason: 'unknown' });
    await domain.create();
    expect(await domain.state()).toEqual({ state: 'running', reason: 'booted' });
    await domain.suspend();
    expect(await domain.state()).toEqual({ state: 'paused', reason: 'user' });
    await domain.resume();
    expect(await domain.state()).toEqual({ state: 'running', reason: 'unpaused' });
    await domain.shutdown();
    expect(await domain.state()).toEqual({ state: 'shutoff', reason: 'shutdown' });
    await domain.create();
    await domain.destroy(['GRACEFUL']);
    expect(await domain.state()).toEqual({ state: 'shutoff', reason: 'destroyed' });
    await domain.undefine(['MANAGED_SAVE', 'SNAPSHOTS_METADATA']);
    expect(await rejection(domain.state())).toMatchObject({ code: 'NO_DOMAIN' });
    expect(await rejection(connection.domainByName('one'))).toMatchObject({ code: 'NO_DOMAIN' });
  });

  it('has an id while it runs, which an object knows as of its lookup', async () => {
    await using connection = await openTestHost();
    const domain = await connection.defineDomain(domainXml('one'));
    expect(domain.id).toBe(undefined);
    await domain.create();
    const again = await connection.domainByName('one');
    expect(again.id).toBeGreaterThan(0);
    expect(await connection.domainById(again.id ?? 0)).toMatchObject({ name: 'one' });
  });

  it('is what its description says', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const info = await domain.info();
    expect(info).toEqual({
      state: 'running',
      maxMem: 64 * 1024,
      memory: 32 * 1024,
      vcpus: 2,
      cpuTime: expect.any(BigInt),
    });
    expect(await domain.xml()).toContain(`<source file='/guest/test.img'/>`);
    expect(await domain.xml()).toContain(`id='1'`);
    expect(await domain.xml(['INACTIVE', 'SECURE'])).not.toContain(`id='1'`);
  });

  it('refuses what cannot be', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    expect(await rejection(domain.create())).toMatchObject({ code: 'INTERNAL_ERROR', domain: 'TEST' });
    expect(await rejection(domain.resume())).toMatchObject({
      code: 'INTERNAL_ERROR',
      message: expect.stringMatching(/^internal error: domain 'test' not paused$/i),
    });
  });

  it('is asked with the bits of the flags', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const refused = async (call: Promise<unknown>, bits: string): Promise<void> => {
      expect(await rejection(call)).toMatchObject({
        code: 'INVALID_ARG',
        message: expect.stringContaining(`unsupported flags (${bits})`),
      });
    };
    await refused(domain.create(['PAUSED', 'RESET_NVRAM']), '0x21');
    await refused(domain.shutdown(['SIGNAL', 'SIGNAL']), '0x8');
    await refused(domain.destroy(['REMOVE_LOGS']), '0x2');
    await refused(connection.createDomain(domainXml('two'), ['AUTODESTROY']), '0x2');
  });

  it('is let go of by itself, and goes on', async () => {
    await using connection = await openTestHost();
    {
      await using domain = await connection.domainByName('test');
      await domain.close();
      expect(await rejection(domain.state())).toMatchObject({
        code: 'CLOSED',
        message: 'This domain is closed: look it up again.',
      });
      expect([domain.name, domain.id]).toEqual(['test', undefined]);
    }
    expect(await (await connection.domainByName('test')).isActive()).toBe(true);
  });

  it('has the size of its disks', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const { capacity, allocation, physical } = await domain.blockInfo('vda');
    expect(capacity).toBeGreaterThan(0);
    expect([allocation, physical].every(Number.isSafeInteger)).toBe(true);
    expect(await rejection(domain.blockInfo('vdx'))).toMatchObject({ code: 'INVALID_ARG' });
  });
});

describe.skipIf(!addon.available)(`what the test driver cannot ${addon.reason}`, () => {
  it.each<[string, (domain: Domain, connection: Connection) => Promise<unknown>]>([
    ['virDomainMigrate', (domain, dest) => domain.migrate(dest, ['LIVE'], 'name', 'tcp://host', 3)],
    ['virDomainMigrate2', (domain, dest) => domain.migrate2(dest, null, ['LIVE'], null, null, 3)],
    ['virDomainMigrate3', (domain, dest) => domain.migrate3(dest, { bandwidth: 3n }, ['LIVE'])],
    ['virDomainMigrateSetMaxSpeed', (domain) => domain.migrateSetMaxSpeed(100)],
    ['virDomainMigrateGetMaxSpeed', (domain) => domain.migrateMaxSpeed(['POSTCOPY'])],
    ['virDomainMigrateSetMaxDowntime', (domain) => domain.migrateSetMaxDowntime(300)],
    ['virDomainMigrateGetMaxDowntime', (domain) => domain.migrateMaxDowntime()],
    ['virDomainGetJobInfo', (domain) => domain.jobInfo()],
    ['virDomainGetJobStats', (domain) => domain.jobStats(['COMPLETED', 'KEEP_COMPLETED'])],
    ['virDomainAbortJobFlags', (domain) => domain.abortJob(['POSTCOPY'])],
    ['virDomainGetBlockJobInfo', (domain) => domain.blockJobInfo('vda', ['BANDWIDTH_BYTES'])],
    ['virDomainBlockJobAbort', (domain) => domain.blockJobAbort('vda', ['ASYNC'])],
    ['virDomainBlockJobSetSpeed', (domain) => domain.blockJobSetSpeed('vda', 10, ['BANDWIDTH_BYTES'])],
    ['virDomainBackupBegin', (domain) => domain.backupBegin('<domainbackup/>', null, ['REUSE_EXTERNAL'])],
    ['virDomainBackupGetXMLDesc', (domain) => domain.backupXml()],
    ['virDomainQemuMonitorCommand', (domain) => domain.qemuMonitorCommand('info version', ['HMP'])],
  ])('%s', async (name, start) => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    expect(await rejection(start(domain, connection))).toMatchObject({
      code: 'NO_SUPPORT',
      message: `this function is not supported by the connection driver: ${name}`,
      str2: name,
    });
  });

  it.each<[string, (domain: Domain) => Promise<unknown>]>([
    ['direct', (domain) => domain.migrateToURI('test:///default', ['LIVE'], 'name', 3)],
    ['direct', (domain) => domain.migrateToURI2(null, 'tcp://host', null, ['LIVE'])],
    ['p2p', (domain) => domain.migrateToURI3('test:///default', {}, ['PEER2PEER'])],
  ])('%s migration', async (kind, start) => {
    await using connection = await openTestHost();
    expect(await rejection(start(await connection.domainByName('test')))).toMatchObject({
      code: 'ARGUMENT_UNSUPPORTED',
      message: `argument unsupported: ${kind} migration is not supported by the source host`,
    });
  });
});

describe.skipIf(!addon.available)(`arguments of migrations ${addon.reason}`, () => {
  const list = new TypedParams().addStringList('migrate_disks', ['vda', 'vdb']);

  it.each<[string, (domain: Domain, dest: Connection) => Promise<unknown>, object]>([
    [
      'flags that exclude each other',
      (domain, dest) => domain.migrate3(dest, {}, ['NON_SHARED_DISK', 'NON_SHARED_INC']),
      { code: 'INVALID_ARG', message: expect.stringContaining('mutually exclusive') },
    ],
    [
      'parameters that an old peer does not know, in a list',
      (domain, dest) => domain.migrate3(dest, list, ['LIVE']),
      { code: 'ARGUMENT_UNSUPPORTED', message: expect.stringContaining('extensible parameters') },
    ],
    [
      'and in an object',
      (domain, dest) => domain.migrate3(dest, { migrate_disks: ['vda'] }, ['LIVE']),
      { code: 'ARGUMENT_UNSUPPORTED', message: expect.stringContaining('extensible parameters') },
    ],
    [
      'a parameter that nobody knows',
      (domain, dest) => domain.migrate3(dest, { migrate_disk: 'vda' } as object, ['LIVE']),
      {
        code: 'ARGUMENT_UNSUPPORTED',
        message: "argument unsupported: parameter 'migrate_disk' not supported",
        cause: { name: 'TypedParamsError' },
      },
    ],
    ['no parameters', (domain) => domain.migrateToURI3(null, undefined as never, []), INVALID],
    ['a flag that does not exist', (domain, dest) => domain.migrate(dest, ['LIFE' as 'LIVE']), INVALID],
    ['a flag that is no list', (domain, dest) => domain.migrate(dest, 'LIVE' as never), INVALID],
    ['a negative bandwidth', (domain, dest) => domain.migrate(dest, [], null, null, -1), INVALID],
    ['half a bandwidth', (domain, dest) => domain.migrate2(dest, null, [], null, null, 0.5), INVALID],
    ['no bandwidth', (domain) => domain.migrateToURI('x', [], null, Number.NaN), INVALID],
    ['an endless one', (domain) => domain.migrateToURI2('x', null, null, [], null, Infinity), INVALID],
    ['a destination that is none', (domain) => domain.migrate3({} as Connection, {}, []), INVALID],
    ['a URI that is none', (domain) => domain.migrateToURI(3 as never, []), INVALID],
  ])('are checked: %s', async (_, start, expected) => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    expect(await rejection(start(domain, connection))).toMatchObject(expected);
  });

  it('are checked: a destination that is closed', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const closed = await openTestHost();
    await closed.close();
    expect(await rejection(domain.migrate3(closed, {}, ['LIVE']))).toMatchObject({
      code: 'CLOSED',
      message: 'This connection is closed: connect again.',
    });
  });
});

const INVALID = { code: 'INVALID_ARG', message: expect.stringMatching(/^invalid argument: /) };
