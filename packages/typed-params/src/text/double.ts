import { hexadecimalToDouble, underflows } from './binary64.js';

/** Reads a whole text as C's strtod does in the C locale; undefined if it is no double, or one out of range. */
export function readDouble(text: string, strict: boolean): number | undefined {
  const match = DOUBLE.exec(text);
  if (match?.groups === undefined) return undefined;
  const { space, sign, decimal, exponent, hexadecimal, binaryExponent, isNan } = match.groups;
  if (strict && (space !== '' || decimal === undefined)) return undefined;
  if (isNan !== undefined) return Number.NaN;
  const magnitude =
    decimal !== undefined
      ? readDecimal(decimal, exponent ?? '0')
      : hexadecimal !== undefined
        ? readHexadecimal(hexadecimal, binaryExponent ?? '0')
        : Number.POSITIVE_INFINITY;
  return magnitude === undefined || sign !== '-' ? magnitude : -magnitude;
}

function readDecimal(mantissa: string, exponent: string): number | undefined {
  const magnitude = Number(`${mantissa}e${exponent}`);
  if (magnitude === Number.POSITIVE_INFINITY) return undefined;
  if (magnitude > MIN_NORMAL) return magnitude;
  const { digits, fractionDigits } = significantDigits(mantissa);
  if (digits === '') return 0;
  // What is left is rare: a number so small that strtod may call it out of range.
  if (magnitude === 0) return undefined;
  // Neither a subnormal double nor the bound that it is held against has as many digits.
  const dropped = Math.max(0, digits.length - ENOUGH_DIGITS);
  const scale = BigInt(fractionDigits - dropped - Number(exponent));
  const isCut = /[1-9]/.test(digits.slice(ENOUGH_DIGITS));
  return underflows(BigInt(digits.slice(0, ENOUGH_DIGITS)), 10n ** scale, isCut) ? undefined : magnitude;
}

function readHexadecimal(mantissa: string, exponent: string): number | undefined {
  const { digits, fractionDigits } = significantDigits(mantissa);
  return digits === ''
    ? 0
    : hexadecimalToDouble(BigInt(`0x${digits}`), Number(exponent) - 4 * fractionDigits);
}

function significantDigits(mantissa: string): { digits: string; fractionDigits: number } {
  const point = mantissa.indexOf('.');
  const fractionDigits = point < 0 ? 0 : mantissa.length - point - 1;
  return { digits: mantissa.replace('.', '').replace(/^0+/, ''), fractionDigits };
}

const DOUBLE =
  /^(?<space>[ \t\n\v\f\r]*)(?<sign>[+-]?)(?:(?<decimal>\d+(?:\.\d*)?|\.\d+)(?:e(?<exponent>[+-]?\d+))?|0x(?<hexadecimal>[\da-f]+(?:\.[\da-f]*)?|\.[\da-f]+)(?:p(?<binaryExponent>[+-]?\d+))?|inf(?:inity)?|(?<isNan>nan(?:\(\w*\))?))$/i;

const MIN_NORMAL = 2 ** -1022;
const ENOUGH_DIGITS = 1100;
