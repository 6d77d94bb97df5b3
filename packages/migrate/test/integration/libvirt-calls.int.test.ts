import { join } from 'node:path';
import {
  LibvirtPair,
  MIGRATION_PARAMS_FEATURE,
  MigrationCalls,
  OlderLibvirt,
  requires,
  sha256,
  uriOf,
} from '@blockferry/lab';
import { errorCodes } from '@blockferry/libvirt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Host, openDomain, openHost } from '../../src/index.js';
import { BarePair } from '../support/bare-pair.js';
import { EmbeddedPair } from '../support/embedded-pair.js';
import { ObservedLibvirt } from '../support/observed-libvirt.js';
import { byArguments } from '../support/refused-arguments.js';
import {
  type Adapter,
  byDisks,
  byOldPeer,
  byState,
  type RefusedCall,
  unsafe,
} from '../support/refused-calls.js';
import { inFolder, make, type SaidCall, toLibvirt, wordsOf } from '../support/said-call.js';
import { SmallDomains } from '../support/small-domains.js';

const lab = requires('libvirt', 'libvirt-headers', 'gcc', 'guest', 'qemu-system-x86_64', 'qemu-img');

/*
 * Every way in which libvirt refuses a migration (docs/migration-calls.md): first its own C functions are asked, with the
 * same arguments in the same state, then ours, on each adapter where that refusal has a meaning.
 */
