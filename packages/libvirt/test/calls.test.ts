import { TypedParams } from '@blockferry/typed-params';
import { beforeAll, describe, expect, it } from 'vitest';
import { Checkpoint, Connection, Domain, LibvirtError, StoragePool, StorageVolume } from '../src/index.js';
import { rejection } from './support/rejection.js';
import { addon, domainXml, openTestHost, poolXml, volumeXml } from './support/test-driver.js';

/** Every asynchronous call of every class, each with arguments that it takes; the options come after them. */
const CALLS: readonly [
  abstract: { prototype: object },
  calls: Readonly<Record<string, readonly unknown[]>>,
][] = [
  [
    Connection,
    {
      uri: [],
      hostname: [],
      type: [],
      capabilities: [],
      libvirtVersion: [],
      hypervisorVersion: [],
      isAlive: [],
      isSecure: [],
      isEncrypted: [],
      domains: [['ACTIVE']],
      domainByName: ['test'],
      domainByUuid: ['6695eb01-f6a4-8304-79aa-97f2502e193f'],
      domainById: [1],
      defineDomain: [domainXml('x'), []],
      createDomain: [domainXml('x'), []],
      stats: [['STATE'], []],
      pools: [[]],
      poolByName: ['default-pool'],
      poolByUuid: ['dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566'],
      poolByTargetPath: ['/default-pool'],
      definePool: [poolXml('x'), []],
      createPool: [poolXml('x'), []],
      volumeByPath: ['/default-pool/x'],
      volumeByKey: ['/default-pool/x'],
      events: ['lifecycle'],
    },
  ],
  [
    Domain,
    {
      state: [],
      info: [],
      xml: [[]],
      isActive: [],
      isPersistent: [],
      create: [[]],
      destroy: [[]],
      shutdown: [[]],
      suspend: [],
      resume: [],
      undefine: [[]],
      migrate: ['DESTINATION', [], null, null, 0],
      migrate2: ['DESTINATION', null, [], null, null, 0],
      migrate3: ['DESTINATION', {}, []],
      migrateToURI: ['test:///default', [], null, 0],
      migrateToURI2: [null, null, null, [], null, 0],
      migrateToURI3: [null, {}, []],
      migrateSetMaxSpeed: [1, []],
      migrateMaxSpeed: [[]],
      migrateSetMaxDowntime: [1],
      migrateMaxDowntime: [],
      jobInfo: [],
      jobStats: [[]],
      abortJob: [[]],
      blockInfo: ['vda'],
      blockJobInfo: ['vda', []],
      blockJobAbort: ['vda', []],
      blockJobSetSpeed: ['vda', 1, []],
      backupBegin: ['<domainbackup/>', null, []],
      backupXml: [],
      checkpointCreate: ['<domaincheckpoint/>', []],
      checkpoints: [[]],
      checkpointByName: ['x'],
      memoryParameters: [[]],
      setMemoryParameters: [new TypedParams(), []],
      schedulerParameters: [[]],
      setSchedulerParameters: [new TypedParams(), []],
      blkioParameters: [[]],
      setBlkioParameters: [new TypedParams(), []],
      numaParameters: [[]],
      setNumaParameters: [new TypedParams(), []],
      blockIoTune: ['vda', []],
      setBlockIoTune: ['vda', new TypedParams(), []],
      qemuMonitorCommand: ['{}', []],
    },
  ],
  [
    StoragePool,
    {
      xml: [[]],
      info: [],
      isActive: [],
      create: [[]],
      destroy: [],
      undefine: [],
      build: [[]],
      delete: [[]],
      refresh: [],
      volumes: [],
      volumeByName: ['x'],
      createVolume: [volumeXml('x', 1024), []],
    },
  ],
  [StorageVolume, { path: [], xml: [], info: [[]], delete: [[]], pool: [] }],
  [Checkpoint, { xml: [[]], delete: [[]] }],
];

describe.each(CALLS)('%o', (owner, calls) => {
  it('has no other calls', () => {
    const names = Object.getOwnPropertyNames(owner.prototype).filter(
      (name) => typeof Object.getOwnPropertyDescriptor(owner.prototype, name)?.value === 'function',
    );
    expect(names.toSorted()).toEqual(['close', 'constructor', ...Object.keys(calls)].toSorted());
  });

  describe.skipIf(!addon.available)(`of a host ${addon.reason}`, () => {
    let open: Connection;
    let closed: Connection;
    let ofOpen: object;
    let ofClosed: object;
    beforeAll(async () => {
      open = await openTestHost();
      closed = await openTestHost();
      ofOpen = await instanceOf(owner, open);
      ofClosed = await instanceOf(owner, closed);
      await closed.close();
      return () => open.close();
    });

    it.each(Object.entries(calls))('%s is not made when it is aborted already', async (name, args) => {
      const reason = new Error('enough');
      const options = { signal: AbortSignal.abort(reason) };
      const running = start(ofOpen, name, [
        ...args.map((arg) => (arg === 'DESTINATION' ? open : arg)),
        options,
      ]);
      expect(await rejection(running)).toMatchObject({ code: 'ABORTED', cause: reason });
    });

    it.each(Object.entries(calls))('%s does not wait any more when it is aborted', async (name, args) => {
      const abort = new AbortController();
      const given = args.map((arg) => (arg === 'DESTINATION' ? open : arg));
      const running = start(ofOpen, name, [...given, { signal: abort.signal }]);
      abort.abort('enough');
      const outcome = await running.catch((error: unknown) => error);
      expect(outcome).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    });

    it.each(Object.entries(calls))('%s says that it is closed', async (name, args) => {
      const given = args.map((arg) => (arg === 'DESTINATION' ? open : arg));
      expect(await rejection(start(ofClosed, name, given))).toMatchObject({ code: 'CLOSED' });
    });

    it.each(Object.entries(calls))('%s never throws at once, whatever it is given', async (name, args) => {
      for (const wrong of [undefined, 3, { x: 1 }, null, 'a\0b', ['NOPE']]) {
        const running = start(
          ofOpen,
          name,
          args.map(() => wrong),
        );
        const outcome = await running.catch((error: unknown) => error);
        if (outcome instanceof Error) expect(LibvirtError.is(outcome)).toBe(true);
      }
    });
  });
});

function start(object: object, name: string, args: readonly unknown[]): Promise<unknown> {
  return (object as Record<string, (...args: readonly unknown[]) => Promise<unknown>>)[name]?.(
    ...args,
  ) as Promise<unknown>;
}

async function instanceOf(owner: unknown, connection: Connection): Promise<object> {
  if (owner === Domain) return connection.domainByName('test');
  const pool = await connection.poolByName('default-pool');
  if (owner === StoragePool) return pool;
  if (owner === StorageVolume) return pool.createVolume(volumeXml('volume', 1024));
  if (owner === Checkpoint) {
    const domain = await connection.domainByName('test');
    return domain.checkpointCreate(`<domaincheckpoint><disks><disk name='vdb'/></disks></domaincheckpoint>`);
  }
  return connection;
}
