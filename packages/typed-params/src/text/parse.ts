import { TypedParamsError } from './error.js';
import type { ParamType, ValueOfType } from './param.js';
import { type Schema, specOf } from './schema.js';
import type { TypedParams } from './typed-params.js';
import { checkType, type IntegerType, integerRanges, invalidValue } from './value.js';

/**
 * Appends `NAME=VALUE`, as a command line gives it, with the type that the schema has for the name.
 *
 * The first `=` ends the name; the value may be empty. Whether the name may repeat is for `validate` to say.
 *
 * @throws {TypedParamsError} `ARGUMENT_UNSUPPORTED` for an unknown name, `INVALID_ARG` for a missing `=` and for a
 * value that is none of its type.
 */
export function appendText<S extends Schema>(params: TypedParams<S>, schema: S, text: string): void {
  const end = text.indexOf('=');
  if (end < 0) {
    throw new TypedParamsError('INVALID_ARG', `expected NAME=VALUE and received '${text}'`);
  }
  const name = text.slice(0, end);
  const spec = specOf(schema, name);
  if (spec === undefined) {
    throw new TypedParamsError('ARGUMENT_UNSUPPORTED', `parameter '${name}' not supported`, name);
  }
  params.addFromString(name, spec.type, text.slice(end + 1));
}

/**
 * Reads a value of `type` from text, as libvirt's C does: the whole text, base 10, white space ahead of a number
 * allowed. A negative unsigned number wraps around, so that `-1` is the largest one. A double may be `inf` or `nan`,
 * not hexadecimal.
 *
 * Source: libvirt, virTypedParamsAddFromString and virStrToLong_ui/ull/Double.
 */
export function parseText<T extends ParamType>(name: string, type: T, text: string): ValueOfType<T> {
  checkType(name, type);
  if (typeof text !== 'string') {
    throw new TypedParamsError('INVALID_ARG', `NULL value for field '${name}'`, name);
  }
  const value = readers[type](text);
  if (value === undefined) throw invalidValue(name, type);
  return value;
}

function readInteger(type: IntegerType, text: string): bigint | undefined {
  const match = /^[ \t\n\v\f\r]*([+-]?)(\d+)$/.exec(text);
  if (match === null) return undefined;
  const { min, max } = integerRanges[type];
  const magnitude = BigInt(match[2] ?? '');
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (min === 0n && value < 0n) return magnitude <= max ? max + 1n + value : undefined;
  return value >= min && value <= max ? value : undefined;
}

function readNumber(type: 'int' | 'uint', text: string): number | undefined {
  const value = readInteger(type, text);
  return value === undefined ? undefined : Number(value);
}

function readDouble(text: string): number | undefined {
  const match = /^[ \t\n\v\f\r]*([+-]?)(?:(inf|infinity)|(nan)|((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const [, sign, infinity, nan, decimal = ''] = match;
  if (nan !== undefined) return Number.NaN;
  const magnitude = infinity === undefined ? Number(decimal) : Number.POSITIVE_INFINITY;
  if (infinity === undefined && isOutOfRange(magnitude, decimal)) return undefined;
  return sign === '-' ? -magnitude : magnitude;
}

// C's strtod calls overflow a range error, and underflow too, to a subnormal as well as to zero.
function isOutOfRange(magnitude: number, decimal: string): boolean {
  if (magnitude === Number.POSITIVE_INFINITY) return true;
  const smallestNormal = 2 ** -1022;
  return magnitude < smallestNormal && /[1-9]/.test(decimal.replace(/e.*$/i, ''));
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

const readers: { readonly [T in ParamType]: (text: string) => ValueOfType<T> | undefined } = {
  int: (text) => readNumber('int', text),
  uint: (text) => readNumber('uint', text),
  llong: (text) => readInteger('llong', text),
  ullong: (text) => readInteger('ullong', text),
  double: readDouble,
  boolean: (text) => booleans.get(text.toLowerCase()),
  string: (text) => text,
};