describe.skipIf(!lab.available)(`calls that are refused ${lab.reason}`, () => {
  let pair: LibvirtPair;
  let libvirt: MigrationCalls;
  let small: SmallDomains;
  let bare: BarePair;
  let embedded: EmbeddedPair;

  beforeAll(async () => {
    pair = await LibvirtPair.start({ disks: DISKS, isBooted: false, hasCertificates: true });
    libvirt = await MigrationCalls.compile(pair);
    small = new SmallDomains(pair);
    bare = await BarePair.start({ source: SIDE, destination: SIDE });
    embedded = await EmbeddedPair.create();
  });
  afterAll(async () => {
    await embedded?.[Symbol.asyncDispose]();
    await bare?.[Symbol.asyncDispose]();
    await pair?.[Symbol.asyncDispose]();
  });

  /** The rows of `calls` for an adapter, each with a name. */
  function rows(calls: readonly RefusedCall[], adapter: Adapter): [string, RefusedCall][] {
    return calls.filter(({ on }) => on?.includes(adapter) ?? true).map((call) => [wordsOf(call), call]);
  }

  /** By libvirt itself, and so by us on libvirt. */
  async function expectOnLibvirt(
    row: RefusedCall,
    { name = pair.domain, to = pair.destination.uri }: { name?: string; to?: string } = {},
  ): Promise<void> {
    const call = inFolder(row, pair.source.images);
    const asked = { domain: name, destination: to };
    const [said] = await libvirt.ask([toLibvirt(call, to)], asked);
    expect(said).toMatchObject({
      code: errorCodes[row.code as keyof typeof errorCodes],
      message: row.message,
    });
    await using domain = await openDomain(pair.source.uri, { domain: name });
    await using dest = await openHost(to);
    await expect(make(call, domain, dest)).rejects.toMatchObject({ code: row.code, message: row.message });
  }

  async function expectOnQemu(row: RefusedCall, on: BarePair): Promise<void> {
    const before = await on.leftovers();
    await using domain = await openDomain(on.source.uri);
    await using dest = await openHost(on.destination.uri);
    const { code, message } = row;
    await expect(make(row, domain, dest)).rejects.toMatchObject({ code, message });
    expect(await on.leftovers()).toEqual(before);
  }

  async function expectOnEmbedded(row: RefusedCall): Promise<void> {
    const { code, message } = row;
    await expect(make(row, embedded.domain, embedded.b)).rejects.toMatchObject({ code, message });
    expect(embedded.domain.guest).toMatchObject({ host: 'a', running: true });
  }

  describe.each([
    ['for its arguments', byArguments],
    ['for disks that stay', unsafe],
  ])('%s', (_, calls) => {
    it.each(rows(calls, 'libvirt'))('on libvirt: %s', (_, row) => expectOnLibvirt(row));
    it.each(rows(calls, 'qemu'))('on QEMU: %s', (_, row) => expectOnQemu(row, bare));
    it.each(rows(calls, 'embedded'))('on an embedded domain: %s', (_, row) => expectOnEmbedded(row));
  });

  describe('for its disks', () => {
    beforeAll(() => small.start('parts', SmallDomains.PARTS));
    it.each(rows(byDisks, 'libvirt'))('on libvirt: %s', (_, row) => expectOnLibvirt(row, { name: 'parts' }));
    it.each(rows(byDisks, 'qemu'))('on QEMU: %s', (_, row) => expectOnQemu(row, bare));
    it.each(rows(byDisks, 'embedded'))('on an embedded domain: %s', (_, row) => expectOnEmbedded(row));
  });

  describe('for a snapshot', () => {
    beforeAll(() => small.rememberSnapshot(pair.domain));
    afterAll(() => small.forgetSnapshot(pair.domain));
    it.each(rows(byState.snapshot, 'libvirt'))('%s', (_, row) => expectOnLibvirt(row));
  });

  describe('for a transient disk', () => {
    beforeAll(() => small.start('transient', SmallDomains.TRANSIENT));
    it.each(rows(byState.transientDisk, 'libvirt'))('%s', (_, row) =>
      expectOnLibvirt(row, { name: 'transient' }),
    );
  });

  describe('for a block job', () => {
    let busy: BarePair;
    beforeAll(async () => {
      busy = await BarePair.start();
      await busy.backUp('vdb');
      await small.beginBlockJob(pair.domain, 'vdb');
    });
    afterAll(async () => {
      await small.endBlockJob(pair.domain, 'vdb');
      await busy?.[Symbol.asyncDispose]();
    });
    it.each(rows(byState.blockJob, 'libvirt'))('on libvirt: %s', (_, row) => expectOnLibvirt(row));
    it.each(rows(byState.blockJob, 'qemu'))('on QEMU: %s', (_, row) => expectOnQemu(row, busy));
  });

  describe('by a peer that knows no typed parameters', () => {
    let older: OlderLibvirt;
    beforeAll(async () => {
      const socket = join(pair.directory, 'older.sock');
      older = await OlderLibvirt.start(socket, pair.destination.socketPath, MIGRATION_PARAMS_FEATURE);
    });
    afterAll(() => older?.[Symbol.asyncDispose]());

    it.each(rows(byOldPeer, 'libvirt'))('%s', async (_, row) => {
      const before = older.asked;
      await expectOnLibvirt(row, { to: uriOf(older.socketPath) });
      expect(older.asked).toBe(before + 2);
    });
  });

  describe('by a destination that has the name', () => {
    beforeAll(() => small.takeName(pair.domain));
    afterAll(() => small.giveName(pair.domain));

    // The old calls are frozen: what goes over libvirt's wire is what its own functions send.
    it.each(SENT)('is what libvirt itself has sent: $call', async (said) => {
      const xml = (await pair.source.virsh('dumpxml', '--migratable', pair.domain)).stdout;
      const call = said.call.endsWith('2') ? { ...said, dxml: xml.replaceAll(/\s*\n\s*/g, ' ') } : said;
      await using theirs = await ObservedLibvirt.start(pair, 'theirs');
      const asked = { source: theirs.uri('source'), destination: theirs.uri('destination') };
      const [refused] = await libvirt.ask([toLibvirt(call, pair.destination.uri)], asked);
      expect(refused?.message).toContain('already exists with uuid');

      await using ours = await ObservedLibvirt.start(pair, 'ours');
      await using domain = await openDomain(ours.uri('source'), { domain: pair.domain });
      await using dest = await openHost(ours.uri('destination'));
      const made = make({ to: pair.destination.uri, ...call }, domain, dest);
      await expect(made).rejects.toMatchObject({ message: refused?.message });
      for (const side of ['source', 'destination'] as const) {
        expect(ours.migrationMessages(side)).toEqual(theirs.migrationMessages(side));
      }
      const messages = ours.migrationMessages('source').map(({ payload }) => payload.toString('latin1'));
      expect(messages.length).toBeGreaterThan(0);
      expect(messages.some((text) => text.includes('migrate_disks'))).toBe(call.call.endsWith('3'));
    });
  });

  it('so late that libvirt forgets its job, do not stand in the way of the next one', async () => {
    await using domain = await openDomain(pair.source.uri, { domain: pair.domain });
    await using dest = await openHost(pair.destination.uri);
    const late = { 'auto_converge.initial': 5 };
    for (let count = 0; count < 2; count++) {
      await expect(domain.migrate3(dest, late, ['LIVE', 'UNSAFE'])).rejects.toMatchObject({
        code: 'INVALID_ARG',
        message: 'invalid argument: Turn auto convergence on to tune it',
      });
    }
  });

  it('leave the guest where it is', async () => {
    expect((await pair.source.virsh('domstate', pair.domain)).stdout.trim()).toBe('running');
    expect((await pair.destination.virsh('list', '--all', '--name')).stdout.trim()).toBe('');
  });

  describe('and calls that are not', () => {
    it.each(MOVES)('on libvirt: $said.call copies $copied', async ({ said, copied }) => {
      const name = `by-${said.call}`;
      await small.start(name, SmallDomains.SHARING);
      await using domain = await openDomain(pair.source.uri, { domain: name });
      await using dest = await openHost(pair.destination.uri);
      await make({ ...said, flags: said.call.includes('URI') ? `${COPY} PEER2PEER` : COPY }, domain, dest);
      const there = (await pair.destination.virsh('list', '--name')).stdout.split('\n');
      expect(there).toContain(said.dname ?? name);
      expect((await pair.source.virsh('list', '--all', '--name')).stdout.split('\n')).not.toContain(name);
      expect(await small.copied(name, SmallDomains.SHARING)).toEqual(copied);
    });

    // Those to an open host are tried on embedded domains.
    it.each(MOVES.filter(({ said }) => said.call.includes('URI')))(
      'on QEMU: $said.call copies $copied',
      async ({ said, copied }) => {
        const vdc = { name: 'vdc', device: 'share-rw=on' };
        const side = { disks: [{ name: 'vda' }, { name: 'vdb' }, vdc] };
        await using pair = await BarePair.start({ source: side, destination: side });
        await using domain = await openDomain(pair.source.uri);
        const { dname: _, ...call } = said;
        await make({ ...call, to: pair.destination.uri, flags: COPY }, domain, { uri: '' } as Host);
        expect(await pair.destination.cmd('query-status')).toMatchObject({ status: 'running' });
        await pair.end();
        const same: string[] = [];
        for (const { name } of side.disks) {
          const [here, there] = [pair.path('source', name), pair.path('destination', name)].map(sha256);
          if ((await here) === (await there)) same.push(name);
        }
        expect(same).toEqual(copied);
      },
    );
  });
});

