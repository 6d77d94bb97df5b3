import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, open, rejection } from './support/libvirt.js';
import { domainXml, TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('a domain', () => {
  let node: TestNode;
  let connection: BindingConnection;
  let domain: BindingDomain;

  beforeAll(async () => {
    node = new TestNode();
    connection = await open(node.uri);
    domain = await connection.domainByName('first');
  });

  afterAll(async () => {
    await connection.close();
    await node[Symbol.asyncDispose]();
  });

  it('has a name, a uuid, and an id while it runs', () => {
    expect(domain.name).toBe('first');
    expect(domain.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(domain.id()).toBeGreaterThan(0);
  });

  it('is suspended, resumed, shut down, created and undefined', async () => {
    const other = await connection.defineDomain(domainXml('other'), 0);
    expect(await other.state()).toEqual({ state: SHUT_OFF, reason: 0 });
    await other.create(0);
    expect(await other.state()).toEqual({ state: RUNNING, reason: BOOTED });
    await other.suspend();
    expect(await other.state()).toEqual({ state: PAUSED, reason: BY_USER });
    await other.resume();
    expect(await other.state()).toMatchObject({ state: RUNNING });
    await other.shutdown(0);
    expect(await other.isActive()).toBe(false);
    await other.create(0);
    await other.destroy(0);
    expect(await other.isActive()).toBe(false);
    await other.undefine(0);
    expect(await rejection(connection.domainByName('other'))).toMatchObject({ code: NO_DOMAIN });
  });

  it('gives its description, and what it takes', async () => {
    expect(await domain.xml(0)).toContain(`<uuid>${domain.uuid}</uuid>`);
    const { state, maxMem, memory, vcpus, cpuTime } = await domain.info();
    expect({ state, maxMem, memory, vcpus }).toEqual({
      state: RUNNING,
      maxMem: 1024n,
      memory: 1024n,
      vcpus: 1,
    });
    expect(typeof cpuTime).toBe('bigint');
  });

  it.each<[string, (domain: BindingDomain) => Promise<unknown>]>([
    ['jobInfo', (domain) => domain.jobInfo()],
    ['jobStats', (domain) => domain.jobStats(0)],
    ['abortJob', (domain) => domain.abortJob(0)],
    ['migrateSetMaxSpeed', (domain) => domain.migrateSetMaxSpeed(1n, 0)],
    ['migrateMaxSpeed', (domain) => domain.migrateMaxSpeed(0)],
    ['migrateSetMaxDowntime', (domain) => domain.migrateSetMaxDowntime(1n, 0)],
    ['migrateMaxDowntime', (domain) => domain.migrateMaxDowntime(0)],
    ['migrate', (domain) => domain.migrate(connection, 0, null, null, 0n)],
    ['migrate2', (domain) => domain.migrate2(connection, null, 0, null, null, 0n)],
    ['migrate3', (domain) => domain.migrate3(connection, NO_PARAMS, 0)],
  ])('is asked for %s, which the test driver does not know', async (_, call) => {
    expect(await rejection(call(domain))).toMatchObject({ code: NO_SUPPORT });
  });

  it.each<[string, (domain: BindingDomain) => Promise<unknown>]>([
    ['migrateToUri', (domain) => domain.migrateToUri('test:///default', 0, null, 0n)],
    ['migrateToUri2', (domain) => domain.migrateToUri2('test:///default', null, null, 0, null, 0n)],
    ['migrateToUri3', (domain) => domain.migrateToUri3('test:///default', NO_PARAMS, 0)],
  ])('is asked for %s, with the arguments in their places', async (_, call) => {
    expect(await rejection(call(domain))).toMatchObject({
      code: ARGUMENT_UNSUPPORTED,
      str2: 'direct migration is not supported by the source host',
    });
  });
});

const NO_PARAMS = new Uint8Array(4);
/** Source: libvirt, include/libvirt/libvirt-domain.h and virterror.h. */
const RUNNING = 1;
const PAUSED = 3;
const SHUT_OFF = 5;
const BOOTED = 1;
const BY_USER = 1;
const NO_SUPPORT = 3;
const NO_DOMAIN = 42;
const ARGUMENT_UNSUPPORTED = 74;
