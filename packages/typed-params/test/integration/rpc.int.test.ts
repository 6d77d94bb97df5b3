import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CarriedParams, carriedParams, LibvirtPair, requires, run } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobStatistics, migrationSchema, type TypedParam, TypedParams, validate } from '../../src/index.js';
import { writeCaptured } from '../support/captured-message.js';
import { type Observed, observeVirsh } from '../support/observed-virsh.js';

const lab = requires('libvirt', 'guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`what libvirt's own client and daemon send ${lab.reason}`, () => {
  let pair: LibvirtPair;
  beforeAll(async () => {
    pair = await LibvirtPair.start();
    await defineIdle(pair);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  const selected: readonly TypedParam[] = [
    ullong('bandwidth', 200n),
    string('migrate_disks', 'vda'),
    string('migrate_disks', 'vdb'),
  ];
  const migrate = [
    ...['migrate', '--live', '--copy-storage-all', '--migrate-disks', 'vda,vdb', '--bandwidth', '200'],
    ...['--unsafe'],
  ];

  it('in a migration that virsh manages', async () => {
    const observed = await observeVirsh(pair, 'source', [...migrate, pair.domain, 'DESTINATION']);
    expect(observed.refusal).toBe('');
    const toSource = carriedParams(observed.saidTo.source);
    const toDestination = carriedParams(observed.saidTo.destination);
    expect(toSource.map(({ procedure }) => procedure)).toEqual([
      'DOMAIN_MIGRATE_BEGIN3_PARAMS',
      'DOMAIN_MIGRATE_PERFORM3_PARAMS',
      'DOMAIN_MIGRATE_CONFIRM3_PARAMS',
    ]);
    expect(toDestination.map(({ procedure }) => procedure)).toEqual([
      'DOMAIN_MIGRATE_PREPARE3_PARAMS',
      'DOMAIN_MIGRATE_FINISH3_PARAMS',
    ]);
    const [begin, ...later] = [...toSource, ...toDestination].map(decoded);
    expect(begin).toEqual(selected);
    for (const params of later) {
      expect(params).toEqual(expect.arrayContaining([...selected]));
      const xml = params.find(({ name }) => name === 'destination_xml')?.value;
      expect(xml).toContain(`<name>${pair.domain}</name>`);
    }
    await keep('managed-begin3', observed, toSource[0]);
    await keep('managed-perform3', observed, toSource[1]);
  });

  it('in statistics of that migration', async () => {
    const observed = await observeVirsh(pair, 'destination', ['domjobinfo', pair.domain, '--completed']);
    const [reply, ...more] = carriedParams(observed.saidBy.destination);
    expect(more).toEqual([]);
    expect(reply?.procedure).toBe('DOMAIN_GET_JOB_STATS');
    const params = decoded(reply);
    expect(params).toContainEqual(int('operation', 4));
    expect(params.map(({ name }) => name)).toContain('memory_total');
    validate(new TypedParams(params), jobStatistics);
    await keep('job-stats-reply', observed, reply);
  });

  it('in a migration from peer to peer', async () => {
    const observed = await observeVirsh(pair, 'destination', [...migrate, '--p2p', pair.domain, 'SOURCE']);
    expect(observed.refusal).toBe('');
    const byVirsh = carriedParams(observed.saidTo.destination);
    expect(byVirsh.map(({ procedure }) => procedure)).toEqual(['DOMAIN_MIGRATE_PERFORM3_PARAMS']);
    expect(decoded(byVirsh[0])).toEqual(selected);
    const byPeer = carriedParams(observed.saidTo.source);
    expect(byPeer.map(({ procedure }) => procedure)).toEqual([
      'DOMAIN_MIGRATE_PREPARE3_PARAMS',
      'DOMAIN_MIGRATE_FINISH3_PARAMS',
    ]);
    for (const carried of byPeer) expect(decoded(carried)).toEqual(expect.arrayContaining([...selected]));
    await keep('peer-to-peer-perform3', observed, byVirsh[0]);
  });

  it('in a migration with every parameter that virsh has', async () => {
    const file = join(pair.directory, 'other.xml');
    const xml = '<domain/>\n';
    await writeFile(file, xml);
    const observed = await observeVirsh(pair, 'source', [
      ...['migrate', '--live', '--unsafe', '--persistent', '--copy-storage-all', '--compressed'],
      ...['--auto-converge', '--parallel', '--tls', '--xml', file, '--persistent-xml', file],
      // The guest has no such disk: nothing happens.
      ...['--migrate-disks', 'vdb,nope,vdb', '--comp-methods', 'xbzrle,mt'],
      ...optionsOfMigrate.flatMap(([option, { value }]) => [option, String(value)]),
      ...[pair.domain, 'DESTINATION'],
    ]);
    expect(observed.refusal).toContain('disk target nope not found');
    const params = decoded(carriedParams(observed.saidTo.source)[0]);
    expect(params).toEqual(
      byName([
        ...['vdb', 'nope', 'vdb'].map((disk) => string('migrate_disks', disk)),
        ...['xbzrle', 'mt'].map((method) => string('compression', method)),
        ...[string('destination_xml', xml), string('persistent_xml', xml)],
        ...optionsOfMigrate.map(([, param]) => param),
      ]),
    );
    validate(new TypedParams(params), migrationSchema);
  });

  it('with as many parameters as there may be', async () => {
    const disks = Array.from({ length: 63 }, (_, index) => `disk${index}`);
    const observed = await observeVirsh(pair, 'source', [
      ...['migrate', '--live', '--unsafe', '--copy-storage-all', '--migrate-disks', disks.join(',')],
      ...['--bandwidth', '1', pair.domain, 'DESTINATION'],
    ]);
    expect(observed.refusal).toContain('disk target disk0 not found');
    const [begin] = carriedParams(observed.saidTo.source);
    const [bandwidth, ...others] = decoded(begin);
    expect(bandwidth).toMatchObject({ name: 'bandwidth', value: 1n });
    expect(others.map(({ value }) => value)).toEqual(disks);
  });

  it.each<[string, readonly string[], readonly TypedParam[]]>([
    [
      'DOMAIN_SET_SCHEDULER_PARAMETERS_FLAGS',
      ['schedinfo', 'idle', '--config', '--set', 'vcpu_quota=-1', '--set', 'vcpu_period=100000'],
      [ullong('vcpu_period', 100000n), { name: 'vcpu_quota', type: 'llong', value: -1n }],
    ],
    [
      'DOMAIN_SET_BLKIO_PARAMETERS',
      ['blkiotune', 'idle', '--config', '--weight', '500', '--device-weights', '/dev/null,300'],
      [string('device_weight', '/dev/null,300'), { name: 'weight', type: 'uint', value: 500 }],
    ],
    [
      'DOMAIN_SET_BLOCK_IO_TUNE',
      ['blkdeviotune', 'idle', 'vda', '--config', '--read-iops-sec', '7', '--group-name', 'gäst'],
      [string('group_name', 'gäst'), ullong('read_iops_sec', 7n)],
    ],
    [
      'DOMAIN_SET_NUMA_PARAMETERS',
      ['numatune', 'idle', '--config', '--mode', 'preferred', '--nodeset', '0'],
      [int('numa_mode', 1), string('numa_nodeset', '0')],
    ],
    [
      'DOMAIN_SET_PERF_EVENTS',
      ['perf', 'idle', '--config', '--enable', 'cmt', '--disable', 'mbml'],
      [
        { name: 'cmt', type: 'boolean', value: true },
        { name: 'mbml', type: 'boolean', value: false },
      ],
    ],
  ])('in %s', async (procedure, args, params) => {
    const observed = await observeVirsh(pair, 'source', args);
    expect(observed.refusal).toBe('');
    const calls = carriedParams(observed.saidTo.source);
    expect(calls.map((call) => call.procedure)).toEqual([procedure]);
    expect(decoded(calls[0])).toEqual(params);
    for (const reply of carriedParams(observed.saidBy.source)) decoded(reply);
  });

  it('in statistics of several domains', async () => {
    const observed = await observeVirsh(pair, 'source', ['domstats', '--state', '--balloon']);
    const replies = carriedParams(observed.saidBy.source);
    expect(replies.map(({ procedure }) => procedure)).toEqual(
      new Array(2).fill('CONNECT_GET_ALL_DOMAIN_STATS'),
    );
    for (const reply of replies) {
      const types = new Set(decoded(reply).map(({ type }) => type));
      expect([...types].sort()).toEqual(['int', 'ullong']);
    }
  });
});

/** The parameters by name, those of one name in their order, after a check that they encode to the same bytes. */
function decoded(carried: CarriedParams | undefined): TypedParam[] {
  if (carried === undefined) throw new Error('there are no parameters');
  const params = TypedParams.fromXdr(carried.bytes);
  expect(Buffer.from(params.toXdr()).toString('hex')).toBe(carried.bytes.toString('hex'));
  return byName(params);
}

function byName(params: Iterable<TypedParam>): TypedParam[] {
  return [...params].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Renews a fixture, if that is asked for. */
async function keep(name: string, { command }: Observed, carried: CarriedParams | undefined): Promise<void> {
  if (process.env['BLOCKFERRY_CAPTURE'] !== '1' || carried === undefined) return;
  const { stdout } = await run('virsh', ['--version']);
  writeCaptured(name, carried, { libvirt: stdout.trim(), command });
}

/** A domain whose tunables can be set, as it does not run. */
async function defineIdle({ directory, source }: LibvirtPair): Promise<void> {
  const definition = join(directory, 'idle.xml');
  await writeFile(
    definition,
    `<domain type='qemu'>
      <name>idle</name>
      <memory unit='MiB'>16</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices>
        <disk type='file' device='disk'><source file='/none'/><target dev='vda' bus='virtio'/></disk>
      </devices>
    </domain>`,
  );
  await source.virsh('define', definition);
}

function int(name: string, value: number): TypedParam {
  return { name, type: 'int', value };
}

function ullong(name: string, value: bigint): TypedParam {
  return { name, type: 'ullong', value };
}

function string(name: string, value: string): TypedParam {
  return { name, type: 'string', value };
}

/** Those with one value, and what each of them becomes. */
const optionsOfMigrate: readonly (readonly [string, TypedParam])[] = [
  ['--auto-converge-increment', int('auto_converge.increment', 15)],
  ['--auto-converge-initial', int('auto_converge.initial', 30)],
  ['--available-switchover-bandwidth', ullong('bandwidth.avail.switchover', 3n)],
  ['--bandwidth', ullong('bandwidth', 2n ** 43n - 1n)],
  ['--comp-mt-dthreads', int('compression.mt.dthreads', 3)],
  ['--comp-mt-level', int('compression.mt.level', 0)],
  ['--comp-mt-threads', int('compression.mt.threads', 2 ** 31 - 1)],
  ['--comp-xbzrle-cache', ullong('compression.xbzrle.cache', 2n ** 64n - 1n)],
  ['--comp-zlib-level', int('compression.zlib.level', 9)],
  ['--comp-zstd-level', int('compression.zstd.level', 20)],
  ['--disks-port', int('disks_port', 49300)],
  ['--disks-uri', string('disks_uri', 'unix:///nbd')],
  ['--dname', string('destination_name', 'gäst-☃-𝄞')],
  ['--graphicsuri', string('graphics_uri', 'spice://192.0.2.1')],
  ['--listen-address', string('listen_address', '192.0.2.1')],
  ['--migrate-disks-detect-zeroes', string('migrate_disks_detect_zeroes', 'vda')],
  ['--migrateuri', string('migrate_uri', 'tcp://192.0.2.1')],
  ['--parallel-connections', int('parallel.connections', 4)],
  ['--postcopy-bandwidth', ullong('bandwidth.postcopy', 2n)],
  ['--tls-destination', string('tls.destination', 'b.test')],
];
