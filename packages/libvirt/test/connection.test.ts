import { describe, expect, it } from 'vitest';
import { connect } from '../src/index.js';
import { rejection } from './support/rejection.js';
import { addon, domainXml, openTestHost } from './support/test-driver.js';

describe.skipIf(!addon.available)(`a connection ${addon.reason}`, () => {
  it('knows host and hypervisor', async () => {
    await using connection = await openTestHost();
    expect(await connection.uri()).toMatch(/^test:\/\/\/.*host\.xml$/);
    expect(await connection.hostname()).not.toBe('');
    expect(await connection.type()).toBe('TEST');
    expect(await connection.capabilities()).toMatch(/^<capabilities>/);
    expect(await connection.libvirtVersion()).toEqual({
      number: expect.any(Number),
      text: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
    expect(await connection.hypervisorVersion()).toEqual({ number: 2, text: '0.0.2' });
    expect(await connection.isAlive()).toBe(true);
    expect(await connection.isSecure()).toBe(true);
    expect(await connection.isEncrypted()).toBe(false);
  });

  it('finds domains by name, UUID and id', async () => {
    await using connection = await openTestHost();
    const byName = await connection.domainByName('test');
    expect(byName).toMatchObject({ name: 'test', id: 1, connection });
    expect(byName.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(await connection.domainByUuid(byName.uuid)).toMatchObject({ name: 'test' });
    expect(await connection.domainByUuid(byName.uuid.replaceAll('-', ''))).toMatchObject({ name: 'test' });
    expect(await connection.domainById(1)).toMatchObject({ uuid: byName.uuid });
  });

  it('says when there is none', async () => {
    await using connection = await openTestHost();
    const nobody = '00000000-0000-0000-0000-000000000001';
    for (const lookup of [
      () => connection.domainByName('nobody'),
      () => connection.domainByUuid(nobody),
      () => connection.domainById(77),
    ]) {
      expect(await rejection(lookup())).toMatchObject({
        code: 'NO_DOMAIN',
        errorNumber: 42,
        level: 'error',
        retryable: false,
      });
    }
    expect(await rejection(connection.domainByUuid('x'))).toMatchObject({ code: 'INVALID_ARG' });
    for (const id of [-1, 1.5, 2 ** 31, Number.NaN]) {
      expect(await rejection(connection.domainById(id))).toMatchObject({ code: 'INVALID_ARG' });
    }
  });

  it('lists domains, all or those of flags', async () => {
    await using connection = await openTestHost();
    const names = async (...flags: Parameters<typeof connection.domains>): Promise<string[]> =>
      (await connection.domains(...flags)).map(({ name }) => name).toSorted();
    await connection.defineDomain(domainXml('off'));
    expect(await names()).toEqual(['off', 'test']);
    expect(await names(['ACTIVE'])).toEqual(['test']);
    expect(await names(['INACTIVE', 'PERSISTENT'])).toEqual(['off']);
    expect(await names(['ACTIVE', 'INACTIVE', 'TRANSIENT'])).toEqual([]);
  });

  it('defines and starts domains', async () => {
    await using connection = await openTestHost();
    const defined = await connection.defineDomain(domainXml('one'), ['VALIDATE']);
    expect(defined).toMatchObject({ name: 'one', id: undefined });
    const started = await connection.createDomain(domainXml('two'), ['VALIDATE']);
    expect(await started.state()).toEqual({ state: 'running', reason: 'booted' });
    expect(await rejection(connection.defineDomain('<domain>'))).toMatchObject({ code: 'XML_DETAIL' });
    expect(await rejection(connection.createDomain(domainXml('two')))).toMatchObject({
      code: 'OPERATION_FAILED',
    });
  });

  it('tells statistics as typed parameters', async () => {
    await using connection = await openTestHost();
    const all = await connection.stats();
    expect(all.map(({ domain }) => domain.name)).toEqual(['test']);
    expect([...(all[0]?.params ?? [])]).toContainEqual({ name: 'state.state', type: 'int', value: 1 });
    await connection.defineDomain(domainXml('off'));
    const some = await connection.stats(['STATE'], ['INACTIVE', 'ENFORCE_STATS']);
    expect(some.map(({ domain, params }) => [domain.name, params.getInt('state.state')])).toEqual([
      ['off', 5],
    ]);
    expect(await rejection(connection.stats(['VCPU'], ['ENFORCE_STATS']))).toMatchObject({
      code: 'ARGUMENT_UNSUPPORTED',
    });
  });

  it('runs many calls at a time', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const calls = Array.from({ length: 500 }, () => domain.state());
    const states = new Set((await Promise.all(calls)).map(({ state }) => state));
    expect([...states]).toEqual(['running']);
  });

  it('is closed once, with all that came from it, and says so', async () => {
    const connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const pool = await connection.poolByName('default-pool');
    await Promise.all([connection.close(), connection.close()]);
    await connection.close();
    expect(connection.isClosed).toBe(true);
    expect(await connection.closed).toBe('client');
    for (const [call, what] of [
      [() => connection.uri(), 'connection'],
      [() => domain.state(), 'domain'],
      [() => pool.info(), 'pool'],
    ] as const) {
      const message = expect.stringContaining(what);
      expect(await rejection(call())).toMatchObject({ code: 'CLOSED', message });
    }
    expect([domain.name, pool.name]).toEqual(['test', 'default-pool']);
  });

  it('ends with its block', async () => {
    let kept: Awaited<ReturnType<typeof connect>>;
    {
      await using connection = await connect('test:///default');
      kept = connection;
    }
    expect(kept.isClosed).toBe(true);
  });

  it('lets calls in flight end', async () => {
    const connection = await openTestHost();
    const calls = Array.from({ length: 20 }, () => connection.capabilities());
    await connection.close();
    const outcomes = await Promise.allSettled(calls);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['fulfilled']));
  });

  it('does not take the place of another', async () => {
    await using one = await openTestHost();
    await using other = await openTestHost();
    await one.createDomain(domainXml('ones'));
    expect(await rejection(other.domainByName('ones'))).toMatchObject({ code: 'NO_DOMAIN' });
    await one.close();
    expect(await other.domains()).toHaveLength(1);
  });
});
