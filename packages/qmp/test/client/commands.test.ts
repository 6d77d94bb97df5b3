import { describe, expect, it } from 'vitest';
import { connectQmp, QmpError } from '../../src/index.js';
import { event, FakeMonitor, type Script } from '../support/fake-monitor.js';

const echo: Script = (command, monitor) => monitor.sendAll({ return: command.execute, id: command.id });

describe('execute', () => {
  it('sends arguments and resolves with what is returned', async () => {
    await using monitor = await FakeMonitor.start((command, fake) => {
      fake.sendAll({ return: command.arguments ?? null, id: command.id });
    });
    await using client = await connectQmp(monitor.uri);
    expect(await client.execute('anything', { deep: [1, { a: 'b' }] })).toEqual({ deep: [1, { a: 'b' }] });
    expect(await client.execute('nothing')).toBeNull();
  });

  it('has many commands under way and finds each answer', async () => {
    await using monitor = await FakeMonitor.start((_command, fake) => {
      // The answers come in reverse, and only once all commands are there.
      if (fake.received.length === 11) {
        fake.sendAll(
          ...fake.received
            .slice(1)
            .map(({ id, execute }) => ({ return: execute, id }))
            .reverse(),
        );
      }
    });
    await using client = await connectQmp(monitor.uri);
    const names = Array.from({ length: 10 }, (_, index) => `command-${index}`);
    expect(await Promise.all(names.map((name) => client.execute(name)))).toEqual(names);
  });

  it("rejects with QEMU's words when it refuses", async () => {
    await using monitor = await FakeMonitor.start((command, fake) => {
      fake.sendAll({ error: { class: 'GenericError', desc: "Bitmap 'm0' is not found" }, id: command.id });
    });
    await using client = await connectQmp(monitor.uri);
    const error = await rejection(client.execute('block-dirty-bitmap-remove', { node: 'vda', name: 'm0' }));
    expect(error).toMatchObject({
      code: 'QMP_COMMAND',
      command: 'block-dirty-bitmap-remove',
      class: 'GenericError',
      description: "Bitmap 'm0' is not found",
      message: "QEMU refused block-dirty-bitmap-remove: Bitmap 'm0' is not found",
    });
  });

  it('rejects arguments that have no JSON form and sends nothing', async () => {
    await using monitor = await FakeMonitor.start(echo);
    await using client = await connectQmp(monitor.uri);
    const circular: { self?: object } = {};
    circular.self = circular;
    await expect(client.execute('broken', circular)).rejects.toThrow(TypeError);
    expect(await client.execute('next')).toBe('next');
    expect(monitor.received.map((command) => command.execute)).toEqual(['qmp_capabilities', 'next']);
  });
});

describe('a deadline', () => {
  it('ends the wait for a monitor that hangs', async () => {
    await using monitor = await FakeMonitor.start();
    await using client = await connectQmp(monitor.uri, { commandTimeoutMs: 5 });
    expect(await rejection(client.execute('query-status'))).toMatchObject({
      code: 'QMP_TIMEOUT',
      command: 'query-status',
      message: expect.stringContaining('within 5 ms'),
    });
  });

  it('of a call goes before that of the connection', async () => {
    await using monitor = await FakeMonitor.start();
    await using client = await connectQmp(monitor.uri, { commandTimeoutMs: Number.POSITIVE_INFINITY });
    const error = await rejection(client.execute('query-status', undefined, { timeoutMs: 1 }));
    expect(error).toMatchObject({ code: 'QMP_TIMEOUT' });
  });

  it('leaves a late answer unheard and the connection whole', async () => {
    await using monitor = await FakeMonitor.start((command, fake) => {
      if (command.execute === 'fast') {
        fake.sendAll({ return: 'late', id: command.id - 1 }, { return: 'in time', id: command.id });
      }
    });
    await using client = await connectQmp(monitor.uri);
    expect(await rejection(client.execute('slow', undefined, { timeoutMs: 1 }))).toMatchObject({
      code: 'QMP_TIMEOUT',
    });
    expect(await client.execute('fast')).toBe('in time');
  });
});

describe('a signal', () => {
  it('that is aborted already keeps the command from being sent', async () => {
    await using monitor = await FakeMonitor.start(echo);
    await using client = await connectQmp(monitor.uri);
    const reason = new Error('not today');
    const error = await rejection(client.execute('stop', undefined, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: 'ABORTED', command: 'stop', cause: reason });
    expect(await client.execute('next')).toBe('next');
    expect(monitor.received).toHaveLength(2);
  });

  it('ends the wait for an answer', async () => {
    await using monitor = await FakeMonitor.start();
    await using client = await connectQmp(monitor.uri);
    const controller = new AbortController();
    const answer = client.execute('stop', undefined, { signal: controller.signal });
    await monitor.commands(2);
    controller.abort('enough');
    expect(await rejection(answer)).toMatchObject({ code: 'ABORTED', cause: 'enough' });
  });
});

