import { TypedParamsError } from './error.js';
import type { ParamType, ParamValue, ValueOfType } from './param.js';
import { utf8Length } from './utf8.js';

/** The types that hold integers. */
export type IntegerType = 'int' | 'uint' | 'llong' | 'ullong';

/** The range of each integer type, both ends included. */
export const integerRanges: Readonly<Record<IntegerType, { readonly min: bigint; readonly max: bigint }>> = {
  int: { min: -(2n ** 31n), max: 2n ** 31n - 1n },
  uint: { min: 0n, max: 2n ** 32n - 1n },
  llong: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
  ullong: { min: 0n, max: 2n ** 64n - 1n },
};

/** Whether `type` is one of the seven. */
export function isParamType(type: unknown): type is ParamType {
  return typeof type === 'string' && Object.hasOwn(holds, type);
}

/** Throws unless `type` is one of the seven. */
export function checkType(name: string, type: ParamType): void {
  if (isParamType(type)) return;
  throw new TypedParamsError('INTERNAL_ERROR', `unexpected type ${String(type)} for field ${name}`, name);
}

/** Throws unless `value` is one that `type` holds. */
export function checkValue<T extends ParamType>(name: string, type: T, value: ValueOfType<T>): void {
  if (holds[type](value)) return;
  throw invalidValue(name, type);
}

/** The narrower of the unsigned types that holds `value`, and the value as that type has it. */
export function toUnsigned(name: string, value: number | bigint): ['uint', number] | ['ullong', bigint] {
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw invalidValue(name, 'ullong');
  return value <= integerRanges.uint.max ? ['uint', Number(value)] : ['ullong', BigInt(value)];
}

/** The error of a value, or of a text, that is none of `type`. */
export function invalidValue(name: string, type: ParamType): TypedParamsError {
  const detail =
    type === 'boolean'
      ? `Invalid boolean value for field '${name}'`
      : `Invalid value for field '${name}': expected ${expected[type]}`;
  return new TypedParamsError('INVALID_ARG', detail, name);
}

function holdsNumber(type: 'int' | 'uint', value: ParamValue): boolean {
  const { min, max } = integerRanges[type];
  return Number.isInteger(value) && Number(value) >= Number(min) && Number(value) <= Number(max);
}

function holdsBigint(type: 'llong' | 'ullong', value: ParamValue): boolean {
  const { min, max } = integerRanges[type];
  return typeof value === 'bigint' && value >= min && value <= max;
}

const holds: Readonly<Record<ParamType, (value: ParamValue) => boolean>> = {
  int: (value) => holdsNumber('int', value),
  uint: (value) => holdsNumber('uint', value),
  llong: (value) => holdsBigint('llong', value),
  ullong: (value) => holdsBigint('ullong', value),
  double: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string' && !value.includes('\0') && utf8Length(value) >= 0,
};

// Source: libvirt, virTypedParamsAddFromString; it has no message for a string, which C cannot get wrong.
const expected: Readonly<Record<Exclude<ParamType, 'boolean'>, string>> = {
  int: 'int',
  uint: 'unsigned int',
  llong: 'long long',
  ullong: 'unsigned long long',
  double: 'double',
  string: 'string without NUL',
};
