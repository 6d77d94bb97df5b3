import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import { type DelegateOptions, normalizeDelegateOptions } from '../src/delegate-options.js';
import type { Domain } from '../src/domain.js';
import type { MigrateOptions } from '../src/options.js';

function normalize(said: Partial<MigrateOptions> = {}): DelegateOptions {
  return normalizeDelegateOptions({
    from: 'qemu:///system',
    to: 'qemu+ssh://b/system',
    domain: 'vm1',
    ...said,
  });
}

function refusal(message: RegExp): unknown {
  return expect.objectContaining({
    name: 'MigrationError',
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message),
  });
}

it('fills in every default', () => {
  const { params, ...others } = normalize();
  expect([...params]).toEqual([]);
  expect(others).toEqual({
    disks: 'default',
    assumeShared: [],
    allowShared: false,
    allowLarger: false,
    unsafe: false,
    flags: [],
    p2p: false,
    createImages: false,
    bandwidth: undefined,
    maxDowntimeMs: undefined,
    timeoutMs: undefined,
    problems: [],
  });
});

it('keeps what was said', () => {
  const said = {
    assumeShared: ['vdb'],
    allowShared: true,
    allowLarger: true,
    unsafe: true,
    flags: ['AUTO_CONVERGE'],
    p2p: true,
    createImages: true,
    bandwidth: 1,
    maxDowntimeMs: 2_000_000,
    timeoutMs: 1,
  } as const;
  expect(normalize(said)).toMatchObject(said);
  expect(normalize({ strategy: 'delegate' }).problems).toEqual([]);
});

describe('flags that are options', () => {
  it('mean the same', () => {
    expect(normalize({ flags: ['PEER2PEER'] }).p2p).toBe(true);
    expect(normalize({ flags: ['UNSAFE'] }).unsafe).toBe(true);
  });
});

describe('parameters', () => {
  it('go as they are, without the disks', () => {
    const params = { migrate_disks: ['vda', 'vdb'], compression: ['xbzrle', 'mt'], bandwidth: 5n };
    const normalized = normalize({ params, disks: ['vdc'] });
    expect(normalized.disks).toEqual(['vdc', 'vda', 'vdb']);
    expect([...normalized.params].map(({ name, value }) => [name, value])).toEqual([
      ['compression', 'xbzrle'],
      ['compression', 'mt'],
      ['bandwidth', 5n],
    ]);
  });

  it('that libvirt does not know, or not so, are problems, and the others still count', () => {
    const params = new TypedParams()
      .addString('nosuch', 'x')
      .addInt('migrate_uri', 1)
      .addString('migrate_disks', 'vda');
    const { problems, disks } = normalize({ params });
    expect(problems).toEqual([
      {
        code: 'ARGUMENT_UNSUPPORTED',
        message: expect.stringContaining("parameter 'nosuch' not supported"),
      },
      {
        code: 'INVALID_ARG',
        message: expect.stringContaining("invalid type 'int' for parameter 'migrate_uri'"),
      },
    ]);
    expect(disks).toEqual(['vda']);
  });

  it('a flag that does not exist is a problem', () => {
    expect(normalize({ flags: ['NOSUCH' as never] }).problems).toMatchObject([{ code: 'INVALID_ARGUMENT' }]);
  });
});

describe('addresses', () => {
  it.each([
    [{ stateUri: 'tcp://b:49200' }, 'migrate_uri', 'tcp://b:49200'],
    [{ destinationNbd: 'tcp://b:49300' }, 'disks_uri', 'tcp://b:49300'],
    [{ destinationNbd: 'nbd://b:49300' }, 'disks_uri', 'tcp://b:49300'],
    [{ destinationNbd: 'nbd://[::1]:49300/' }, 'disks_uri', 'tcp://[::1]:49300'],
    [{ destinationNbd: 'nbd+unix:///?socket=/run/a%20b.sock' }, 'disks_uri', 'unix:///run/a b.sock'],
    [{ destinationNbd: 'unix:///run/x' }, 'disks_uri', 'unix:///run/x'],
    // Whatever else it is, libvirt says what it thinks of it.
    [{ destinationNbd: 'nbd://b/export' }, 'disks_uri', 'nbd://b/export'],
    [{ stateUri: 'tcp://b', params: { migrate_uri: 'tcp://b' } }, 'migrate_uri', 'tcp://b'],
  ])('%o is the parameter %s=%s', (said, name, value) => {
    expect([...normalize(said).params]).toEqual([{ name, type: 'string', value }]);
  });

  it('said twice, and not alike, are refused', () => {
    const params = { migrate_uri: 'tcp://b', disks_uri: 'tcp://b:1' };
    expect(() => normalize({ params, stateUri: 'tcp://c' })).toThrow(refusal(/stateUri is given twice/));
    expect(() => normalize({ params, destinationNbd: 'tcp://b:2' })).toThrow(refusal(/given twice/));
    expect(() => normalize({ params: { bandwidth: 1n }, bandwidth: 2 ** 20 })).toThrow(
      refusal(/given twice/),
    );
  });
});

describe('what libvirt has no way to do is refused, with what to do instead', () => {
  it.each<[Partial<MigrateOptions>, RegExp]>([
    [{ strategy: 'engine' }, /qmp\+unix/],
    [{ strategy: 'mirror' }, /qmp\+unix/],
    [{ domain: undefined as never }, /--domain/],
    [{ from: {} as Domain }, /leave it out/],
    [{ diskMap: { vda: 'sda' } }, /destination_xml/],
    [{ verify: true }, /leave verify out/],
    [{ tls: { directory: '/pki' } }, /flag TLS .*tls\.destination/],
    [{ sourceNbd: 'nbd://a:1' }, /leave sourceNbd out/],
    [{ portRange: [1, 2] }, /migration_port_min/],
    [{ disks: [] }, /ambiguous/],
    [{ disks: 'none', params: { migrate_disks: 'vda' } }, /leave one/],
    [{ bandwidth: 0 }, /bandwidth is 0/],
    [{ maxDowntimeMs: 2_000_001 }, /maxDowntimeMs is/],
    [{ timeoutMs: 2 ** 31 }, /timeoutMs is/],
    [{ destinationNbd: 'nbd+unix:///?socket=/a%' }, /percent/],
  ])('%o', (said, message) => {
    expect(() => normalize(said)).toThrow(refusal(message));
  });

  it('what asks for nothing is none of it', () => {
    expect(normalize({ diskMap: {}, verify: false }).problems).toEqual([]);
  });
});
