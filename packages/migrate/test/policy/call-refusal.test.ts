import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import type { MigrateFlag } from '../../src/index.js';
import { callRefusal } from '../../src/policy/call-refusal.js';
import { paramsOf } from '../support/said-call.js';

const dest = 'there';
const ANY = { takeExtensibleParameters: true };
const OLD = { takeExtensibleParameters: false };

describe('the first of several faults', () => {
  // Each was said by libvirt 11.3 of just these.
  it.each([
    [
      'migrate',
      ['NON_SHARED_DISK', 'NON_SHARED_INC'],
      { dname: '' },
      /^string dname in virDomainMigrate must/,
    ],
    ['migrate', ['TUNNELLED', 'PARALLEL'], {}, /TUNNELLED' and .*PARALLEL'/],
    ['migrate2', ['TUNNELLED', 'NON_SHARED_SYNCHRONOUS_WRITES'], {}, /SYNCHRONOUS_WRITES'$/],
    [
      'migrate',
      ['NON_SHARED_DISK', 'NON_SHARED_INC', 'PEER2PEER'],
      { uri: 'qemu+tcp://localhost/' },
      /_INC'/,
    ],
    ['migrateToURI', ['PEER2PEER', 'TUNNELLED', 'PARALLEL'], {}, /^duri in virDomainMigrateToURI must not/],
    [
      'migrateToURI',
      ['PEER2PEER'],
      { duri: 'localhost://', dname: '' },
      /^string dname in virDomainMigrateToURI/,
    ],
    ['migrateToURI2', ['PEER2PEER'], { dname: '' }, /^string dname in virDomainMigrateToURI2/],
    ['migrateToURI2', ['PEER2PEER', 'NON_SHARED_DISK', 'NON_SHARED_INC'], {}, /_INC' are mutually/],
    [
      'migrateToURI2',
      ['PEER2PEER', 'COMPRESSED', 'PARALLEL', 'POSTCOPY'],
      { dconnuri: 'x' },
      /compression algo/,
    ],
    ['migrate2', ['COMPRESSED', 'PARALLEL', 'POSTCOPY'], {}, /non-live or paused/],
  ] as const)('%s %j %j', (call, flags, given, message) => {
    const asked = { call, dest, flags: flags as readonly MigrateFlag[], ...given };
    expect(callRefusal(asked as Parameters<typeof callRefusal>[0], ANY)?.message).toMatch(message);
  });

  it.each([
    ['migrate3', ['NON_SHARED_DISK', 'NON_SHARED_INC'], ['destination_name='], /_INC' are mutually/],
    ['migrate3', ['PEER2PEER', 'NON_SHARED_SYNCHRONOUS_WRITES'], [], /SYNCHRONOUS_WRITES'$/],
    ['migrate3', ['PEER2PEER', 'TUNNELLED'], ['destination_name='], /^use virDomainMigrateToURI3/],
    [
      'migrate3',
      [],
      ['destination_name=', 'nosuch=1'],
      /^string dname in virDomainMigrate3 must not be empty/,
    ],
    ['migrate3', [], ['destination_name=x', 'destination_name='], /'destination_name' occurs multiple times/],
    ['migrate3', ['POSTCOPY', 'PAUSED'], ['nosuch=1'], /parameter 'nosuch' not supported/],
    ['migrateToURI3', ['PEER2PEER'], ['nosuch=1'], /^dconnuri in virDomainMigrateToURI3 must not be NULL/],
  ] as const)('%s %j %j', (call, flags, texts, message) => {
    const asked = { call, dest, flags: flags as readonly MigrateFlag[], params: paramsOf(texts) };
    expect(callRefusal(asked as Parameters<typeof callRefusal>[0], ANY)?.message).toMatch(message);
  });
});

describe('a peer that takes no more than the old calls can say', () => {
  const flags: readonly MigrateFlag[] = ['LIVE', 'NON_SHARED_DISK'];
  const refusal = {
    code: 'ARGUMENT_UNSUPPORTED',
    message:
      'argument unsupported: Migration APIs with extensible parameters are not supported but extended parameters were passed',
  };

  it.each(['migrate_disks=vda', 'disks_port=1', 'listen_address=::', 'nosuch=1', 'persistent_xml=<domain/>'])(
    'refuses %s',
    (text) => {
      const params = paramsOf(['migrate_uri=tcp://b', text]);
      expect(callRefusal({ call: 'migrate3', dest, params, flags }, OLD)).toEqual(refusal);
      expect(callRefusal({ call: 'migrateToURI3', dconnuri: 'b', params, flags }, OLD)).toEqual(refusal);
    },
  );

  it('takes all four of those', () => {
    const params = paramsOf([
      ...['migrate_uri=tcp://b', 'destination_name=other', 'destination_xml=<domain/>'],
      'bandwidth=5',
    ]);
    expect(callRefusal({ call: 'migrate3', dest, params, flags }, OLD)).toBeUndefined();
    expect(callRefusal({ call: 'migrate3', dest, params: new TypedParams(), flags }, OLD)).toBeUndefined();
  });

  it('reads those four first, and looks whether the others are known afterwards', () => {
    const wrong = new TypedParams().addString('nosuch', 'x').addInt('bandwidth', 1);
    expect(callRefusal({ call: 'migrate3', dest, params: wrong, flags }, OLD)?.message).toMatch(
      /'bandwidth'/,
    );
    const unnamed = paramsOf(['nosuch=1', 'destination_name=']);
    expect(callRefusal({ call: 'migrate3', dest, params: unnamed, flags }, OLD)?.message).toMatch(/dname/);
  });
});

describe('the same host', () => {
  it.each([
    ['', true],
    ['qemu:///system', true],
    ['qemu+ssh://root@localhost/system', true],
    ['qemu+tcp://localhost.localdomain/system', true],
    ['qemu+tcp://127.0.0.1/system', false],
    ['qemu+unix:///system?socket=/run/other', false],
    ['qmp+unix:///run/b.sock', false],
    ['qemu+ssh://b/system', false],
  ])('is %j: %s', (dconnuri, isLocal) => {
    const flags: readonly MigrateFlag[] = ['PEER2PEER'];
    const refused = callRefusal({ call: 'migrateToURI2', dconnuri, flags }, ANY);
    expect(refused?.message === 'Attempt to migrate guest to the same host').toBe(isLocal);
  });

  it('without PEER2PEER is none of its business', () => {
    expect(
      callRefusal({ call: 'migrateToURI', duri: 'qmp+tcp://localhost:4444', flags: [] }, ANY),
    ).toBeUndefined();
  });
});
