import { describe, expect, it } from 'vitest';
import type { EventStream } from '../src/index.js';
import { rejection } from './support/rejection.js';
import { addon, domainXml, openTestHost } from './support/test-driver.js';

describe.skipIf(!addon.available)(`events ${addon.reason}`, () => {
  it('of lifecycle are told in order, with their details', async () => {
    await using connection = await openTestHost();
    await using events = await connection.events('lifecycle');
    const domain = await connection.defineDomain(domainXml('one'));
    await domain.create();
    await domain.suspend();
    await domain.resume();
    await domain.destroy();
    await domain.undefine();
    const seen = await take(events, 6);
    expect(seen.map(({ event, detail }) => `${event} ${detail}`)).toEqual([
      'defined added',
      'started booted',
      'suspended paused',
      'resumed unpaused',
      'stopped destroyed',
      'undefined removed',
    ]);
    expect(seen[1]).toMatchObject({ kind: 'lifecycle', domain: { name: 'one', uuid: domain.uuid } });
    expect(seen[1]?.domain.id).toBeGreaterThan(0);
    expect(seen[5]?.domain.id).toBe(undefined);
  });

  it('may be those of one domain', async () => {
    await using connection = await openTestHost();
    const test = await connection.domainByName('test');
    const one = await connection.createDomain(domainXml('one'));
    await using events = await connection.events('lifecycle', { domain: one });
    await test.suspend();
    await one.suspend();
    await one.resume();
    const seen = await take(events, 2);
    expect(seen.map(({ domain, event }) => [domain.name, event])).toEqual([
      ['one', 'suspended'],
      ['one', 'resumed'],
    ]);
  });

  it('go to all who asked, until each has had enough', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    await using one = await connection.events('lifecycle');
    await using other = await connection.events('lifecycle');
    await domain.suspend();
    for await (const { event } of one) {
      expect(event).toBe('suspended');
      break;
    }
    await domain.resume();
    expect((await take(other, 2)).map(({ event }) => event)).toEqual(['suspended', 'resumed']);
    expect(await one.next()).toEqual({ done: true, value: undefined });
  });

  it('wait for a reader, all of them', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    await using events = await connection.events('lifecycle');
    for (let i = 0; i < 1000; i++) {
      await domain.suspend();
      await domain.resume();
    }
    const seen = await take(events, 2000);
    expect(seen.filter(({ event }, index) => event !== (index % 2 === 0 ? 'suspended' : 'resumed'))).toEqual(
      [],
    );
  });

  it('of each kind may be asked for', async () => {
    await using connection = await openTestHost();
    for (const kind of ['block-job', 'migration-iteration', 'job-completed', 'device-removed'] as const) {
      await using events = await connection.events(kind);
      await events.return?.();
      expect(await events.next()).toEqual({ done: true, value: undefined });
    }
    expect(await rejection(connection.events('weather' as 'lifecycle'))).toMatchObject({
      code: 'INVALID_ARG',
      message: expect.stringContaining('lifecycle'),
    });
    const foreign = await openTestHost();
    const domain = await foreign.domainByName('test');
    await foreign.close();
    for (const other of [domain, {} as typeof domain]) {
      const asked = connection.events('lifecycle', { domain: other });
      expect((await rejection(asked)).code).toMatch(/^(CLOSED|INVALID_ARG)$/);
    }
  });

  it('end when aborted, after what was there', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const abort = new AbortController();
    await using events = await connection.events('lifecycle', { signal: abort.signal });
    await domain.suspend();
    await using other = await connection.events('lifecycle');
    await domain.resume();
    for await (const { event } of other) if (event === 'resumed') break; // so all have been told
    const reason = new Error('enough');
    abort.abort(reason);
    expect((await take(events, 2)).map(({ event }) => event)).toEqual(['suspended', 'resumed']);
    expect(await rejection(events.next())).toMatchObject({ code: 'ABORTED', cause: reason });
    expect(await events.next()).toEqual({ done: true, value: undefined });

    const early = connection.events('lifecycle', { signal: AbortSignal.abort(reason) });
    expect(await rejection(early)).toMatchObject({ code: 'ABORTED', cause: reason });
  });

  it('end a read that waits when aborted', async () => {
    await using connection = await openTestHost();
    const abort = new AbortController();
    await using events = await connection.events('lifecycle', { signal: abort.signal });
    const next = events.next();
    abort.abort();
    expect(await rejection(next)).toMatchObject({ code: 'ABORTED' });
  });

  it('end with the connection, and cannot be had after that', async () => {
    const connection = await openTestHost();
    const events = await connection.events('lifecycle');
    const next = events.next();
    await connection.close();
    expect(await next).toEqual({ done: true, value: undefined });
    await events[Symbol.asyncDispose]();
    expect(await rejection(connection.events('lifecycle'))).toMatchObject({ code: 'CLOSED' });
  });

  it('do not come when the subscription has ended', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const events = await connection.events('lifecycle');
    await events[Symbol.asyncDispose]();
    await using other = await connection.events('lifecycle');
    await domain.suspend();
    await take(other, 1);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('can be subscribed to again and again', async () => {
    await using connection = await openTestHost();
    for (let i = 0; i < 200; i++) await (await connection.events('lifecycle')).return?.();
    await using events = await connection.events('lifecycle');
    await (await connection.domainByName('test')).suspend();
    expect(await take(events, 1)).toHaveLength(1);
  });
});

async function take<E>(events: EventStream<E>, count: number): Promise<E[]> {
  const taken: E[] = [];
  while (taken.length < count) {
    const { done, value } = await events.next();
    if (done === true) throw new Error(`the stream ended after ${taken.length} events`);
    taken.push(value);
  }
  return taken;
}
