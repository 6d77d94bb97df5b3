import { TypedParamsError } from './error.js';
import type { ParamType, ParamValue, TypedParam } from './param.js';
import { formatDouble } from './text/format.js';
import { parseValue } from './text/value.js';

/**
 * A parameter as JSON holds it: 64-bit integers are numbers up to 2^53-1 and decimal strings beyond, doubles that JSON
 * has no number for are the strings `inf`, `-inf`, `nan` and `-0`, all others are as they are.
 */
export interface TypedParamJson {
  readonly name: string;
  readonly type: ParamType;
  readonly value: string | number | boolean;
}

/** A parameter's JSON form. */
export function paramToJson({ name, type, value }: TypedParam): TypedParamJson {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return { name, type, value: Number.isSafeInteger(number) ? number : String(value) };
  }
  const isPlain = type !== 'double' || (Number.isFinite(value) && !Object.is(value, -0));
  return { name, type, value: isPlain ? value : formatDouble(value) };
}

/** What a JSON form stands for; the value is still to be checked against the type. */
export function paramFromJson(json: unknown): { name: string; type: ParamType; value: ParamValue } {
  if (typeof json !== 'object' || json === null || !('name' in json && 'type' in json && 'value' in json)) {
    throw new TypedParamsError('INVALID_ARG', 'a parameter in JSON is { name, type, value }');
  }
  const { name, type, value } = json as { name: string; type: ParamType; value: ParamValue };
  if (type === 'llong' || type === 'ullong') {
    if (typeof value === 'string') return { name, type, value: parseValue(name, type, value, STRICT) };
    if (Number.isSafeInteger(value)) return { name, type, value: BigInt(value) };
  }
  if (type === 'double' && typeof value === 'string') {
    return { name, type, value: specialDoubles.get(value) ?? value };
  }
  return { name, type, value };
}

const STRICT = { strict: true };

const specialDoubles: ReadonlyMap<string, number> = new Map(
  [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0].map((value) => [
    formatDouble(value),
    value,
  ]),
);
