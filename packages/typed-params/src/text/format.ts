import { TypedParamsError } from '../error.js';
import type { TypedParam } from '../param.js';

/**
 * Parameters as `NAME=VALUE` texts, in their order, which `parse` reads back to the same values.
 *
 * Booleans are `1` and `0`, as libvirt writes them; doubles have as many digits as they need, where libvirt's `%g`
 * stops at six, and are `inf`, `-inf` and `nan` where they are no numbers. Those below the normal ones are hexadecimal,
 * for strtod calls a text out of range that is not exactly one of them.
 *
 * @throws {TypedParamsError} `INVALID_ARG` for a name with an `=`, which no text can tell from its value.
 */
export function format(params: Iterable<TypedParam>): string[] {
  return Array.from(params, (param) => {
    if (param.name.includes('=')) {
      const detail = `Field name '${param.name}' has a '=', which ends the name in NAME=VALUE`;
      throw new TypedParamsError('INVALID_ARG', detail, param.name);
    }
    return `${param.name}=${formatValue(param)}`;
  });
}

function formatValue(param: TypedParam): string {
  switch (param.type) {
    case 'boolean':
      return param.value ? '1' : '0';
    case 'double':
      return formatDouble(param.value);
    default:
      return String(param.value);
  }
}

/** A double's text: one that reads back to the same double, its sign included. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  if (magnitude === 0 || magnitude >= MIN_NORMAL) return String(value).replace('Infinity', 'inf');
  const sign = value < 0 ? '-' : '';
  return `${sign}0x${(magnitude / MIN_SUBNORMAL).toString(16)}p-1074`;
}

const MIN_NORMAL = 2 ** -1022;
const MIN_SUBNORMAL = 2 ** -1074;
