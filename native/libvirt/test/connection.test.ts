import { describe, expect, it } from 'vitest';
import { addon, isBuilt, open, rejection } from './support/libvirt.js';
import { domainXml, TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('a connection', () => {
  it('tells what it leads to', async () => {
    const connection = await open();
    expect(await connection.uri()).toBe('test:///default');
    expect(await connection.type()).toBe('TEST');
    expect(await connection.hostname()).not.toBe('');
    expect(await connection.capabilities()).toContain('<capabilities>');
    expect(await connection.libraryVersion()).toBe(addon().version());
    expect(await connection.hypervisorVersion()).toBe(2);
    expect(await connection.isAlive()).toBe(true);
    expect(await connection.isSecure()).toBe(true);
    expect(await connection.isEncrypted()).toBe(false);
    await connection.close();
  });

  it('is of libvirt 6 or later', () => {
    expect(addon().version()).toBeGreaterThanOrEqual(6_000_000);
  });

  it('finds a domain by name, uuid and id, and lists those that the flags ask for', async () => {
    const connection = await open();
    const byName = await connection.domainByName('test');
    const byUuid = await connection.domainByUuid(byName.uuid);
    const byId = await connection.domainById(byName.id());
    expect([byUuid.name, byId.name]).toEqual(['test', 'test']);
    const [active, inactive] = await Promise.all([connection.domains(ACTIVE), connection.domains(INACTIVE)]);
    expect(active.map(({ name }) => name)).toContain('test');
    expect(inactive).toEqual([]);
    await connection.close();
  });

  it('defines domains, and creates ones that are gone when they end', async () => {
    await using node = new TestNode();
    const connection = await open(node.uri);
    const defined = await connection.defineDomain(domainXml('defined'), 0);
    const created = await connection.createDomain(domainXml('created'), 0);
    expect(await Promise.all([defined.isActive(), defined.isPersistent()])).toEqual([false, true]);
    expect(await Promise.all([created.isActive(), created.isPersistent()])).toEqual([true, false]);
    expect(defined.id()).toBe(-1);
    await created.destroy(0);
    expect(await rejection(connection.domainByName('created'))).toMatchObject({ code: NO_DOMAIN });
    await connection.close();
  });

  it('that is read only refuses what changes something', async () => {
    await using node = new TestNode();
    const connection = await addon().connect(node.uri, { readOnly: true, credentialTypes: [] });
    const domain = await connection.domainByName('first');
    expect(await domain.isActive()).toBe(true);
    expect(await rejection(domain.suspend())).toMatchObject({ code: OPERATION_DENIED });
    await connection.close();
  });

  it('gives errors as data, with the numbers of libvirt', async () => {
    const connection = await open();
    const failure = await rejection(connection.domainByName('nobody'));
    expect(failure).toEqual({
      code: NO_DOMAIN,
      domain: FROM_TEST,
      level: LEVEL_ERROR,
      message: 'Domain not found',
      str1: 'Domain not found',
      int1: -1,
      int2: -1,
    });
    expect(await rejection(connection.setKeepAlive(5, 3))).toMatchObject({ code: NO_SUPPORT });
    expect(await rejection(open('test:///nowhere/to/be/found.xml'))).toMatchObject({ level: LEVEL_ERROR });
    await connection.close();
  });

  it('keeps errors of calls apart that fail at the same time', async () => {
    const connection = await open();
    const names = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 'nobody' : 'test'));
    const results = await Promise.allSettled(names.map((name) => connection.domainByName(name)));
    expect(results.map(({ status }) => status)).toEqual(
      names.map((name) => (name === 'test' ? 'fulfilled' : 'rejected')),
    );
    await connection.close();
  });

  it('takes a listener for its loss where the driver cannot lose a peer', async () => {
    const connection = await open();
    const reasons: number[] = [];
    connection.onClose((reason) => reasons.push(reason));
    await connection.close();
    expect(reasons).toEqual([]);
  });
});

/** Source: libvirt, include/libvirt/libvirt-domain.h and virterror.h. */
const ACTIVE = 1;
const INACTIVE = 2;
const NO_SUPPORT = 3;
const OPERATION_DENIED = 29;
const NO_DOMAIN = 42;
const FROM_TEST = 12;
const LEVEL_ERROR = 2;
