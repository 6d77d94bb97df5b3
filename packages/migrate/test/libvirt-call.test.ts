import { format, TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import type { MigrateFlag } from '../src/index.js';
import { type LibvirtCall, paramsOf } from '../src/libvirt-call.js';

const dest = 'there';
const flags: readonly MigrateFlag[] = ['LIVE', 'NON_SHARED_DISK'];

function texts(call: LibvirtCall<string>): string[] {
  return format(paramsOf(call));
}

// Frozen: virDomainMigrateUnmanaged adds these and no others, in this order (libvirt 1.1.0 to 12.2).
describe('what the old calls come to', () => {
  const all = { dname: 'other', bandwidth: 7 };

  it.each<[LibvirtCall<string>, string[]]>([
    [
      { call: 'migrate', dest, flags, uri: 'tcp://b', ...all },
      ['migrate_uri=tcp://b', 'destination_name=other', 'bandwidth=7'],
    ],
    [
      { call: 'migrate2', dest, flags, uri: 'tcp://b', dxml: '<domain/>', ...all },
      ['migrate_uri=tcp://b', 'destination_name=other', 'destination_xml=<domain/>', 'bandwidth=7'],
    ],
    [
      { call: 'migrateToURI', duri: 'qemu+ssh://b/system', flags, ...all },
      ['destination_name=other', 'bandwidth=7'],
    ],
    [
      {
        call: 'migrateToURI2',
        dconnuri: 'qemu+ssh://b/system',
        miguri: 'tcp://b',
        dxml: '<domain/>',
        flags,
        ...all,
      },
      ['migrate_uri=tcp://b', 'destination_name=other', 'destination_xml=<domain/>', 'bandwidth=7'],
    ],
  ])('%j', (call, expected) => {
    expect(texts(call)).toEqual(expected);
  });

  it('of migrate from peer to peer the URI is that of the other daemon', () => {
    const call = { dest, flags: ['PEER2PEER'], uri: 'qemu+ssh://b/system' } as const;
    expect(texts({ call: 'migrate', ...call })).toEqual([]);
    expect(texts({ call: 'migrate2', ...call, uri: 'tcp://b' })).toEqual(['migrate_uri=tcp://b']);
  });

  it.each<LibvirtCall<string>>([
    { call: 'migrate', dest, flags },
    { call: 'migrate2', dest, flags },
    { call: 'migrateToURI', duri: 'qemu+ssh://b/system', flags },
    { call: 'migrateToURI2', flags },
  ])('nothing of what is left out: $call', (call) => {
    expect(texts(call)).toEqual([]);
  });

  it('an empty text is one', () => {
    expect(texts({ call: 'migrate2', dest, flags, uri: '', dxml: '', dname: '' })).toEqual([
      'migrate_uri=',
      'destination_name=',
      'destination_xml=',
    ]);
  });

  it.each(['migrate', 'migrate2', 'migrateToURI', 'migrateToURI2'] as const)(
    'no list of disks gets into %s',
    (call) => {
      const migrate_disks = ['vda'];
      const params = new TypedParams().addStringList('migrate_disks', migrate_disks);
      const smuggled: object = {
        call,
        dest,
        duri: 'x',
        flags,
        migrate_disks,
        disks: migrate_disks,
        parameters: params,
      };
      expect(texts(smuggled as LibvirtCall<string>)).toEqual([]);
    },
  );

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('a bandwidth of %d MiB/s is none', (bandwidth) => {
    expect(() => paramsOf({ call: 'migrate', dest, flags, bandwidth })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARG' }),
    );
  });
});

it('the new calls have theirs', () => {
  const params = new TypedParams().addStringList('migrate_disks', ['vda', 'vdb']);
  expect(paramsOf({ call: 'migrate3', dest, params, flags })).toBe(params);
  expect(paramsOf({ call: 'migrateToURI3', params, flags })).toBe(params);
});
