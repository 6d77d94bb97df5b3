import { describe, expect, it } from 'vitest';
import {
  format,
  migrationSchema,
  type ParamType,
  type ParamValue,
  parse,
  TypedParams,
} from '../src/index.js';
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
    ['double', '-NaN(abc_1)', Number.NaN],
    ['double', '0x1.8p3', 12],
    ['double', '-0X.8', -0.5],
    ['double', '0xA.p+1', 20],
    ['double', '0x0p99999999999999999999', 0],
    ['double', '0x1.fffffffffffff8p0', 2],
    ['double', '0x1.00000000000008p0', 1],
    ['double', '0x1.00000000000008001p0', 1 + 2 ** -52],
    ['double', '0x1.fffffffffffffp1023', Number.MAX_VALUE],
    ['double', '0x1p-1074', 2 ** -1074],
    ['double', '0x1.8p-1073', 3 * 2 ** -1074],
    // Rounds to the smallest normal number: not tiny, though not exact.
    ['double', '0x.fffffffffffffep-1022', 2 ** -1022],
    ['double', '2.2250738585072014e-308', 2 ** -1022],
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
    ['double', '0x', 'expected double'],
    ['double', '0x.p1', 'expected double'],
    ['double', '0x1p', 'expected double'],
    ['double', '0x1p1024', 'expected double'],
    ['double', '0x1.fffffffffffff8p1023', 'expected double'],
    ['double', '0x1p-1075', 'expected double'],
    ['double', '0x1.1p-1074', 'expected double'],
    ['double', '0x1p-99999999999999999999', 'expected double'],
    ['double', '2.2250738585072011e-308', 'expected double'],
    ['double', '1e-99999999999999999999', 'expected double'],
    ['double', 'nan(-)', 'expected double'],
    ['double', 'nan(', 'expected double'],
    ['double', '1 ', 'expected double'],
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

  it('looks at the name before type and value, as libvirt does', () => {
    const name = 'n'.repeat(80);
    for (const type of ['double', 'long'] as ParamType[]) {
      const error = thrownBy(() => new TypedParams().addFromString(name, type, 'x'));
      expect(error.message).toBe(`internal error: Field name '${name}' too long`);
    }
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

describe('the smallest doubles', () => {
  const smallest = 5n ** 1074n; // 2^-1074, times 10^1074

  it.each([1n, 3n, 2n ** 52n - 1n])(
    'are read where the text is exactly one of them: %s x 2^-1074',
    (times) => {
      const text = `0.${String(smallest * times).padStart(1074, '0')}`;
      expect(new TypedParams().addFromString('a', 'double', text).get('a')).toBe(Number(times) * 2 ** -1074);
      expect(new TypedParams().addFromString('a', 'double', `${text}${'0'.repeat(400)}`).size).toBe(1);
      for (const almost of [`${text}1`, `${text}${'0'.repeat(400)}1`]) {
        thrownBy(() => new TypedParams().addFromString('a', 'double', almost));
      }
    },
  );
});

describe('texts of a megabyte', () => {
  it.each<[ParamType, string]>([
    ['int', `${'0'.repeat(1e6)}7`],
    ['ullong', `-${'9'.repeat(1e6)}`],
    ['ullong', `${'0'.repeat(1e6)}x`],
    ['double', `0.${'0'.repeat(1e6)}1e${1e6 + 1}`],
    ['double', `0x${'0'.repeat(1e6)}.${'f'.repeat(1e6)}`],
    ['double', `${'1'.repeat(1e6)}x`],
    ['double', `0x${'1'.repeat(1e6)}x`],
    ['double', `2.2250738585072${'0'.repeat(1e6)}1e-308`],
    ['double', ' '.repeat(1e6)],
  ])(
    '%s is done with them soon',
    (type, text) => {
      const params = new TypedParams();
      try {
        params.addFromString('a', type, text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_ARG' });
      }
      expect(params.size).toBeLessThanOrEqual(1);
    },
    10_000,
  );
});

describe('strict', () => {
  it.each<[ParamType, string]>([
    ['int', ' 1'],
    ['int', '\n1'],
    ['uint', '-1'],
    ['uint', '-0'],
    ['ullong', '-1'],
    ['ullong', '\t1'],
    ['double', ' 1'],
    ['double', '0x1'],
    ['double', 'inf'],
    ['double', '-infinity'],
    ['double', 'nan'],
  ])('%s refuses %j, which libvirt takes', (type, text) => {
    expect(new TypedParams().addFromString('a', type, text).size).toBe(1);
    const error = thrownBy(() => new TypedParams().addFromString('a', type, text, { strict: true }));
    expect(error.code).toBe('INVALID_ARG');
  });

  it.each<[ParamType, string, ParamValue]>([
    ['int', '-7', -7],
    ['int', '+7', 7],
    ['uint', '07', 7],
    ['llong', '-9223372036854775808', -(2n ** 63n)],
    ['ullong', '18446744073709551615', MAX_ULLONG],
    ['double', '-1.5e-3', -0.0015],
    ['boolean', 'TRUE', true],
    ['string', ' -1', ' -1'],
  ])('%s takes %j', (type, text, value) => {
    expect(new TypedParams().addFromString('a', type, text, { strict: true }).get('a')).toBe(value);
  });
});

describe('parse', () => {
  it('takes the types from the schema', () => {
    const texts = [
      'bandwidth=100',
      'migrate_disks=vda',
      'migrate_disks=vdb',
      'disks_port=49152',
      'migrate_uri=tcp://host?a=b',
      'graphics_uri=',
    ];
    const params = parse(texts, migrationSchema);
    expect([...params].map(({ value }) => value)).toEqual([100n, 'vda', 'vdb', 49152, 'tcp://host?a=b', '']);
    expect(format(params)).toEqual(texts);
  });

  it('is strict when asked to be', () => {
    expect(parse(['bandwidth=-1'], migrationSchema).get('bandwidth')).toBe(MAX_ULLONG);
    expect(thrownBy(() => parse(['bandwidth=-1'], migrationSchema, { strict: true })).param).toBe(
      'bandwidth',
    );
  });

  it.each([
    [['bandwidth'], 'INVALID_ARG', "invalid argument: expected NAME=VALUE and received 'bandwidth'"],
    [['bandwidht=1'], 'ARGUMENT_UNSUPPORTED', "argument unsupported: parameter 'bandwidht' not supported"],
    [['=1'], 'ARGUMENT_UNSUPPORTED', "argument unsupported: parameter '' not supported"],
    [['__proto__=1'], 'ARGUMENT_UNSUPPORTED', "argument unsupported: parameter '__proto__' not supported"],
    [
      ['bandwidth=1MiB'],
      'INVALID_ARG',
      "invalid argument: Invalid value for field 'bandwidth': expected unsigned long long",
    ],
    [
      ['bandwidth=1', 'bandwidth=2'],
      'INVALID_ARG',
      "invalid argument: parameter 'bandwidth' occurs multiple times",
    ],
  ])('refuses %s', (texts, code, message) => {
    expect(thrownBy(() => parse(texts, migrationSchema))).toMatchObject({ code, message });
  });
});

describe('format', () => {
  it('is read back to the same values, whatever they are', () => {
    const params = new TypedParams();
    const values = { int: -1, uint: MAX_UINT, llong: -(2n ** 63n), ullong: MAX_ULLONG, string: ' a=b\n' };
    for (const [type, value] of Object.entries(values)) params.append(type, type as ParamType, value);
    params.addBoolean('boolean', true).addBoolean('boolean', false);
    const doubles = [
      0.1,
      1e21,
      -1e-7,
      2 ** -1074,
      Number.MAX_VALUE,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ];
    for (const value of doubles) params.addDouble('double', value);
    const schema = Object.fromEntries(
      [...new Set([...params].map(({ type }) => type))].map((type) => [type, { type, multiple: true }]),
    );
    expect([...parse(format(params), schema)]).toEqual([...params]);
    expect(format(params)).toContain('boolean=1');
  });

  it('has no text for a name with an equals sign', () => {
    expect(thrownBy(() => format(new TypedParams().addInt('a=b', 1)))).toMatchObject({
      code: 'INVALID_ARG',
      param: 'a=b',
    });
  });
});
