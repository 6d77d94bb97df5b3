import { readFile } from 'node:fs/promises';
import { requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import {
  type MigrateOptions,
  type MigrationError,
  type Problem,
  plan,
  startMigration,
} from '../../src/index.js';
import { BarePair, type BareSide } from '../support/bare-pair.js';

const lab = requires('qemu-system-x86_64', 'qemu-img');
const MIB = 1 << 20;

interface Refusal {
  readonly source?: BareSide;
  readonly destination?: BareSide;
  /** Beforehand. */
  readonly given?: (pair: BarePair) => Promise<unknown>;
  readonly options?: Partial<MigrateOptions>;
  readonly problems: readonly Partial<Problem>[];
  /** What the operator reads, problem by problem. */
  readonly says: readonly RegExp[];
}

const ONE = { disks: [{ name: 'vda' }] } as const;

const refusals: Record<string, Refusal> = {
  'a disk that there is not': {
    options: { disks: ['vda', 'vdx'], unsafe: true },
    problems: [{ code: 'DISK_NOT_FOUND', disk: 'vdx' }],
    says: [/no disk vdx; the disks are vda, vdb/],
  },
  'a name of two disks': {
    source: { ...ONE, extraArguments: disk('other', 'vda') },
    options: { disks: ['vda'], unsafe: true },
    problems: [{ code: 'DISK_AMBIGUOUS', disk: 'vda' }],
    says: [/vda names 2 disks .*use another of their names/],
  },
  'a disk that is read-only': {
    source: { disks: [{ name: 'vda', readOnly: true }] },
    options: { disks: ['vda'] },
    problems: [{ code: 'DISK_READ_ONLY', disk: 'vda' }],
    says: [/leave it out/],
  },
  'a drive that is empty': {
    source: { ...ONE, extraArguments: ['-device', 'ide-cd,id=cd0'] },
    destination: { ...ONE, extraArguments: ['-device', 'ide-cd,id=cd0'] },
    options: { disks: ['vda', 'cd0'] },
    problems: [{ code: 'DISK_EMPTY', disk: 'cd0' }],
    says: [/has no medium: leave it out/],
  },
  'a shareable disk': {
    source: { disks: [{ name: 'vda', device: 'share-rw=on' }] },
    options: { disks: ['vda'] },
    problems: [{ code: 'DISK_SHARED', disk: 'vda' }],
    says: [/shareable.*--allow-shared/],
  },
  'a disk that is left behind': {
    options: { disks: ['vda'] },
    problems: [{ code: 'DISK_LEFT_BEHIND', disk: 'vdb' }],
    says: [/--assume-shared vdb.*--unsafe/],
  },
  'a disk that the destination has not': {
    destination: ONE,
    problems: [{ code: 'DESTINATION_MISSING', disk: 'vdb' }],
    says: [/no disk vdb .*it has vda/],
  },
  'a disk that is smaller on the destination': {
    source: { disks: [{ name: 'vda', sizeMiB: 3 }] },
    destination: { disks: [{ name: 'vda', sizeMiB: 2 }] },
    problems: [{ code: 'DESTINATION_SIZE', disk: 'vda' }],
    says: [/has 3145728 bytes.*has 2097152: make them equal\.$/],
  },
  'a disk that is larger on the destination': {
    source: { disks: [{ name: 'vda', sizeMiB: 2 }] },
    destination: { disks: [{ name: 'vda', sizeMiB: 3 }] },
    problems: [{ code: 'DESTINATION_SIZE', disk: 'vda' }],
    says: [/has 2097152 bytes.*has 3145728: .*--allow-larger/],
  },
  'a disk that is read-only on the destination': {
    source: ONE,
    destination: { disks: [{ name: 'vda', readOnly: true }] },
    problems: [{ code: 'DESTINATION_READ_ONLY', disk: 'vda' }],
    says: [/read-only/],
  },
  'a destination that runs a guest of its own': {
    destination: { incoming: false, paused: false },
    problems: [{ code: 'DESTINATION_NOT_WAITING' }],
    says: [/is running: start that QEMU with -incoming defer/],
  },
  'a destination that listens for another migration': {
    given: (pair) =>
      pair.destination.cmd('migrate-incoming', { uri: `unix:${pair.path('destination', 'state')}` }),
    problems: [{ code: 'DESTINATION_NOT_WAITING' }],
    says: [/listens for a migration already/],
  },
  'a destination that a failed migration has used up': {
    given: useUp,
    problems: [{ code: 'DESTINATION_NOT_WAITING' }],
    says: [/taken an incoming migration already \(failed\).*start it anew/],
  },
  'a source that waits for a guest itself': {
    source: { incoming: true },
    problems: [{ code: 'SOURCE_NOT_READY' }],
    says: [/waits for a guest itself/],
  },
  'a source that is migrating': {
    given: async (pair) => {
      await pair.source.cmd('migrate-set-parameters', { 'max-bandwidth': 4096 });
      await migrateElsewhere(pair);
    },
    problems: [{ code: 'SOURCE_MIGRATING' }],
    says: [/migrating already \(active\).*migrate_cancel/],
  },
  'a source that another migration has stopped before its switch': {
    given: async (pair) => {
      await setCapabilities(pair, 'pause-before-switchover');
      await migrateElsewhere(pair);
      await pair.source.event('MIGRATION', ({ status }) => status === 'pre-switchover');
    },
    problems: [{ code: 'SOURCE_MIGRATING' }],
    says: [/migrating already \(pre-switchover\)/],
  },
  'a source that has been migrated away': {
    given: async (pair) => {
      await migrateElsewhere(pair);
      await pair.source.event('MIGRATION', ({ status }) => status === 'completed');
      // QEMU tells the end of the stream some moments before its own.
      for (let status = ''; status !== 'postmigrate'; ) {
        status = (await pair.source.cmd<{ status: string }>('query-status')).status;
      }
    },
    problems: [{ code: 'SOURCE_NOT_READY' }],
    says: [/migrated away/],
  },
  'a source whose guest QEMU cannot migrate': {
    source: { extraArguments: ['-device', 'nvme,serial=none'] },
    problems: [{ code: 'SOURCE_NOT_READY' }],
    says: [/cannot migrate this guest \(.*nvme/],
  },
  'a block job that works already': {
    given: (pair) => pair.backUp('vdb'),
    problems: [{ code: 'BLOCK_JOB_ACTIVE' }],
    says: [/block job nightly \(backup\).*wait for its end/],
  },
  'parameters and flags that need libvirt': {
    options: {
      params: { destination_name: 'other', compression: ['xbzrle'] },
      flags: ['LIVE', 'TUNNELLED'],
    },
    problems: [
      { code: 'ARGUMENT_UNSUPPORTED' },
      { code: 'ARGUMENT_UNSUPPORTED' },
      { code: 'ARGUMENT_UNSUPPORTED' },
    ],
    says: [/destination_name needs libvirt/, /compression needs libvirt/, /flag TUNNELLED needs libvirt/],
  },
  'parameters that libvirt refuses': {
    options: { params: { disks_uri: 'tcp://127.0.0.1:10900', disks_port: 70000 } },
    problems: [{ code: 'INVALID_ARG' }, { code: 'INVALID_ARG' }],
    says: [/Both port and URI requested/, /nbd port must be in range 0-65535/],
  },
  'many things at once': {
    source: { extraArguments: ['-device', 'nvme,serial=none'] },
    destination: { disks: [{ name: 'vda', sizeMiB: 2 }], incoming: false },
    given: async (pair) => {
      await startServer(pair, 'source');
      await startServer(pair, 'destination');
    },
    options: { disks: ['vda', 'vdx'], params: { persistent_xml: '<domain/>' } },
    problems: [
      { code: 'ARGUMENT_UNSUPPORTED' },
      { code: 'SOURCE_NOT_READY' },
      { code: 'NBD_SERVER_BUSY' },
      { code: 'DESTINATION_NOT_WAITING' },
      { code: 'NBD_SERVER_BUSY' },
      { code: 'DISK_NOT_FOUND', disk: 'vdx' },
      { code: 'DISK_LEFT_BEHIND', disk: 'vdb' },
      { code: 'DESTINATION_SIZE', disk: 'vda' },
    ],
    says: [],
  },
};

for (const side of ['source', 'destination'] as const) {
  for (const exported of [false, true]) {
    refusals[`an NBD server of the ${side}'s ${exported ? 'with' : 'without'} an export`] = {
      given: async (pair) => {
        await startServer(pair, side);
        if (!exported) return;
        const node = { 'node-name': 'vda', name: 'theirs', writable: false };
        await pair[side].cmd('block-export-add', { type: 'nbd', id: 'theirs', ...node });
      },
      problems: [{ code: 'NBD_SERVER_BUSY' }],
      says: [new RegExp(`The ${side}'s QEMU runs an NBD server already.*nbd-server-stop`)],
    };
  }
}

describe.skipIf(!lab.available)(`a migration is refused, and nothing touched: ${lab.reason}`, () => {
  for (const [what, { given, options = {}, problems, says, ...sides }] of Object.entries(refusals)) {
    it(what, async () => {
      await using pair = await BarePair.start(sides);
      await given?.(pair);
      const before = await look(pair);
      const ends = { from: pair.source.uri, to: pair.destination.uri, ...options };

      const planned = await plan(ends);
      expect(planned.ok).toBe(false);
      expect(planned.problems).toMatchObject(problems);
      for (const [at, text] of says.entries()) expect(planned.problems[at]?.message).toMatch(text);

      const error: MigrationError = await startMigration(ends).done.then(
        () => expect.fail('it went through'),
        (thrown) => thrown,
      );
      expect(error.problems).toEqual(planned.problems);
      expect(error.code).toBe(problems.length === 1 ? problems[0]?.code : 'REFUSED');
      expect(error.result).toMatchObject({ ok: false, exit: 10, bytesMoved: 0, problems: planned.problems });
      expect(await look(pair)).toEqual(before);
    });
  }
});

describe.skipIf(!lab.available)(`a migration is let through: ${lab.reason}`, () => {
  it('over disks that are said to be shared, or left behind on purpose', async () => {
    await using pair = await BarePair.start();
    const before = await look(pair);
    const ends = { from: pair.source.uri, to: pair.destination.uri, disks: ['vda'] };
    const shared = await plan({ ...ends, assumeShared: ['vdb'] });
    expect(shared).toMatchObject({ ok: true, problems: [], warnings: [] });
    const unsafe = await plan({ ...ends, unsafe: true });
    expect(unsafe).toMatchObject({ ok: true, problems: [], warnings: [expect.stringContaining('vdb')] });
    expect(await look(pair)).toEqual(before);
  });

  it('to a larger disk, when that is allowed: what is beyond the end reads as zero', async () => {
    await using pair = await BarePair.start({
      source: { disks: [{ name: 'vda', sizeMiB: 3 }] },
      destination: { disks: [{ name: 'vda', sizeMiB: 5 }] },
    });
    const result = await startMigration({
      from: pair.source.uri,
      to: pair.destination.uri,
      disks: ['vda'],
      allowLarger: true,
    }).done;
    expect(result).toMatchObject({ ok: true, exit: 0 });
    await pair.end();
    const from = await readFile(pair.path('source', 'vda'));
    const to = await readFile(pair.path('destination', 'vda'));
    expect(to).toHaveLength(5 * MIB);
    expect(to.subarray(0, 3 * MIB).equals(from)).toBe(true);
    expect(to.subarray(3 * MIB).every((byte) => byte === 0)).toBe(true);
  });

  it('of no disk, beside an NBD server of somebody else', async () => {
    await using pair = await BarePair.start();
    await startServer(pair, 'source');
    await startServer(pair, 'destination');
    const before = await pair.leftovers();
    const ends = { from: pair.source.uri, to: pair.destination.uri, disks: 'none', unsafe: true } as const;
    expect(await startMigration(ends).done).toMatchObject({ ok: true, exit: 0 });
    expect(await pair.leftovers()).toEqual(before);
  });
});

/** Everything that a refusal could have changed. */
async function look(pair: BarePair): Promise<unknown> {
  const states = await Promise.all(
    [pair.source, pair.destination].map((vm) => vm.cmd<{ status: string }>('query-status')),
  );
  return { states, ...(await pair.leftovers()) };
}

/** Arguments for one more disk, on the device `id`. */
function disk(node: string, id: string): string[] {
  const blockdev = { driver: 'null-co', 'node-name': node, 'read-zeroes': true, size: 4 * MIB };
  return ['-blockdev', JSON.stringify(blockdev), '-device', `virtio-blk-pci,id=${id},drive=${node}`];
}

async function startServer(pair: BarePair, side: 'source' | 'destination'): Promise<void> {
  const path = pair.path(side, 'theirs.sock');
  await pair[side].cmd('nbd-server-start', { addr: { type: 'unix', data: { path } } });
}

/** Sends the guest to a file: a migration that needs no other QEMU. */
async function migrateElsewhere(pair: BarePair): Promise<void> {
  await setCapabilities(pair, 'events');
  await pair.source.cmd('migrate', { uri: `exec:cat > ${pair.path('source', 'state')}` });
}

async function setCapabilities(pair: BarePair, ...names: string[]): Promise<void> {
  const capabilities = names.map((capability) => ({ capability, state: true }));
  await pair.source.cmd('migrate-set-capabilities', { capabilities });
}

/** Lets the destination take a stream that is none. */
async function useUp(pair: BarePair): Promise<void> {
  await pair.destination.cmd('migrate-set-capabilities', {
    capabilities: [{ capability: 'events', state: true }],
  });
  await pair.destination.cmd('migrate-incoming', { uri: 'exec:echo no guest', 'exit-on-error': false });
  await pair.destination.event('MIGRATION', ({ status }) => status === 'failed');
}