describe('batch', () => {
  it('sends all commands in one write', async () => {
    await using monitor = await FakeMonitor.start(echo);
    await using client = await connectQmp(monitor.uri);
    const answers = client.batch([{ execute: 'stop' }, { execute: 'query-status' }, { execute: 'cont' }]);
    expect(await Promise.all(answers)).toEqual(['stop', 'query-status', 'cont']);
    expect(monitor.reads).toEqual([1, 3]);
  });

  it('rejects for each command alone, and never unhandled', async () => {
    await using monitor = await FakeMonitor.start((command, fake) => {
      const error = { class: 'GenericError', desc: 'no' };
      fake.sendAll(command.execute === 'bad' ? { error, id: command.id } : { return: 'ok', id: command.id });
    });
    await using client = await connectQmp(monitor.uri);
    const [bad, good] = client.batch([{ execute: 'bad' }, { execute: 'good' }, { execute: 'bad' }]);
    expect(await good).toBe('ok');
    expect(await rejection(bad)).toMatchObject({ code: 'QMP_COMMAND' });
  });
});

describe('when the monitor dies', () => {
  it('rejects every command under way', async () => {
    await using monitor = await FakeMonitor.start();
    await using client = await connectQmp(monitor.uri);
    const answers = [client.execute('stop'), client.execute('cont')].map(rejection);
    await monitor.commands(3);
    monitor.die();
    expect(await Promise.all(answers)).toMatchObject([
      { code: 'QMP_CLOSED', command: 'stop' },
      { code: 'QMP_CLOSED', command: 'cont' },
    ]);
    expect(await client.closed).toMatchObject({ code: 'QMP_CLOSED' });
  });

  it('rejects every later command, with why', async () => {
    await using monitor = await FakeMonitor.start();
    await using client = await connectQmp(monitor.uri);
    monitor.die();
    const why = await client.closed;
    expect(await rejection(client.execute('stop'))).toMatchObject({ code: 'QMP_CLOSED', cause: why });
  });

  it('has told all that it said before', async () => {
    await using monitor = await FakeMonitor.start((command, fake) => {
      fake.sendAll(event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' }), {
        return: {},
        id: command.id,
      });
      fake.die();
    });
    const heard: string[] = [];
    await using client = await connectQmp(monitor.uri, { onEvent: ({ event }) => heard.push(event) });
    expect(await client.execute('quit')).toEqual({});
    expect(heard).toEqual(['SHUTDOWN']);
  });
});

describe('when the monitor talks nonsense', () => {
  it('closes the connection and says what came', async () => {
    await using monitor = await FakeMonitor.start((_command, fake) => fake.send('{"garbage"\n'));
    await using client = await connectQmp(monitor.uri);
    const error = await rejection(client.execute('stop'));
    expect(error).toMatchObject({ code: 'QMP_CLOSED', cause: { code: 'QMP_PROTOCOL' } });
    expect(await client.closed).toMatchObject({
      code: 'QMP_PROTOCOL',
      message: expect.stringContaining('garbage'),
    });
  });

  it('closes the connection on a line without end', async () => {
    await using monitor = await FakeMonitor.start((_command, fake) => fake.send('x'.repeat(5000)));
    await using client = await connectQmp(monitor.uri, { maxLineBytes: 4096 });
    await rejection(client.execute('stop'));
    expect(await client.closed).toMatchObject({
      code: 'QMP_PROTOCOL',
      message: expect.stringContaining('4096'),
    });
  });
});

describe('close', () => {
  it('rejects commands under way, and may be called again', async () => {
    await using monitor = await FakeMonitor.start();
    const client = await connectQmp(monitor.uri);
    const answer = rejection(client.execute('stop'));
    await Promise.all([client.close(), client.close()]);
    expect(await answer).toMatchObject({ code: 'QMP_CLOSED' });
    await client.close();
    expect(await client.closed).toMatchObject({ code: 'QMP_CLOSED' });
  });
});

async function rejection(promise: Promise<unknown>): Promise<QmpError> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );
  if (!QmpError.is(outcome)) throw new Error(`expected a QmpError and got ${String(outcome)}`);
  return outcome;
}
