import { describe, expect, it } from 'vitest';
import {
  MAX_NAME_BYTES,
  type ParamType,
  type ParamValue,
  TypedParams,
  TypedParamsError,
} from '../src/index.js';
import { thrownBy } from './support/thrown.js';

const disks = (): TypedParams =>
  new TypedParams()
    .addString('migrate_disks', 'vda')
    .addULLong('bandwidth', 100n)
    .addString('migrate_disks', 'vdb');

describe('a list', () => {
  it('keeps duplicates, and the order of all', () => {
    expect([...disks()]).toEqual([
      { name: 'migrate_disks', type: 'string', value: 'vda' },
      { name: 'bandwidth', type: 'ullong', value: 100n },
      { name: 'migrate_disks', type: 'string', value: 'vdb' },
    ]);
    expect(disks().size).toBe(3);
    expect([...disks().entries()]).toEqual([...disks()]);
  });

  it('gives the first value, or all in order', () => {
    expect(disks().get('migrate_disks')).toBe('vda');
    expect(disks().getAll('migrate_disks')).toEqual(['vda', 'vdb']);
    expect(disks().get('absent')).toBeUndefined();
    expect(disks().getAll('absent')).toEqual([]);
    expect(disks().has('bandwidth')).toBe(true);
    expect(disks().has('absent')).toBe(false);
  });

  it('filters by type, and skips the others', () => {
    const params = new TypedParams()
      .addString('bar', 'bar1')
      .addInt('foo', 1)
      .addDouble('bar', 2)
      .addString('bar', 'bar2');
    expect(params.getAll('bar')).toEqual(['bar1', 2, 'bar2']);
    expect(params.getAll('bar', 'string')).toEqual(['bar1', 'bar2']);
    expect(params.getAll('bar', 'double')).toEqual([2]);
    expect(params.getAll('foo', 'string')).toEqual([]);
  });

  it('sets one value in the place of all', () => {
    const params = disks().set('migrate_disks', 'string', 'vdc').set('new', 'int', 1);
    expect([...params].map(({ name, value }) => [name, value])).toEqual([
      ['migrate_disks', 'vdc'],
      ['bandwidth', 100n],
      ['new', 1],
    ]);
  });

  it('deletes all of a name', () => {
    const params = disks();
    expect(params.delete('migrate_disks')).toBe(true);
    expect(params.delete('migrate_disks')).toBe(false);
    expect([...params]).toEqual([{ name: 'bandwidth', type: 'ullong', value: 100n }]);
  });

  it('adds one parameter for each string, and none for an empty list', () => {
    const params = new TypedParams().addStringList('d', ['a', 'b']).addStringList('e', []);
    expect([...params].map(({ name, value }) => [name, value])).toEqual([
      ['d', 'a'],
      ['d', 'b'],
    ]);
  });

  it('keeps what it had when a value is refused', () => {
    const params = new TypedParams();
    thrownBy(() => params.addStringList('d', ['a', '\0', 'c']));
    thrownBy(() => params.addString('d', 'b').set('d', 'int', 0.5));
    expect(params.getAll('d')).toEqual(['a', 'b']);
  });

  it('shares nothing with its copies', () => {
    const original = disks();
    const copy = original.clone();
    const both = original.concat(copy, [{ name: 'x', type: 'int', value: 1 }]);
    copy.delete('bandwidth');
    original.addInt('y', 1);
    expect([original.size, copy.size, both.size]).toEqual([4, 2, 7]);
    expect(both.getAll('migrate_disks')).toEqual(['vda', 'vdb', 'vda', 'vdb']);
  });

  it('can be changed while it is read, without effect on the reading', () => {
    const params = disks();
    const seen: string[] = [];
    for (const { name } of params) {
      seen.push(name);
      params.delete(name);
    }
    expect(seen).toEqual(['migrate_disks', 'bandwidth', 'migrate_disks']);
  });

  it('cannot be changed through what it yields', () => {
    const [first] = disks();
    expect(() => Object.assign(first ?? {}, { value: 5 })).toThrow(TypeError);
  });

  it('is made of what another one yields', () => {
    expect([...new TypedParams(disks())]).toEqual([...disks()]);
  });
});

describe('typed getters', () => {
  it.each([
    ['getInt', 'int', -1],
    ['getUInt', 'uint', 1],
    ['getLLong', 'llong', -1n],
    ['getULLong', 'ullong', 1n],
    ['getDouble', 'double', 0.5],
    ['getBoolean', 'boolean', false],
    ['getString', 'string', ''],
  ] as const)('%s', (getter, type, value) => {
    const params = new TypedParams().append<string, ParamType>('a', type, value);
    expect(params[getter]('a')).toBe(value);
    expect(params[getter]('absent')).toBeUndefined();
    const other = type === 'int' ? 'string' : 'int';
    const wrong = new TypedParams().append<string, ParamType>('a', other, other === 'int' ? 1 : 'x');
    // Only the first one is looked at.
    wrong.append<string, ParamType>('a', type, value);
    const error = thrownBy(() => wrong[getter]('a'));
    expect(error.code).toBe('INVALID_ARG');
    expect(error.message).toBe(
      `invalid argument: Invalid type '${type}' requested for parameter 'a', actual type is '${other}'`,
    );
  });
});

