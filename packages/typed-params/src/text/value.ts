import { TypedParamsError } from '../error.js';
import { checkName } from '../name.js';
import type { ParamType, ValueOfType } from '../param.js';
import { checkType, invalidValue } from '../value.js';
import { readDouble } from './double.js';
import { readInteger } from './integer.js';

/** How values are read from text. */
export interface TextOptions {
  /**
   * Refuses what libvirt takes and people rarely mean: white space ahead of a number, a minus before an unsigned one,
   * doubles that are hexadecimal, infinite or not a number. Default: false.
   */
  readonly strict?: boolean;
}

/**
 * Reads a value of `type` from text, as libvirt's C does: the whole text, base 10, white space ahead of a number
 * allowed. A negative unsigned number wraps around, so that `-1` is the largest one. A double is what C's strtod takes.
 *
 * Source: libvirt, virTypedParamsAddFromString and virStrToLong_i/ui/ll/ull, virStrToDouble.
 */
export function parseValue<T extends ParamType>(
  name: string,
  type: T,
  text: string,
  { strict = false }: TextOptions,
): ValueOfType<T> {
  // In libvirt's order.
  if (typeof text !== 'string') {
    throw new TypedParamsError('INVALID_ARG', `NULL value for field '${name}'`, name);
  }
  checkName(name);
  checkType(name, type);
  const value = readers[type](text, strict);
  if (value === undefined) throw invalidValue(name, type);
  return value;
}

function readNumber(type: 'int' | 'uint', text: string, strict: boolean): number | undefined {
  const value = readInteger(type, text, strict);
  return value === undefined ? undefined : Number(value);
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

const readers: {
  readonly [T in ParamType]: (text: string, strict: boolean) => ValueOfType<T> | undefined;
} = {
  int: (text, strict) => readNumber('int', text, strict),
  uint: (text, strict) => readNumber('uint', text, strict),
  llong: (text, strict) => readInteger('llong', text, strict),
  ullong: (text, strict) => readInteger('ullong', text, strict),
  double: readDouble,
  boolean: (text) => booleans.get(text.toLowerCase()),
  string: (text) => text,
};
