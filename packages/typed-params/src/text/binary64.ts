/**
 * The double nearest to `mantissa` x 2^`exponent`, ties to even; undefined where C's strtod calls the number out of
 * range. The mantissa is above 0; the exponent is any whole number, or infinite.
 */
export function hexadecimalToDouble(mantissa: bigint, exponent: number): number | undefined {
  const bits = mantissa.toString(2).length;
  const top = bits + exponent;
  if (top > MAX_EXPONENT || top < MIN_EXPONENT) return undefined;
  const surplus = Math.max(bits - PRECISION, MIN_EXPONENT - exponent);
  if (surplus <= 0) return Number(mantissa) * 2 ** exponent;
  const value = Number(shiftRightToEven(mantissa, BigInt(surplus))) * 2 ** (exponent + surplus);
  if (value === Number.POSITIVE_INFINITY) return undefined;
  if (value > MIN_NORMAL) return value;
  // As the mantissa has a surplus of bits, the exponent is negative here.
  return underflows(mantissa, 1n << BigInt(-exponent)) ? undefined : value;
}

/**
 * Whether strtod reports an underflow for `numerator` / `denominator`: the number is below the normal ones, even when
 * rounded to their precision, and no double is exactly it. With `isCut` the numerator lacks some digits at its end.
 *
 * Source: IEEE 754-2019, 7.5, with tininess detected after rounding, as x86 and its C library do.
 */
export function underflows(numerator: bigint, denominator: bigint, isCut = false): boolean {
  const isTiny = numerator << 1076n < TINY_BOUND * denominator;
  return isTiny && (isCut || (numerator << 1074n) % denominator !== 0n);
}

function shiftRightToEven(value: bigint, shift: bigint): bigint {
  const quotient = value >> shift;
  const rest = value - (quotient << shift);
  const half = 1n << (shift - 1n);
  const roundsUp = rest > half || (rest === half && (quotient & 1n) === 1n);
  return roundsUp ? quotient + 1n : quotient;
}

const PRECISION = 53;
const MAX_EXPONENT = 1024;
const MIN_EXPONENT = -1074;
const MIN_NORMAL = 2 ** -1022;
/** 2^-1022 less half a unit in the last place below it, in units of 2^-1076: from here on a number rounds to normal. */
const TINY_BOUND = (1n << 54n) - 1n;
