import type { ParamType, ParamValue } from '../../../src/index.js';
import type { Random } from '../../support/random.js';
import { bits, oneIn, oneOf } from './choice.js';

export const types: readonly ParamType[] = ['int', 'uint', 'llong', 'ullong', 'double', 'boolean', 'string'];

/** A value of that type, often at the ends of its range. */
export function anyValue(random: Random, type: ParamType): ParamValue {
  switch (type) {
    case 'int':
      return Number(integer(random, 32, true));
    case 'uint':
      return Number(integer(random, 32, false));
    case 'llong':
      return integer(random, 64, true);
    case 'ullong':
      return integer(random, 64, false);
    case 'double':
      return double(random);
    case 'boolean':
      return oneIn(random, 2);
    case 'string':
      return string(random);
  }
}

/** A string as a parameter holds it, mostly short. */
export function string(random: Random): string {
  if (oneIn(random, 500)) return 'long '.repeat(1000);
  return Array.from({ length: random.next(5) }, () => oneOf(random, pieces)).join('');
}

function integer(random: Random, width: number, isSigned: boolean): bigint {
  const any = oneIn(random, 3)
    ? bits(random, 1 + random.next(width))
    : oneOf(random, edges) + BigInt(random.next(5) - 2);
  return isSigned ? BigInt.asIntN(width, any) : BigInt.asUintN(width, any);
}

function double(random: Random): number {
  if (oneIn(random, 2)) return oneOf(random, doubles);
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits(random, 64));
  const value = view.getFloat64(0);
  // JavaScript has one NaN only.
  return Number.isNaN(value) ? Number.NaN : value;
}

const edges: readonly bigint[] = [0n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n];

const doubles: readonly number[] = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  Number.EPSILON,
  2 ** -1022,
  2 ** -1022 - 2 ** -1074,
];

const pieces: readonly string[] = [
  'vda',
  'ü',
  '€',
  '😀',
  '\uffff',
  '\u{10ffff}',
  ' ',
  '\n',
  '%',
  '=',
  '"',
  '\x7f',
  '\x01',
];
