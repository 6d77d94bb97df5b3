import { LibvirtPair, requires } from '@blockferry/lab';
import { TypedParams } from '@blockferry/typed-params';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Connection, connect, type Domain } from '../../src/index.js';
import { rejection } from '../support/rejection.js';
import { SMALL_DISKS } from './small-disks.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`migrations between two hosts ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let source: Connection;
  let destination: Connection;
  beforeAll(async () => {
    pair = await LibvirtPair.start({ disks: SMALL_DISKS });
    source = await connect(pair.source.uri);
    destination = await connect(pair.destination.uri);
  });
  afterAll(async () => {
    await source?.close();
    await destination?.close();
    await pair?.[Symbol.asyncDispose]();
  });

  it('that are aborted leave the guest where it was', async () => {
    const guest = await source.domainByName(pair.domain);
    await guest.migrateSetMaxSpeed(1);
    expect(await guest.migrateMaxSpeed()).toBe(1);
    await guest.migrateSetMaxDowntime(500);
    expect(await guest.migrateMaxDowntime()).toBe(500);
    await using arrivals = await destination.events('lifecycle');
    const abort = new AbortController();
    const migration = rejection(guest.migrate3(destination, {}, COPYING, { signal: abort.signal }));
    const copy = await vi.waitUntil(() => guest.blockJobInfo('vda'), { timeout: 20_000 });
    expect(copy).toMatchObject({ type: 'copy', bandwidth: 1, end: 64 * 2 ** 20 });
    expect(await guest.jobInfo()).toMatchObject({ type: 'unbounded', timeElapsed: expect.any(Number) });
    const { type, operation, params } = await guest.jobStats();
    expect([type, operation]).toEqual(['unbounded', 'migration-out']);
    expect(params.getULLong('time_elapsed')).toBeGreaterThan(0n);

    abort.abort('enough');
    expect(await migration).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    for await (const { event, detail } of arrivals) {
      if (event !== 'stopped') continue;
      expect(detail).toBe('failed');
      break;
    }
    await vi.waitUntil(async () => (await guest.jobInfo()).type === 'none', { timeout: 20_000 });
    expect((await guest.state()).state).toBe('running');
    await guest.migrateSetMaxSpeed(200);
    expect(await destination.domains()).toEqual([]);
  });

  it('that are aborted before they have a job do not go on', async () => {
    const guest = await source.domainByName(pair.domain);
    await using arrivals = await destination.events('lifecycle');
    const abort = new AbortController();
    const migration = rejection(
      guest.migrate3(destination, { bandwidth: 1n }, COPYING, { signal: abort.signal }),
    );
    abort.abort();
    expect(await migration).toMatchObject({ code: 'ABORTED' });
    for await (const { event } of arrivals) if (event === 'stopped') break;
    expect((await guest.state()).state).toBe('running');
    await vi.waitUntil(async () => (await guest.jobInfo()).type === 'none', { timeout: 20_000 });
  });

  it('that somebody else aborts say so', async () => {
    const guest = await source.domainByName(pair.domain);
    const migration = rejection(guest.migrate3(destination, { bandwidth: 1n }, COPYING));
    await vi.waitUntil(() => guest.blockJobInfo('vda'), { timeout: 20_000 });
    await guest.abortJob();
    expect(await migration).toMatchObject({ code: 'OPERATION_ABORTED', domain: 'QEMU', retryable: false });
  });

  it('are refused by libvirt before they begin', async () => {
    const guest = await source.domainByName(pair.domain);
    const unknown = guest.migrate3(destination, { migrate_disks: ['vda', 'vdx'] }, COPYING);
    expect(await rejection(unknown)).toMatchObject({
      code: 'INVALID_ARG',
      domain: 'QEMU',
      message: 'invalid argument: disk target vdx not found',
    });
    const offline = guest.migrate3(destination, {}, ['OFFLINE', 'NON_SHARED_DISK', 'PERSIST_DEST']);
    expect(await rejection(offline)).toMatchObject({ code: 'OPERATION_INVALID' });
  });

  it('that this side manages take typed parameters, tell events, and give the domain there', async () => {
    const guest = await source.domainByName(pair.domain);
    await using iterations = await source.events('migration-iteration', { domain: guest });
    await using completed = await source.events('job-completed');
    await using departures = await source.events('lifecycle');
    await using arrivals = await destination.events('lifecycle');
    const params = new TypedParams()
      .addStringList('migrate_disks', ['vda', 'vdb'])
      .addULLong('bandwidth', 200n);
    const moved = await guest.migrate3(destination, params, COPYING);
    expect(moved).toMatchObject({ name: pair.domain, uuid: guest.uuid, connection: destination });
    expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' });
    await pair.destination.waitMoreBeats();
    expect(await rejection(guest.state())).toMatchObject({ code: 'NO_DOMAIN', domain: 'QEMU' });

    expect((await iterations.next()).value).toMatchObject({ kind: 'migration-iteration', iteration: 1 });
    const { value } = await completed.next();
    expect(value).toMatchObject({
      kind: 'job-completed',
      domain: { name: pair.domain },
      operation: 'migration-out',
    });
    expect(value?.statistics.get('memory_total')).toBeGreaterThan(2n ** 20n);
    for await (const { event, detail } of departures) {
      if (event !== 'stopped') continue;
      expect(detail).toBe('migrated');
      break;
    }
    expect((await arrivals.next()).value).toMatchObject({ event: 'started', detail: 'migrated' });
    const { type, operation } = await moved.jobStats(['COMPLETED', 'KEEP_COMPLETED']);
    expect([type, operation]).toEqual(['completed', 'migration-in']);
  });

  it('from peer to peer do too, and an object does', async () => {
    const guest = await destination.domainByName(pair.domain);
    const flags = [...COPYING, 'PEER2PEER'] as const;
    await guest.migrateToURI3(pair.source.uri, { migrate_disks: ['vdb', 'vda'], bandwidth: 200n }, flags);
    expect(await whereItIs()).toEqual([source, { state: 'running', reason: 'migrated' }]);
    await pair.source.waitMoreBeats();
  });

  it.each<[string, (guest: Domain, to: Connection, uri: string) => Promise<unknown>]>([
    ['migrate', (guest, to) => guest.migrate(to, COPYING, null, null, 200)],
    [
      'migrate2',
      async (guest, to) => guest.migrate2(to, await guest.xml(MIGRATABLE), COPYING, null, null, 200),
    ],
    ['migrateToURI', (guest, _, uri) => guest.migrateToURI(uri, [...COPYING, 'PEER2PEER'], null, 200)],
    [
      'migrateToURI2',
      async (guest, _, uri) => {
        const dxml = await guest.xml(MIGRATABLE);
        await guest.migrateToURI2(uri, null, dxml, [...COPYING, 'PEER2PEER'], null, 200);
      },
    ],
  ])('by %s take all disks', async (_, migrate) => {
    const [from] = await whereItIs();
    const [to, host] = from === source ? [destination, pair.destination] : [source, pair.source];
    await migrate(await from.domainByName(pair.domain), to, host.uri);
    expect(await whereItIs()).toEqual([to, { state: 'running', reason: 'migrated' }]);
    await host.waitMoreBeats();
  });

  async function whereItIs(): Promise<[Connection, object]> {
    const found = [...(await source.domains()), ...(await destination.domains())];
    const [guest] = found;
    if (guest === undefined || found.length > 1) throw new Error('it is not in one place');
    return [guest.connection, await guest.state()];
  }
});

const COPYING = ['LIVE', 'NON_SHARED_DISK', 'UNSAFE'] as const;
const MIGRATABLE = ['MIGRATABLE', 'SECURE'] as const;
