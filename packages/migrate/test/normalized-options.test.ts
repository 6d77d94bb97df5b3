import { describe, expect, it } from 'vitest';
import { type NormalizedOptions, normalizeOptions } from '../src/normalized-options.js';
import type { MigrateOptions } from '../src/options.js';

function normalize(said: Partial<MigrateOptions> = {}): NormalizedOptions {
  return normalizeOptions({ from: 'qmp+unix:///a', to: 'qmp+unix:///b', ...said });
}

function refusal(message: RegExp): unknown {
  return expect.objectContaining({
    name: 'MigrationError',
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message),
  });
}

it('fills in every default', () => {
  expect(normalize()).toEqual({
    disks: 'default',
    diskMap: {},
    assumeShared: [],
    allowShared: false,
    allowLarger: false,
    unsafe: false,
    bandwidth: undefined,
    maxDowntimeMs: 300,
    timeoutMs: undefined,
    addresses: { portRange: [49152, 49215] },
    verify: false,
    problems: [],
  });
});

it('keeps what was said', () => {
  const said = {
    diskMap: { vda: 'sda' },
    assumeShared: ['vdb'],
    allowShared: true,
    allowLarger: true,
    unsafe: true,
    bandwidth: 1,
    maxDowntimeMs: 1,
    timeoutMs: 1,
    verify: true,
  };
  expect(normalize(said)).toMatchObject(said);
});

describe('disks', () => {
  it.each([
    [{ disks: 'default' }, 'default'],
    [{ disks: 'none' }, 'none'],
    [{ disks: ['vda'] }, ['vda']],
    [{ params: { migrate_disks: ['vda', 'vdb'] } }, ['vda', 'vdb']],
    [{ disks: 'default', params: { migrate_disks: 'vda' } }, ['vda']],
    [{ disks: ['vdb'], params: { migrate_disks: 'vda' } }, ['vdb', 'vda']],
    [{ disks: 'none', params: { migrate_disks: [] } }, 'none'],
  ] as const)('%o means %o', (said, disks) => {
    expect(normalize(said).disks).toEqual(disks);
  });

  it('are not an empty list, which means all to libvirt and none to everybody else', () => {
    expect(() => normalize({ disks: [] })).toThrow(refusal(/'none'.*'default'/));
    expect(() => normalize({ disks: [], params: { migrate_disks: 'vda' } })).toThrow(refusal(/ambiguous/));
  });

  it('are not none and some', () => {
    expect(() => normalize({ disks: 'none', params: { migrate_disks: 'vda' } })).toThrow(
      refusal(/migrate_disks/),
    );
  });

  it('have names', () => {
    expect(() => normalize({ disks: ['vda', ''] })).toThrow(refusal(/empty name/));
    expect(() => normalize({ params: { migrate_disks: [''] } })).toThrow(refusal(/empty name/));
  });

  it('are a list even when there is one', () => {
    expect(() => normalize({ disks: 'vda' as 'default' })).toThrow(refusal(/"vda".*list/));
  });
});

describe('numbers', () => {
  it.each([
    ['bandwidth', 1, Number.MAX_SAFE_INTEGER],
    ['maxDowntimeMs', 1, 2_000_000],
    // The longest that a timer of Node takes.
    ['timeoutMs', 1, 2_147_483_647],
  ] as const)('%s is a whole number from %d to %d', (name, min, max) => {
    expect(normalize({ [name]: min })[name]).toBe(min);
    expect(normalize({ [name]: max })[name]).toBe(max);
    for (const wrong of [min - 1, max + 1, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => normalize({ [name]: wrong })).toThrow(
        refusal(new RegExp(`${name} is .* from ${min} to ${max}`)),
      );
    }
  });

  it.each([
    [1, 65535],
    [49152, 49152],
  ] as const)('ports may range from %d to %d', (first, last) => {
    expect(normalize({ portRange: [first, last] }).addresses.portRange).toEqual([first, last]);
  });

  it.each([
    [0, 10],
    [10, 9],
    [1, 65536],
    [1.5, 10],
  ] as const)('ports do not range from %d to %d', (first, last) => {
    expect(() => normalize({ portRange: [first, last] })).toThrow(refusal(/portRange/));
  });
});

describe('what can be given by an option and by a parameter', () => {
  it.each([
    ['bandwidth', { bandwidth: 2 ** 20 }, { bandwidth: 1n }, { bandwidth: 2n }],
    [
      'destinationNbd',
      { destinationNbd: 'nbd://h:1' },
      { disks_uri: 'nbd://h:1' },
      { disks_uri: 'nbd://h:2' },
    ],
    ['stateUri', { stateUri: 'tcp:h:1' }, { migrate_uri: 'tcp:h:1' }, { migrate_uri: 'tcp:h:2' }],
  ])('%s: means the same either way, may be said twice, and not in two ways', (name, option, same, other) => {
    expect(normalize(option)).toEqual(normalize({ params: same }));
    expect(normalize({ ...option, params: same })).toEqual(normalize(option));
    expect(() => normalize({ ...option, params: other })).toThrow(
      refusal(new RegExp(`${name} is given twice`)),
    );
  });

  it('addresses reach the adapter', () => {
    const params = {
      disks_uri: 'nbd://h:1',
      migrate_uri: 'tcp:h:2',
      listen_address: '192.0.2.1',
    };
    expect(normalize({ sourceNbd: 'nbd://s:3', params }).addresses).toEqual({
      sourceNbd: 'nbd://s:3',
      destinationNbd: 'nbd://h:1',
      stateUri: 'tcp:h:2',
      listenAddress: '192.0.2.1',
      portRange: [49152, 49215],
    });
    expect(normalize({ params: { disks_port: 50000 } }).addresses.disksPort).toBe(50000);
  });

  it('destinationNbd and disks_port are not given together', () => {
    expect(() => normalize({ destinationNbd: 'nbd://h', params: { disks_port: 50000 } })).toThrow(
      refusal(/disks_port.*leave one/),
    );
  });
});

describe('what is not built, or is for libvirt', () => {
  it('of the strategies engine alone is taken', () => {
    expect(() => normalize({ strategy: 'mirror' })).toThrow(refusal(/not built yet.*engine/));
    expect(() => normalize({ strategy: 'delegate' })).toThrow(refusal(/libvirt.*engine/));
    expect(normalize({ strategy: 'engine' })).toEqual(normalize());
  });

  it.each(['p2p', 'createImages'] as const)('%s is refused', (name) => {
    expect(() => normalize({ [name]: true })).toThrow(refusal(/libvirt/));
    expect(normalize({ [name]: false })).toEqual(normalize());
  });

  it("a libvirt domain's name is refused", () => {
    expect(() => normalize({ domain: 'vm1' })).toThrow(refusal(/libvirt/));
  });
});

describe('flags', () => {
  it('UNSAFE is the option unsafe', () => {
    expect(normalize({ flags: ['UNSAFE'] }).unsafe).toBe(true);
    expect(normalize({ flags: ['LIVE', 'NON_SHARED_DISK'] })).toEqual(normalize());
  });

  it('and parameters: problems of both are told at once', () => {
    const { problems } = normalize({ flags: ['TUNNELLED'], params: { destination_name: 'x' } });
    expect(problems.map(({ code, message }) => `${code} ${message.slice(0, 30)}`)).toEqual([
      'ARGUMENT_UNSUPPORTED The parameter destination_name',
      'ARGUMENT_UNSUPPORTED The flag TUNNELLED needs libvi',
    ]);
  });
});
