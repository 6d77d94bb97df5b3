import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectQmp } from '../../src/index.js';
import { event, FakeMonitor, GREETING } from '../support/fake-monitor.js';

describe('what arrives', () => {
  it('is answered over TCP with a space, which takes the acknowledgement along', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connecting = connectQmp(`qmp+tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [monitor] = (await once(server, 'connection')) as [Socket];
    monitor.write(GREETING);
    await once(monitor, 'data');
    monitor.write('{"return": {}, "id": 1}\r\n');
    await using _client = await connecting;
    const answer = once(monitor, 'data');
    monitor.write(`${JSON.stringify(event('STOP'))}\r\n`);
    expect(String((await answer)[0])).toBe(' ');
    server.close();
  });

  it('is not, over a unix socket, which acknowledges nothing', async () => {
    await using monitor = await FakeMonitor.start();
    await using client = await connectQmp(monitor.uri);
    const stopped = client.waitForEvent((told) => told.event === 'STOP');
    monitor.sendAll(event('STOP'));
    await stopped;
    void client.execute('query-status').catch(() => undefined);
    await monitor.commands(2);
    expect(monitor.received.map(({ execute }) => execute)).toEqual(['qmp_capabilities', 'query-status']);
    expect(monitor.reads).toEqual([1, 1]);
  });
});
