import { describe, expect, it } from 'vitest';
import { type ParamType, type ParamValue, TypedParams } from '../src/index.js';
import { thrownBy } from './support/thrown.js';

describe('JSON', () => {
  it.each<[ParamType, ParamValue, unknown]>([
    ['int', -1, -1],
    ['uint', 2 ** 32 - 1, 2 ** 32 - 1],
    ['llong', 2n ** 53n - 1n, 2 ** 53 - 1],
    ['llong', -(2n ** 53n), '-9007199254740992'],
    ['ullong', 2n ** 64n - 1n, '18446744073709551615'],
    ['double', 0.1, 0.1],
    ['double', 2 ** -1074, 2 ** -1074],
    ['double', -0, '-0'],
    ['double', Number.NaN, 'nan'],
    ['double', Number.NEGATIVE_INFINITY, '-inf'],
    ['boolean', false, false],
    ['string', '1', '1'],
  ])('has %s %s without loss', (type, value, form) => {
    const params = new TypedParams().append<string, ParamType>('a', type, value);
    const json: unknown = JSON.parse(JSON.stringify(params));
    expect(json).toEqual([{ name: 'a', type, value: form }]);
    expect([...TypedParams.fromJSON(json)]).toEqual([{ name: 'a', type, value }]);
  });

  it('keeps names that repeat, and their order', () => {
    const params = new TypedParams().addStringList('d', ['b', 'a']).addInt('c', 1).addString('d', 'b');
    expect([...TypedParams.fromJSON(JSON.parse(JSON.stringify(params)))]).toEqual([...params]);
  });

  it.each([
    [null, 'INVALID_ARG'],
    [{ name: 'a', type: 'int', value: 1 }, 'INVALID_ARG'],
    [[null], 'INVALID_ARG'],
    [[['a', 'int', 1]], 'INVALID_ARG'],
    [[{ name: 'a', type: 'int' }], 'INVALID_ARG'],
    [[{ name: 1, type: 'int', value: 1 }], 'INVALID_ARG'],
    [[{ name: 'a'.repeat(80), type: 'int', value: 1 }], 'INTERNAL_ERROR'],
    [[{ name: 'a', type: 'constructor', value: 1 }], 'INTERNAL_ERROR'],
    [[{ name: 'a', type: 'int', value: '1' }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'int', value: 2 ** 31 }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'llong', value: 2 ** 53 }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'llong', value: 0.5 }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'ullong', value: '-1' }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'ullong', value: '18446744073709551616' }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'double', value: '1' }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'double', value: null }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'boolean', value: 1 }], 'INVALID_ARG'],
    [[{ name: 'a', type: 'string', value: 'a\0' }], 'INVALID_ARG'],
  ])('refuses %j', (json, code) => {
    expect(thrownBy(() => TypedParams.fromJSON(json)).code).toBe(code);
  });
});
