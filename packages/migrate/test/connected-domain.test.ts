import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import { ConnectedDomain } from '../src/connected-domain.js';
import type { DelegateCall, DelegateHost, DelegateSource } from '../src/delegate-ports.js';
import type { Domain, DomainConnection, Host } from '../src/domain.js';
import type { MigrateFlag } from '../src/index.js';
import { EmbeddedPair } from './support/embedded-pair.js';
import { FakeSession } from './support/fake-delegate.js';
import { byOldPeer, notToBeHad } from './support/refused-calls.js';
import { make } from './support/said-call.js';

/** A domain on a libvirt whose daemon the test is. */
class FakeLibvirt {
  readonly session = new FakeSession();
  readonly calls: DelegateCall[] = [];
  readonly destination = { strategy: 'delegate', adapter: 'fake' } as unknown as DelegateHost;
  readonly dest = { uri: 'qemu+ssh://b/system', port: this.destination } as unknown as Host;

  get domain(): Domain {
    const source: Pick<DelegateSource, 'strategy' | 'open'> = {
      strategy: 'delegate',
      open: async (call) => {
        this.calls.push(call);
        return this.session;
      },
    };
    return new ConnectedDomain({ port: source } as DomainConnection);
  }
}

const flags: readonly MigrateFlag[] = ['LIVE', 'NON_SHARED_DISK', 'PEER2PEER', 'TUNNELLED'];
const params = new TypedParams().addStringList('migrate_disks', ['vda', 'vdb']).addString('nosuch', 'x');

describe('on libvirt', () => {
  // Whatever the arguments are worth: there they are libvirt's to judge.
  it.each<[string, (domain: Domain, dest: Host) => Promise<void>, object]>([
    [
      'migrate',
      (domain, dest) => domain.migrate(dest, flags, '', 'uri', 7),
      { dname: '', uri: 'uri', bandwidth: 7 },
    ],
    ['migrate', (domain, dest) => domain.migrate(dest, flags, null, null), {}],
    [
      'migrate2',
      (domain, dest) => domain.migrate2(dest, '', flags, 'other', 'uri', 7),
      { dxml: '', dname: 'other', uri: 'uri', bandwidth: 7 },
    ],
    ['migrate2', (domain, dest) => domain.migrate2(dest, null, flags), {}],
    ['migrate3', (domain, dest) => domain.migrate3(dest, params, flags), { params: new TypedParams(params) }],
    [
      'migrateToURI',
      (domain) => domain.migrateToURI('', flags, '', 7),
      { duri: '', dname: '', bandwidth: 7 },
    ],
    ['migrateToURI', (domain) => domain.migrateToURI(null, flags), {}],
    [
      'migrateToURI2',
      (domain) => domain.migrateToURI2('there', 'uri', '', flags, 'other', 7),
      { dconnuri: 'there', miguri: 'uri', dxml: '', dname: 'other', bandwidth: 7 },
    ],
    ['migrateToURI2', (domain) => domain.migrateToURI2(null, null, null, flags), {}],
    [
      'migrateToURI3',
      (domain) => domain.migrateToURI3('there', params, flags),
      { dconnuri: 'there', params: new TypedParams(params) },
    ],
  ])('%s is made as it is', async (call, ask, given) => {
    const libvirt = new FakeLibvirt();
    const moved = ask(libvirt.domain, libvirt.dest);
    await libvirt.session.made;
    libvirt.session.succeed();
    await moved;
    const dest = call.includes('URI') ? {} : { dest: libvirt.destination };
    expect(libvirt.calls.map(defined)).toEqual([{ call, flags, ...dest, ...given }]);
  });

  it.each(notToBeHad)('what it says is told word for word: $message', async ({ code, message }) => {
    const libvirt = new FakeLibvirt();
    const moved = libvirt.domain.migrate3(libvirt.dest, { migrate_disks: ['vda'] }, flags);
    await libvirt.session.made;
    libvirt.session.fail(code, message);
    await expect(moved).rejects.toMatchObject({ name: 'MigrationError', code, message });
  });

  it('a host without libvirt is none to go to', async () => {
    const libvirt = new FakeLibvirt();
    const other = { port: { strategy: 'engine' } } as Host;
    await expect(libvirt.domain.migrate(other, [])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(libvirt.calls).toEqual([]);
  });
});

describe('without libvirt, a peer that knows no typed parameters', () => {
  const rows = byOldPeer.filter(({ call }) => call === 'migrate3');

  it.each(rows)('refuses $params', async (row) => {
    await using pair = await EmbeddedPair.create();
    for (const peer of [pair.b.port, pair.domain.port]) {
      Object.defineProperty(peer, 'takesExtensibleParameters', { value: false, configurable: true });
      const { code, message } = row;
      await expect(make(row, pair.domain, pair.b)).rejects.toMatchObject({ code, message });
      Object.defineProperty(peer, 'takesExtensibleParameters', { value: true });
    }
    await pair.expectUntouchedSource();
  });

  it('is still one to go to with what the old calls can say', async () => {
    await using pair = await EmbeddedPair.create();
    Object.defineProperty(pair.b.port, 'takesExtensibleParameters', { value: false });
    await pair.domain.migrate3(pair.b, { bandwidth: 1024n }, ['LIVE', 'NON_SHARED_DISK']);
    expect(pair.domain.guest).toMatchObject({ host: 'b', running: true });
  });
});

/** What is given of a call. */
function defined(call: DelegateCall): object {
  return Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined));
}
