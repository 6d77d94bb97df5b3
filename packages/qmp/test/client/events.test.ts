import { describe, expect, it } from 'vitest';
import { connectQmp, isEvent, type QmpEvent } from '../../src/index.js';
import { event, FakeMonitor } from '../support/fake-monitor.js';

/** A monitor that sends the events named in a command's arguments, and then its answer. */
function startTalkative(): Promise<FakeMonitor> {
  return FakeMonitor.start((command, monitor) => {
    const names = (command.arguments?.['events'] ?? []) as string[];
    monitor.sendAll(...names.map((name) => event(name, { of: command.id })), { return: {}, id: command.id });
  });
}

describe('on', () => {
  it('hears events in order, ahead of the answer that follows, with the time of arrival', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const heard: QmpEvent[] = [];
    client.on((event) => heard.push(event));
    const before = performance.now();
    await client.execute('go', { events: ['STOP', 'RESUME'] });
    expect(heard.map((event) => event.event)).toEqual(['STOP', 'RESUME']);
    expect(heard[0]).toMatchObject({ data: { of: 2 }, timestamp: { seconds: 1, microseconds: 2 } });
    expect(heard.every(({ at }) => at >= before && at <= performance.now())).toBe(true);
  });

  it('hears nothing after unsubscribing, not even the rest of the same read', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const heard: string[] = [];
    const stop = client.on(({ event }) => {
      heard.push(event);
      stop();
    });
    await client.execute('go', { events: ['STOP', 'RESUME'] });
    expect(heard).toEqual(['STOP']);
  });

  it('hears nothing of the event during which another listener unsubscribed it', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    let heard = false;
    client.on(() => stopOther());
    const stopOther = client.on(() => {
      heard = true;
    });
    await client.execute('go', { events: ['STOP'] });
    expect(heard).toBe(false);
  });

  it('keeps the same function apart from itself', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    let count = 0;
    const listener = (): void => {
      count++;
    };
    const stop = client.on(listener);
    client.on(listener);
    await client.execute('go', { events: ['STOP'] });
    expect(count).toBe(2);
    stop();
    await client.execute('go', { events: ['STOP'] });
    expect(count).toBe(3);
  });

  it('from the start of the connection misses nothing that comes with the negotiation', async () => {
    const negotiated = '{"return": {}, "id": 1}';
    const stopped = JSON.stringify(event('STOP'));
    const greeting = '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 9}}}}';
    await using monitor = await FakeMonitor.start(() => {}, `${greeting}\n${negotiated}\n${stopped}\n`);
    const heard: string[] = [];
    await using client = await connectQmp(monitor.uri, { onEvent: ({ event }) => heard.push(event) });
    expect(heard).toEqual(['STOP']);
    expect(client.greeting.version.qemu.major).toBe(9);
  });
});

describe('waitForEvent', () => {
  it('finds an event that comes ahead of the answer', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const stopped = client.waitForEvent((event) => isEvent(event, 'STOP'));
    await client.execute('go', { events: ['RESUME', 'STOP'] });
    expect((await stopped).event).toBe('STOP');
  });

  it('does not see what came before it', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    await client.execute('go', { events: ['STOP'] });
    const stopped = client.waitForEvent((event) => event.event === 'STOP');
    await client.execute('go', { events: ['STOP'] });
    expect((await stopped).data).toEqual({ of: 3 });
  });

  it('gives up at its deadline', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const never = client.waitForEvent(() => false, { timeoutMs: 1 });
    await expect(never).rejects.toMatchObject({ code: 'QMP_TIMEOUT' });
  });

  it('gives up with its signal', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const controller = new AbortController();
    const never = client.waitForEvent(() => false, { signal: controller.signal });
    controller.abort('enough');
    await expect(never).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    const late = client.waitForEvent(() => true, { signal: AbortSignal.abort() });
    await expect(late).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('rejects with what its predicate throws, and nobody else notices', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const broken = client.waitForEvent(() => {
      throw new RangeError('mine');
    });
    expect(await client.execute('go', { events: ['STOP'] })).toEqual({});
    await expect(broken).rejects.toThrow('mine');
  });

  it('ends with the connection, before or after', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const early = client.waitForEvent(() => true);
    monitor.die();
    await expect(early).rejects.toMatchObject({ code: 'QMP_CLOSED' });
    await expect(client.waitForEvent(() => true)).rejects.toMatchObject({ code: 'QMP_CLOSED' });
  });
});

describe('events', () => {
  it('yields what passes the filter, from the call on', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const stream = client.events(({ event }) => event !== 'RESUME');
    await client.execute('go', { events: ['STOP', 'RESUME', 'SHUTDOWN'] });
    expect(await names(stream, 2)).toEqual(['STOP', 'SHUTDOWN']);
  });

  it('wakes a reader that waits already, and more than one', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const stream = client.events();
    const reads = [stream.next(), stream.next()];
    await client.execute('go', { events: ['STOP', 'RESUME'] });
    expect((await Promise.all(reads)).map((read) => read.value?.event)).toEqual(['STOP', 'RESUME']);
  });

  it('is done when this side closes, after what was queued', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const stream = client.events();
    await client.execute('go', { events: ['STOP'] });
    await client.close();
    expect(await names(stream, 9)).toEqual(['STOP']);
  });

  it('throws when the connection breaks, after what was queued', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const stream = client.events();
    await client.execute('go', { events: ['STOP'] });
    monitor.die();
    await client.closed;
    expect((await stream.next()).value).toMatchObject({ event: 'STOP' });
    await expect(stream.next()).rejects.toMatchObject({ code: 'QMP_CLOSED' });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('tells a reader that is too slow what it missed, and holds no more than it may', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const stream = client.events(undefined, { capacity: 2 });
    await client.execute('go', { events: ['STOP', 'RESUME', 'SHUTDOWN', 'RESET'] });
    expect((await stream.next()).value).toMatchObject({ event: 'STOP' });
    expect((await stream.next()).value).toMatchObject({ event: 'RESUME' });
    const lost = { code: 'QMP_EVENTS_LOST', message: expect.stringContaining('SHUTDOWN') };
    await expect(stream.next()).rejects.toMatchObject(lost);
  });

  it('throws at once when the connection is gone already', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    await client.close();
    await expect(client.events().next()).rejects.toMatchObject({ code: 'QMP_CLOSED' });
  });

  it('throws what its filter throws, and nobody else notices', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const stream = client.events(() => {
      throw new RangeError('mine');
    });
    expect(await client.execute('go', { events: ['STOP'] })).toEqual({});
    await expect(stream.next()).rejects.toThrow('mine');
  });

  it('ends with its signal', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const controller = new AbortController();
    const read = client.events(undefined, { signal: controller.signal }).next();
    controller.abort('enough');
    await expect(read).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    const late = client.events(undefined, { signal: AbortSignal.abort() });
    await expect(late.next()).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('is released by leaving the loop', async () => {
    await using monitor = await startTalkative();
    await using client = await connectQmp(monitor.uri);
    const stream = client.events(undefined, { capacity: 1 });
    await client.execute('go', { events: ['STOP'] });
    for await (const { event } of stream) {
      expect(event).toBe('STOP');
      break;
    }
    await client.execute('go', { events: ['STOP', 'STOP', 'STOP'] });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});

async function names(stream: AsyncIterable<QmpEvent>, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { event } of stream) {
    seen.push(event);
    if (seen.length === count) break;
  }
  return seen;
}