const COPY = 'LIVE UNSAFE NON_SHARED_DISK';

/** Of a guest with vda, vdb, and vdc, which is shareable. */
const MOVES: readonly { said: Omit<SaidCall, 'flags'>; copied: readonly string[] }[] = [
  { said: { call: 'migrate', bandwidth: 100 }, copied: ['vda', 'vdb'] },
  { said: { call: 'migrate2', dname: 'renamed' }, copied: ['vda', 'vdb'] },
  { said: { call: 'migrate3', params: ['migrate_disks=vdb'] }, copied: ['vdb'] },
  { said: { call: 'migrateToURI', bandwidth: 100 }, copied: ['vda', 'vdb'] },
  { said: { call: 'migrateToURI2', dname: 'renamed too' }, copied: ['vda', 'vdb'] },
  { said: { call: 'migrateToURI3', params: ['migrate_disks=vda', 'bandwidth=100'] }, copied: ['vda'] },
];

/** With all arguments but a definition, which is the guest's own. */
const SENT: readonly SaidCall[] = [
  { call: 'migrate', flags: COPY, dname: 'lab', uri: 'tcp://192.0.2.1:49999', bandwidth: 7 },
  { call: 'migrate2', flags: COPY, dname: 'lab', uri: 'tcp://192.0.2.1:49999', bandwidth: 7 },
  { call: 'migrate3', flags: COPY, params: ['migrate_disks=vda', 'migrate_disks=vdb', 'bandwidth=7'] },
  { call: 'migrateToURI', flags: `${COPY} PEER2PEER`, dname: 'lab', bandwidth: 7 },
  {
    call: 'migrateToURI2',
    flags: `${COPY} PEER2PEER`,
    dname: 'lab',
    uri: 'tcp://192.0.2.1:49999',
    bandwidth: 7,
  },
  { call: 'migrateToURI3', flags: `${COPY} PEER2PEER`, params: ['migrate_disks=vda', 'migrate_disks=vdb'] },
];

/** None is ever copied: their names are all that counts. */
const DISKS = ['vda', 'vdb'].map((name) => ({ name, sizeMiB: 4, filledMiB: 0, rateKiB: 0 }));

/** Two disks that are written, one that is read-only, an empty drive. */
const SIDE = {
  disks: [{ name: 'vda' }, { name: 'vdb' }, { name: 'vdr', readOnly: true }],
  extraArguments: ['-device', 'ide-cd,id=sdb'],
};
