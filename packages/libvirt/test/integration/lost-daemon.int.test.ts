import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LibvirtHost, LibvirtPair, requires } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../src/index.js';
import { rejection } from '../support/rejection.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`a daemon ${lab.reason}`, () => {
  let pair: LibvirtPair;
  beforeAll(async () => {
    pair = await LibvirtPair.start({ isBooted: false });
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it('that hangs is given up, with all that waits for it', async () => {
    const keepAlive = { intervalSeconds: 1, count: 2 };
    await using patient = await connect(pair.destination.uri);
    await using connection = await connect(pair.destination.uri, { keepAlive });
    await using events = await connection.events('lifecycle');
    const next = rejection(events.next());
    await pair.destination.signalLibvirtd('SIGSTOP');
    const calls = [connection.hostname(), connection.domains(), connection.isAlive()].map((call) =>
      call.catch((error: unknown) => error),
    );
    expect((await Promise.all(calls)).slice(0, 2)).toMatchObject([
      { domain: 'RPC', retryable: true },
      { domain: 'RPC', retryable: true },
    ]);
    expect(await connection.closed).toBe('keepalive');
    expect(await next).toMatchObject({ code: 'CLOSED', retryable: true });
    expect(await rejection(connection.hostname())).toMatchObject({ retryable: true });
    expect(await connection.isAlive()).toBe(false);
    expect(connection.isClosed).toBe(false);

    await pair.destination.signalLibvirtd('SIGCONT');
    expect(await patient.hostname()).toBe('destination.test');
    await using again = await connect(pair.destination.uri, { keepAlive });
    expect(await again.domains()).toEqual([]);
  });

  it('that hangs need not be waited for', async () => {
    await using connection = await connect(pair.destination.uri);
    const open = await descriptors();
    await pair.destination.signalLibvirtd('SIGSTOP');
    try {
      const call = connection.hostname({ signal: AbortSignal.timeout(100) });
      expect(await rejection(call)).toMatchObject({ code: 'ABORTED' });
      const late = connect(pair.destination.uri, { signal: AbortSignal.timeout(100) });
      expect(await rejection(late)).toMatchObject({ code: 'ABORTED' });
      expect(await descriptors()).toBeGreaterThan(open);
    } finally {
      await pair.destination.signalLibvirtd('SIGCONT');
    }
    expect(await connection.hostname()).toBe('destination.test');
    // The connection that came too late is closed.
    await vi.waitUntil(async () => (await descriptors()) === open, { timeout: 10_000 });
  });

  it('that is killed in the middle of a migration is told of at once', async () => {
    await using destination = await connect(pair.destination.uri);
    const source = await connect(pair.source.uri);
    const guest = await source.domainByName(pair.domain);
    await using events = await source.events('lifecycle');
    await using arrivals = await destination.events('lifecycle');
    const flags = ['LIVE', 'NON_SHARED_DISK', 'UNSAFE'] as const;
    const migration = rejection(guest.migrate3(destination, { bandwidth: 1n }, flags));
    for await (const { event } of arrivals) if (event === 'started') break;

    const killed = performance.now();
    await pair.source.end();
    expect(await migration).toMatchObject({ domain: 'RPC', retryable: true });
    expect(performance.now() - killed).toBeLessThan(5000);
    expect(await source.closed).toMatch(/^(eof|error)$/);
    expect(await rejection(events.next())).toMatchObject({ code: 'CLOSED', retryable: true });
    expect(await rejection(guest.state())).toMatchObject({ retryable: true });
    await source.close();
    expect(await rejection(guest.state())).toMatchObject({ code: 'CLOSED', retryable: false });
  });

  it('may come back', async () => {
    await using _host = await LibvirtHost.start({
      name: 'source',
      directory: join(pair.directory, 'source'),
      images: join(pair.directory, 'images'),
      network: pair.network.source,
    });
    await using connection = await connect(pair.source.uri);
    expect(await connection.domains()).toEqual([]);
  });
});

/** How many files and sockets this process has open. */
async function descriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}
