import { LibvirtPair, requires } from '@blockferry/lab';
import { TypedParams } from '@blockferry/typed-params';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect } from '../../src/index.js';
import { rejection } from '../support/rejection.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`migrations between two hosts ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let source: Connection;
  let destination: Connection;
  beforeAll(async () => {
    pair = await LibvirtPair.start();
    source = await connect(pair.source.uri);
    destination = await connect(pair.destination.uri);
  });
  afterAll(async () => {
    await source?.close();
    await destination?.close();
    await pair?.[Symbol.asyncDispose]();
  });

  it('begin with what the hosts are', async () => {
    expect(await source.uri()).toBe(pair.source.uri);
    expect(await source.hostname()).toBe('source.test');
    expect(await source.type()).toBe('QEMU');
    expect((await source.hypervisorVersion()).number).toBeGreaterThan(7_000_000);
    expect(await source.isAlive()).toBe(true);
    expect(await source.isSecure()).toBe(true);
    const [guest, ...others] = await source.domains(['ACTIVE']);
    expect(others).toEqual([]);
    expect(await guest?.state()).toEqual({ state: 'running', reason: 'booted' });
    expect(await destination.domains()).toEqual([]);
  });

  it('that this side manages take typed parameters, and give the domain there', async () => {
    const guest = await source.domainByName(pair.domain);
    const params = new TypedParams()
      .addStringList('migrate_disks', ['vda', 'vdb'])
      .addULLong('bandwidth', 200n);
    const moved = await guest.migrate3(destination, params, ['LIVE', 'NON_SHARED_DISK', 'UNSAFE']);
    expect(moved).toMatchObject({ name: pair.domain, uuid: guest.uuid, connection: destination });
    expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' });
    await pair.destination.waitMoreBeats();
    expect(await rejection(guest.state())).toMatchObject({ code: 'NO_DOMAIN', domain: 'QEMU' });

    const { type, params: statistics } = await moved.jobStats(['COMPLETED', 'KEEP_COMPLETED']);
    expect(type).toBe('completed');
    expect(statistics.get('operation')).toBe(4);
    expect(statistics.get('memory_total')).toBeGreaterThan(2n ** 20n);
  });

  it('from peer to peer do too, and an object does', async () => {
    const guest = await destination.domainByName(pair.domain);
    await guest.migrateToURI3(pair.source.uri, { migrate_disks: ['vdb', 'vda'], bandwidth: 200n }, [
      'LIVE',
      'PEER2PEER',
      'NON_SHARED_DISK',
      'UNSAFE',
    ]);
    const moved = await source.domainByName(pair.domain);
    expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' });
    await pair.source.waitMoreBeats();
  });
});
