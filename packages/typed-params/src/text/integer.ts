import { type IntegerType, integerRanges } from '../value.js';

/** Reads a whole text as an integer of `type`, as C's strtol family and libvirt do; undefined if it is none. */
export function readInteger(type: IntegerType, text: string, strict: boolean): bigint | undefined {
  const match = /^([ \t\n\v\f\r]*)([+-]?)(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [, space, sign, padded = ''] = match;
  const digits = padded.replace(/^0+/, '');
  const { min, max } = integerRanges[type];
  const wraps = sign === '-' && min === 0n;
  if (strict && (space !== '' || wraps)) return undefined;
  if (digits.length > MAX_DIGITS) return undefined;
  const magnitude = BigInt(digits);
  if (wraps) return magnitude <= max ? BigInt.asUintN(64, -magnitude) & max : undefined;
  const value = sign === '-' ? -magnitude : magnitude;
  return value >= min && value <= max ? value : undefined;
}

/** Digits of 2^64 - 1; what has more is out of every range, and may be too long to compute with. */
const MAX_DIGITS = 20;