describe('names', () => {
  it('may have 79 bytes of UTF-8, and none', () => {
    const params = new TypedParams()
      .addInt('n'.repeat(MAX_NAME_BYTES), 1)
      .addInt(`${'\u00e9'.repeat(39)}n`, 2)
      .addInt('', 3);
    expect(params.size).toBe(3);
  });

  it.each(['n'.repeat(80), '\u00e9'.repeat(40), '\u{1f6a2}'.repeat(20)])('may not have 80: %s', (name) => {
    const error = thrownBy(() => new TypedParams().addInt(name, 1));
    expect(error).toMatchObject({
      code: 'INTERNAL_ERROR',
      message: `internal error: Field name '${name}' too long`,
      param: name,
    });
  });

  it.each(['a\0b', '\ud800'])('may not hold what C or UTF-8 cannot: %j', (name) => {
    expect(thrownBy(() => new TypedParams().addInt(name, 1)).code).toBe('INVALID_ARG');
  });
});

describe('values', () => {
  it.each<[ParamType, ParamValue]>([
    ['int', -(2 ** 31)],
    ['int', 2 ** 31 - 1],
    ['uint', 0],
    ['uint', 2 ** 32 - 1],
    ['llong', -(2n ** 63n)],
    ['llong', 2n ** 63n - 1n],
    ['ullong', 0n],
    ['ullong', 2n ** 64n - 1n],
    ['double', Number.NaN],
    ['double', Number.NEGATIVE_INFINITY],
    ['boolean', true],
    ['string', '\u{1f6a2}'],
  ])('%s holds the ends of its range: %s', (type, value) => {
    expect(new TypedParams().append<string, ParamType>('a', type, value).get('a')).toBe(value);
  });

  it.each<[ParamType, unknown, string]>([
    ['int', 2 ** 31, "Invalid value for field 'a': expected int"],
    ['int', -(2 ** 31) - 1, "Invalid value for field 'a': expected int"],
    ['int', 0.5, "Invalid value for field 'a': expected int"],
    ['int', 1n, "Invalid value for field 'a': expected int"],
    ['int', '1', "Invalid value for field 'a': expected int"],
    ['uint', -1, "Invalid value for field 'a': expected unsigned int"],
    ['uint', 2 ** 32, "Invalid value for field 'a': expected unsigned int"],
    ['uint', Number.NaN, "Invalid value for field 'a': expected unsigned int"],
    ['llong', 2n ** 63n, "Invalid value for field 'a': expected long long"],
    ['llong', 1, "Invalid value for field 'a': expected long long"],
    ['ullong', -1n, "Invalid value for field 'a': expected unsigned long long"],
    ['ullong', 2n ** 64n, "Invalid value for field 'a': expected unsigned long long"],
    ['double', 1n, "Invalid value for field 'a': expected double"],
    ['double', null, "Invalid value for field 'a': expected double"],
    ['boolean', 1, "Invalid boolean value for field 'a'"],
    ['string', 'a\0b', "Invalid value for field 'a': expected string without NUL"],
    ['string', '\udc00', "Invalid value for field 'a': expected string without NUL"],
    ['string', undefined, "Invalid value for field 'a': expected string without NUL"],
  ])('%s does not hold %s', (type, value, message) => {
    const error = thrownBy(() => new TypedParams().append<string, ParamType>('a', type, value as ParamValue));
    expect(error).toMatchObject({ code: 'INVALID_ARG', message: `invalid argument: ${message}`, param: 'a' });
  });

  it.each(['long', 'toString', 7, undefined])('are of no other type: %s', (type) => {
    const error = thrownBy(() => new TypedParams().append<string, ParamType>('a', type as ParamType, 1));
    expect(error.code).toBe('INTERNAL_ERROR');
    expect(error.message).toBe(`internal error: unexpected type ${type} for field a`);
  });
});

describe('TypedParamsError', () => {
  it('is known by its brand, whichever copy of the package made it', () => {
    const foreign = Object.assign(new Error('x'), {
      [Symbol.for('@blockferry/typed-params.TypedParamsError')]: true,
    });
    expect(TypedParamsError.is(foreign)).toBe(true);
    expect(TypedParamsError.is(new Error('x'))).toBe(false);
    expect(TypedParamsError.is(undefined)).toBe(false);
  });
});
