import { describe, expect, it } from 'vitest';
import { collectGarbage, collectGarbageUntil } from './support/garbage.js';
import { isBuilt, open, rejection, testDomain } from './support/libvirt.js';
import { TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('closing', () => {
  it('a connection closes what came from it, and may be done twice', async () => {
    const connection = await open();
    const domain = await testDomain(connection);
    await Promise.all([connection.close(), connection.close()]);
    await connection.close();
    expect([connection.isClosed, domain.isClosed]).toEqual([true, true]);
    expect(await rejection(connection.uri())).toEqual({ closed: 'connection' });
    expect(await rejection(connection.domains(0))).toEqual({ closed: 'connection' });
    expect(await rejection(domain.state())).toEqual({ closed: 'domain' });
    expect([domain.name, domain.uuid.length, domain.id()]).toEqual(['test', 36, -1]);
    domain.close();
  });

  it('a domain leaves its connection and other objects of the same domain open', async () => {
    const connection = await open();
    const [domain, other] = [await testDomain(connection), await testDomain(connection)];
    domain.close();
    domain.close();
    expect(domain.isClosed).toBe(true);
    expect(await rejection(domain.info())).toEqual({ closed: 'domain' });
    expect(await other.isActive()).toBe(true);
    await connection.close();
  });

  it('does not disturb calls in flight, whose objects are closed from the start', async () => {
    const connection = await open();
    const domain = await testDomain(connection);
    const state = domain.state();
    const lookup = connection.domainByName('test');
    const list = connection.domains(0);
    await connection.close();
    expect((await state).state).toBe(RUNNING);
    const late = await lookup;
    expect([late.name, late.isClosed]).toEqual(['test', true]);
    expect((await list).map(({ isClosed }) => isClosed)).toEqual([true]);
    expect(await rejection(late.state())).toEqual({ closed: 'domain' });
  });

  it('a destination leaves no domain to migrate to', async () => {
    const [source, destination] = await Promise.all([open(), open()]);
    const domain = await testDomain(source);
    await destination.close();
    const params = new Uint8Array(4);
    expect(await rejection(domain.migrate3(destination, params, 0))).toEqual({ closed: 'connection' });
    await source.close();
  });

  it('happens to objects that are garbage; a domain in use keeps its connection', async () => {
    await using node = new TestNode();
    const forgotten = await forget(node);
    let domain: Awaited<ReturnType<typeof onlyDomain>> | undefined = await onlyDomain(node);
    await collectGarbage();
    expect(await domain.isActive()).toBe(true);
    const gone = new WeakRef(domain);
    domain = undefined;
    await collectGarbageUntil(allGone([...forgotten, gone]));
  });

  it('ends with the calls of a connection that is garbage', async () => {
    const states = Array.from({ length: 50 }, async () => (await testDomain(await open())).state());
    const all = Promise.all(states);
    expect((await collectGarbageUntil(all)).every(({ state }) => state === RUNNING)).toBe(true);
  });
});

async function forget(node: TestNode): Promise<WeakRef<object>[]> {
  const connection = await open(node.uri);
  const domains = await connection.domains(0);
  connection.onClose(() => undefined);
  return [connection, ...domains].map((object) => new WeakRef(object));
}

async function onlyDomain(node: TestNode) {
  return await (await open(node.uri)).domainByName('first');
}

async function allGone(objects: readonly WeakRef<object>[]): Promise<void> {
  while (objects.some((object) => object.deref() !== undefined)) await new Promise(setImmediate);
}

/** Source: libvirt, include/libvirt/libvirt-domain.h. */
const RUNNING = 1;
