import { join } from 'node:path';
import { LibvirtHost, LibvirtPair, requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/index.js';
import { rejection } from '../support/rejection.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`a daemon ${lab.reason}`, () => {
  it('that hangs is given up, and one that is killed in the middle of a migration is told of', async () => {
    await using pair = await LibvirtPair.start({ isBooted: false });
    await using destination = await connect(pair.destination.uri);

    // Hangs.
    await using impatient = await connect(pair.destination.uri, {
      keepAlive: { intervalSeconds: 1, count: 2 },
    });
    const events = await impatient.events('lifecycle');
    const next = events.next();
    await pair.destination.signalLibvirtd('SIGSTOP');
    const hanging = impatient.hostname();
    expect(await rejection(hanging)).toMatchObject({ domain: 'RPC', retryable: true });
    expect(await impatient.closed).toBe('keepalive');
    expect(await rejection(next)).toMatchObject({ code: 'CLOSED', retryable: true });
    expect(await rejection(impatient.hostname())).toMatchObject({ retryable: true });
    expect(await impatient.isAlive()).toBe(false);
    await pair.destination.signalLibvirtd('SIGCONT');
    expect(await destination.hostname()).toBe('destination.test');

    // Is killed.
    const source = await connect(pair.source.uri);
    const guest = await source.domainByName(pair.domain);
    await using jobs = await destination.events('lifecycle');
    const migration = rejection(
      guest.migrate3(destination, { bandwidth: 1n }, ['LIVE', 'NON_SHARED_DISK', 'UNSAFE']),
    );
    expect(await jobs.next()).toMatchObject({ value: { event: 'started', detail: 'migrated' } });
    const job = rejection(source.events('job-completed').then((completed) => completed.next()));
    await source.hostname();
    const began = performance.now();
    await pair.source.end();
    const error = await migration;
    expect(performance.now() - began).toBeLessThan(5000);
    expect(error).toMatchObject({ domain: 'RPC', retryable: true });
    expect(await job).toMatchObject({ code: 'CLOSED', retryable: true });
    expect(await source.closed).toMatch(/^(eof|error)$/);
    expect(await rejection(guest.state())).toMatchObject({ retryable: true });
    await source.close();
    expect(await rejection(guest.state())).toMatchObject({ code: 'CLOSED', retryable: false });
    expect(await jobs.next()).toMatchObject({ value: { event: 'stopped', detail: 'failed' } });

    await using _again = await LibvirtHost.start({
      name: 'source',
      directory: join(pair.directory, 'source'),
      images: join(pair.directory, 'images'),
      network: pair.network.source,
    });
    await using connection = await connect(pair.source.uri);
    expect(await connection.domains()).toEqual([]);
  });
});
