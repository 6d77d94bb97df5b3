import { fileURLToPath } from 'node:url';
import { run } from '@blockferry/lab';
import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectGarbageUntil } from './support/garbage.js';
import { Heard } from './support/heard.js';
import { isBuilt, open, rejection } from './support/libvirt.js';
import { domainXml, TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('events of domains', () => {
  let node: TestNode;
  let connection: BindingConnection;
  let first: BindingDomain;
  let second: BindingDomain;

  beforeAll(async () => {
    node = new TestNode();
    connection = await open(node.uri);
    [first, second] = (await Promise.all(
      ['first', 'second'].map((name) => connection.domainByName(name)),
    )) as [BindingDomain, BindingDomain];
  });

  afterAll(async () => {
    await connection.close();
    await node[Symbol.asyncDispose]();
  });

  it('are told in order, with the domain as it was', async () => {
    await using heard = await Heard.of(connection, LIFECYCLE);
    const other = await connection.createDomain(domainXml('other'), 0);
    const id = other.id();
    await other.suspend();
    await other.resume();
    await other.destroy(0);
    const domain = { name: 'other', uuid: other.uuid };
    expect(await heard.until(4)).toEqual([
      { domain: { ...domain, id }, event: STARTED, detail: 0 },
      { domain: { ...domain, id }, event: SUSPENDED, detail: 0 },
      { domain: { ...domain, id }, event: RESUMED, detail: 0 },
      { domain: { ...domain, id: expect.any(Number) }, event: STOPPED, detail: DESTROYED },
    ]);
  });

  it('are told of one domain, if so asked', async () => {
    await using all = await Heard.of(connection, LIFECYCLE);
    await using heard = await Heard.of(connection, LIFECYCLE, second);
    await first.suspend();
    await second.suspend();
    await first.resume();
    await second.resume();
    expect((await all.until(4)).map(({ domain: { name } }) => name)).toEqual([
      'first',
      'second',
      'first',
      'second',
    ]);
    expect((await heard.until(2)).map(({ domain: { name } }) => name)).toEqual(['second', 'second']);
  });

  it('end with their subscription, while others go on', async () => {
    await using others = await Heard.of(connection, LIFECYCLE);
    const heard = await Heard.of(connection, LIFECYCLE);
    await heard[Symbol.asyncDispose]();
    await first.suspend();
    await first.resume();
    await others.until(2);
    expect(heard.events).toEqual([]);
    await connection.offDomainEvent(heard.id);
    await connection.offDomainEvent(2 ** 31 - 1);
  });

  it('that are on their way are not told after the subscription’s end, nor after the connection’s', async () => {
    const another = await open(node.uri);
    const domain = await another.domainByName('first');
    const ends = [(heard: AsyncDisposable) => heard[Symbol.asyncDispose](), () => another.close()];
    for (const end of ends) {
      const heard = await Heard.of(another, LIFECYCLE);
      const changed = domain.suspend().then(() => domain.resume());
      const ended = end(heard);
      heard.events.length = 0;
      await Promise.allSettled([changed, ended]);
      await new Promise(setImmediate);
      expect(heard.events).toEqual([]);
    }
    expect(await rejection(another.onDomainEvent(LIFECYCLE, null, () => undefined))).toEqual({
      closed: 'connection',
    });
    expect(await rejection(another.offDomainEvent(1))).toEqual({ closed: 'connection' });
  });

  it('have kinds, of which others are refused', async () => {
    for (const kind of [DEVICE_REMOVED, BLOCK_JOB_2, MIGRATION_ITERATION, JOB_COMPLETED] as const) {
      await connection.offDomainEvent(await connection.onDomainEvent(kind, null, () => undefined));
    }
    expect(() => connection.onDomainEvent(1 as never, null, () => undefined)).toThrow(
      new RangeError('expected one of 0, 15, 16, 20 and 21 for event but received 1'),
    );
    expect(() => connection.onDomainEvent(LIFECYCLE, {} as never, () => undefined)).toThrow(TypeError);
    expect(() => connection.onDomainEvent(LIFECYCLE, null, 'me' as never)).toThrow(TypeError);
    const closed = await connection.domainByName('first');
    closed.close();
    expect(await rejection(connection.onDomainEvent(LIFECYCLE, closed, () => undefined))).toEqual({
      closed: 'domain',
    });
  });

  it('of a domain of another connection are refused', async () => {
    const another = await open(node.uri);
    const foreign = await another.domainByName('first');
    expect(() => connection.onDomainEvent(LIFECYCLE, foreign, () => undefined)).toThrow(
      new TypeError('expected a domain of the same connection for domain'),
    );
    await another.close();
  });

  it('keep neither their callback nor the connection once they are garbage', async () => {
    const objects = await forgotten(node.uri);
    await collectGarbageUntil(Promise.all(objects.map(gone)));
  });

  it('that make a callback throw are uncaught exceptions, as those of an event emitter', async () => {
    const { stdout } = await run(process.execPath, [fixture('throwing-listener'), node.uri]);
    expect(stdout).toBe('no 1\nno 2\n');
  });

  it('do not keep Node alive', async () => {
    const { stdout } = await run(process.execPath, [fixture('subscribed'), node.uri]);
    expect(stdout).toBe('subscribed\n');
  });
});

async function forgotten(uri: string): Promise<WeakRef<object>[]> {
  const connection = await open(uri);
  const callback = () => undefined;
  await connection.onDomainEvent(LIFECYCLE, null, callback);
  return [new WeakRef(connection), new WeakRef(callback)];
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}.mjs`, import.meta.url));
}

async function gone(object: WeakRef<object>): Promise<void> {
  while (object.deref() !== undefined) await new Promise(setImmediate);
}

/** Source: libvirt, include/libvirt/libvirt-domain.h and virterror.h. */
const LIFECYCLE = 0;
const DEVICE_REMOVED = 15;
const BLOCK_JOB_2 = 16;
const MIGRATION_ITERATION = 20;
const JOB_COMPLETED = 21;
const STARTED = 2;
const SUSPENDED = 3;
const RESUMED = 4;
const STOPPED = 5;
const DESTROYED = 1;
