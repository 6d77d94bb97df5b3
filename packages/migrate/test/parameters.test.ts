import { type MigrateParamsRecord, TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import { mergeParameters } from '../src/parameters.js';

describe('what the parameters say', () => {
  it('is nothing without any', () => {
    expect(mergeParameters(undefined)).toEqual({ values: { migrateDisks: [] }, problems: [] });
    expect(mergeParameters({})).toEqual(mergeParameters(new TypedParams()));
  });

  it('is the same from typed parameters and from a record', () => {
    const record = {
      migrate_disks: ['vda', 'vdb'],
      bandwidth: 10n,
      migrate_uri: 'tcp://host:1',
      disks_uri: 'tcp://host:2',
      listen_address: '192.0.2.1',
    };
    const typed = new TypedParams()
      .addString('migrate_disks', 'vda')
      .addULLong('bandwidth', 10n)
      .addString('migrate_disks', 'vdb')
      .addString('migrate_uri', 'tcp://host:1')
      .addString('disks_uri', 'tcp://host:2')
      .addString('listen_address', '192.0.2.1');
    expect(mergeParameters(typed)).toEqual(mergeParameters(record));
    expect(mergeParameters(record)).toEqual({
      values: {
        migrateDisks: ['vda', 'vdb'],
        bandwidth: 10 * 1024 * 1024,
        migrateUri: 'tcp://host:1',
        disksUri: 'tcp://host:2',
        listenAddress: '192.0.2.1',
      },
      problems: [],
    });
  });

  it('is understood from another copy of typed-params', () => {
    const entries = [{ name: 'migrate_disks', type: 'string', value: 'vda' }];
    const foreign = { [Symbol.iterator]: () => entries.values() } as unknown as TypedParams;
    expect(mergeParameters(foreign).values.migrateDisks).toEqual(['vda']);
  });

  it('one disk may be given without a list, and an empty list names none', () => {
    expect(mergeParameters({ migrate_disks: 'vda' }).values.migrateDisks).toEqual(['vda']);
    expect(mergeParameters({ migrate_disks: [] })).toEqual(mergeParameters(undefined));
  });
});

describe('bandwidth', () => {
  it('is in MiB/s, and 0 is no limit', () => {
    expect(mergeParameters({ bandwidth: 1n }).values.bandwidth).toBe(1_048_576);
    expect(mergeParameters({ bandwidth: 0n })).toEqual(mergeParameters(undefined));
  });

  it('ends where bytes can be counted no more', () => {
    expect(mergeParameters({ bandwidth: 2n ** 33n - 1n }).values.bandwidth).toBe(2 ** 53 - 2 ** 20);
    expect(mergeParameters({ bandwidth: 2n ** 33n }).problems).toEqual([
      { code: 'INVALID_ARG', message: 'invalid argument: bandwidth must be less than 8589934592' },
    ]);
  });
});

describe('disks_port', () => {
  it.each([
    [1, 1],
    [65535, 65535],
    // libvirt's "whichever is free"
    [0, undefined],
  ])('%d is %s', (port, expected) => {
    expect(mergeParameters({ disks_port: port })).toMatchObject({ problems: [] });
    expect(mergeParameters({ disks_port: port }).values.disksPort).toBe(expected);
  });

  it.each([-1, 65536])('%d is refused as libvirt does', (port) => {
    const { problems, values } = mergeParameters({ disks_port: port });
    expect(problems).toEqual([
      { code: 'INVALID_ARG', message: 'invalid argument: nbd port must be in range 0-65535' },
    ]);
    expect(values.disksPort).toBeUndefined();
  });

  it('goes with disks_uri where it is 0, for that is none', () => {
    const { values, problems } = mergeParameters({ disks_port: 0, disks_uri: 'tcp://host:49152' });
    expect(problems).toEqual([]);
    expect(values).toMatchObject({ disksUri: 'tcp://host:49152', disksPort: undefined });
  });

  it('does not go with disks_uri', () => {
    expect(mergeParameters({ disks_port: 49152, disks_uri: 'tcp://host:49152' }).problems).toEqual([
      {
        code: 'INVALID_ARG',
        message:
          'invalid argument: Both port and URI requested for disk migration while being mutually exclusive',
      },
    ]);
  });
});

describe('parameters that are refused', () => {
  it('need libvirt: each is a problem that tells which do not', () => {
    const { problems } = mergeParameters({
      destination_name: 'other',
      compression: ['mt', 'xbzrle'],
      'parallel.connections': 4,
    });
    expect(problems.map(({ code }) => code)).toEqual(Array(3).fill('ARGUMENT_UNSUPPORTED'));
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^The parameter destination_name needs libvirt.*migrate_disks/),
      expect.stringMatching(/^The parameter compression needs libvirt/),
      expect.stringMatching(/^The parameter parallel\.connections needs libvirt/),
    ]);
  });

  it('are at fault by libvirt: unknown, repeated, of a wrong type', () => {
    const typed = new TypedParams()
      .addString('migrate_disk', 'vda')
      .addString('migrate_uri', 'tcp://one:1')
      .addString('migrate_uri', 'tcp://two:2')
      .addInt('bandwidth', 10);
    expect(mergeParameters(typed).problems).toEqual([
      {
        code: 'ARGUMENT_UNSUPPORTED',
        message: "argument unsupported: parameter 'migrate_disk' not supported",
      },
      {
        code: 'INVALID_ARG',
        message: "invalid argument: parameter 'migrate_uri' occurs multiple times",
      },
      {
        code: 'INVALID_ARG',
        message: "invalid argument: invalid type 'int' for parameter 'bandwidth', expected 'ullong'",
      },
    ]);
  });

  it('do not hide the others, nor what is wrong with them', () => {
    const typed = new TypedParams()
      .addString('nosuch', 'x')
      .addInt('bandwidth', 10)
      .addStringList('migrate_disks', ['vda', 'vdb'])
      .addInt('disks_port', 70000)
      .addString('destination_name', 'other');
    const { values, problems } = mergeParameters(typed);
    expect(values).toMatchObject({ migrateDisks: ['vda', 'vdb'], bandwidth: undefined });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("'nosuch' not supported"),
      expect.stringContaining("parameter 'bandwidth'"),
      expect.stringContaining('destination_name needs libvirt'),
      expect.stringContaining('nbd port'),
    ]);
  });

  it.each([
    [{ nosuch: 'x' }, "parameter 'nosuch' not supported"],
    [{ toString: 'x' }, "parameter 'toString' not supported"],
    [{ bandwidth: 10 }, 'expected unsigned long long'],
    [{ bandwidth: -1n }, 'expected unsigned long long'],
    [{ disks_port: 1.5 }, 'expected int'],
    [{ migrate_uri: ['tcp://a:1', 'tcp://b:2'] }, 'occurs multiple times'],
    [{ migrate_disks: 'vd\0a' }, "Invalid value for field 'migrate_disks'"],
  ])('in a record %o are a mistake of usage', (record, message) => {
    expect(() => mergeParameters(record as unknown as MigrateParamsRecord)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });
});
