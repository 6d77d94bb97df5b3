import { describe, expect, it } from 'vitest';
import { appendText, migrationSchema, type ParamType, type ParamValue, TypedParams } from '../src/index.js';
import { Random } from './support/random.js';
import { thrownBy } from './support/thrown.js';

const MAX_UINT = 2 ** 32 - 1;
const MAX_ULLONG = 2n ** 64n - 1n;

describe('addFromString', () => {
  it.each<[ParamType, string, ParamValue]>([
    ['int', '-2147483648', -2147483648],
    ['int', ' \t+7', 7],
    ['int', '007', 7],
    ['uint', '4294967295', MAX_UINT],
    ['uint', '-1', MAX_UINT],
    ['uint', '-4294967295', 1],
    ['uint', '-0', 0],
    ['llong', '-9223372036854775808', -(2n ** 63n)],
    ['ullong', '18446744073709551615', MAX_ULLONG],
    ['ullong', '-1', MAX_ULLONG],
    ['ullong', '-18446744073709551615', 1n],
    ['double', '1.5e3', 1500],
    ['double', ' -.5', -0.5],
    ['double', '2.', 2],
    ['double', '0e-999', 0],
    ['double', '-INF', Number.NEGATIVE_INFINITY],
    ['double', 'infinity', Number.POSITIVE_INFINITY],
    ['double', 'nan', Number.NaN],
    ['boolean', 'TRUE', true],
    ['boolean', 'false', false],
    ['boolean', '1', true],
    ['boolean', '0', false],
    ['string', '', ''],
    ['string', ' a=b ', ' a=b '],
  ])('%s of %j', (type, text, value) => {
    expect(new TypedParams().addFromString('a', type, text).get('a')).toBe(value);
  });

  it.each<[ParamType, string, string]>([
    ['int', '', 'expected int'],
    ['int', ' ', 'expected int'],
    ['int', '1 ', 'expected int'],
    ['int', '1x', 'expected int'],
    ['int', '0x10', 'expected int'],
    ['int', '1.0', 'expected int'],
    ['int', '- 1', 'expected int'],
    ['int', '2147483648', 'expected int'],
    ['int', '\u0661', 'expected int'],
    ['uint', '4294967296', 'expected unsigned int'],
    ['uint', '-4294967296', 'expected unsigned int'],
    ['llong', '9223372036854775808', 'expected long long'],
    ['ullong', '18446744073709551616', 'expected unsigned long long'],
    ['ullong', '-18446744073709551616', 'expected unsigned long long'],
    ['double', '', 'expected double'],
    ['double', '.', 'expected double'],
    ['double', '1e', 'expected double'],
    ['double', '1e999', 'expected double'],
    ['double', '1e-999', 'expected double'],
    ['double', '1e-310', 'expected double'],
    ['double', '1,5', 'expected double'],
  ])('%s is not %j', (type, text, expected) => {
    const error = thrownBy(() => new TypedParams().addFromString('a', type, text));
    expect(error.code).toBe('INVALID_ARG');
    expect(error.message).toBe(`invalid argument: Invalid value for field 'a': ${expected}`);
  });

  it.each(['yes', 'on', '', '2', ' true', '01'])('boolean is not %j', (text) => {
    const error = thrownBy(() => new TypedParams().addFromString('a', 'boolean', text));
    expect(error.message).toBe("invalid argument: Invalid boolean value for field 'a'");
  });

  it('wants a text', () => {
    const error = thrownBy(() => new TypedParams().addFromString('a', 'int', null as unknown as string));
    expect(error.message).toBe("invalid argument: NULL value for field 'a'");
  });

  it('wants one of the seven types', () => {
    const error = thrownBy(() => new TypedParams().addFromString('a', 'long' as ParamType, '1'));
    expect(error.message).toBe('internal error: unexpected type long for field a');
  });

  it('reads back every integer that it could hold', () => {
    const random = new Random(3);
    const ranges = [
      ['int', -(2n ** 31n), 32n],
      ['uint', 0n, 32n],
      ['llong', -(2n ** 63n), 64n],
      ['ullong', 0n, 64n],
    ] as const;
    for (let round = 0; round < 2000; round++) {
      const [type, min, bits] = ranges[random.next(4)] ?? ranges[0];
      const value =
        min +
        BigInt.asUintN(Number(bits), (BigInt(random.next(2 ** 32)) << 32n) | BigInt(random.next(2 ** 32)));
      const read = new TypedParams().addFromString('a', type, String(value)).get('a');
      expect(BigInt(read as number | bigint)).toBe(value);
    }
  });
});

describe('appendText', () => {
  it('takes the type from the schema', () => {
    const params = new TypedParams();
    appendText(params, migrationSchema, 'bandwidth=100');
    appendText(params, migrationSchema, 'migrate_disks=vda');
    appendText(params, migrationSchema, 'migrate_disks=vdb');
    appendText(params, migrationSchema, 'disks_port=49152');
    appendText(params, migrationSchema, 'migrate_uri=tcp://host?a=b');
    appendText(params, migrationSchema, 'graphics_uri=');
    expect([...params].map(({ value }) => value)).toEqual([100n, 'vda', 'vdb', 49152, 'tcp://host?a=b', '']);
  });

  it.each([
    ['bandwidth', 'INVALID_ARG', "invalid argument: expected NAME=VALUE and received 'bandwidth'"],
    ['bandwidht=1', 'ARGUMENT_UNSUPPORTED', "argument unsupported: parameter 'bandwidht' not supported"],
    ['=1', 'ARGUMENT_UNSUPPORTED', "argument unsupported: parameter '' not supported"],
    ['__proto__=1', 'ARGUMENT_UNSUPPORTED', "argument unsupported: parameter '__proto__' not supported"],
    [
      'bandwidth=1MiB',
      'INVALID_ARG',
      "invalid argument: Invalid value for field 'bandwidth': expected unsigned long long",
    ],
  ])('refuses %s', (text, code, message) => {
    const params = new TypedParams();
    expect(thrownBy(() => appendText(params, migrationSchema, text))).toMatchObject({ code, message });
    expect(params.size).toBe(0);
  });
});
