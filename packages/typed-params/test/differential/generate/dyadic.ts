import type { Random } from '../../support/random.js';
import { bits, oneIn, oneOf } from './choice.js';

/** The number `mantissa` x 2^`exponent`. */
export interface Dyadic {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** A number close to where doubles begin, end, lose precision or are rounded, often halfway between two of them. */
export function dyadic(random: Random): Dyadic {
  const number = anyDyadic(random);
  // C libraries that round such a number wrongly are among the deviations; one bit less, and it is a double.
  return isMisreadByOldGlibc(number)
    ? { ...number, mantissa: number.mantissa & (number.mantissa - 1n) }
    : number;
}

function isMisreadByOldGlibc({ mantissa, exponent }: Dyadic): boolean {
  const digits = abs(mantissa).toString(2);
  return digits.length + exponent <= -1022 && digits.lastIndexOf('1') === 53;
}

function anyDyadic(random: Random): Dyadic {
  // Bits below the last place of the doubles around: 0 for a double, 1 for one or a half, and so on.
  const extra = random.next(5);
  const near = (anchor: bigint): bigint => (anchor << BigInt(extra)) + BigInt(random.next(9) - 4);
  switch (random.next(6)) {
    case 0: // the smallest normal double
      return { mantissa: near(2n ** 52n), exponent: -1074 - extra };
    case 1: // the smallest doubles of all
      return { mantissa: near(BigInt(random.next(4))), exponent: -1074 - extra };
    case 2: // any subnormal one
      return { mantissa: bits(random, 52 + extra), exponent: -1074 - extra };
    case 3: // the largest double
      return { mantissa: near(2n ** 53n - 1n), exponent: 971 - extra };
    case 4: // any double, of less digits in decimal
      return { mantissa: near(bits(random, 53)), exponent: random.next(80) - 60 - extra };
    default:
      return { mantissa: bits(random, 1 + random.next(70)), exponent: random.next(2200) - 1110 };
  }
}

/** All digits of a number in base 10; sometimes it is a hair more or less. */
export function toDecimal(random: Random, { mantissa, exponent }: Dyadic): string {
  const places = Math.max(0, -exponent);
  const whole = exponent < 0 ? abs(mantissa) * 5n ** BigInt(places) : abs(mantissa) << BigInt(exponent);
  const digits = String(oneIn(random, 3) ? abs(whole + BigInt(random.next(3) - 1)) : whole);
  const shift = oneOf(random, [0, places, random.next(digits.length + 1)]);
  return sign(mantissa) + withPoint(random, digits, shift) + power(random, 'e', shift - places);
}

/** The number in C's hexadecimal notation; sometimes it is a hair more. */
export function toHexadecimal(random: Random, { mantissa, exponent }: Dyadic): string {
  const zeroBits = random.next(4);
  const digits = (abs(mantissa) << BigInt(zeroBits)).toString(16).padStart(random.next(18), '0');
  const shift = random.next(digits.length + 1);
  const magnitude = withPoint(random, digits, shift) + power(random, 'p', exponent - zeroBits + 4 * shift);
  return `${sign(mantissa)}0x${oneIn(random, 3) ? magnitude.toUpperCase() : magnitude}`;
}

/** Puts a point before the last `shift` digits, and sometimes more digits at the end. */
function withPoint(random: Random, digits: string, shift: number): string {
  const padded = digits.padStart(shift + random.next(2), '0');
  // So far behind that it is lost on any double, and still decides where it is halfway between two.
  const more = oneIn(random, 4) ? `${'0'.repeat(16 + random.next(20))}${random.next(2)}` : '';
  const fraction = padded.slice(padded.length - shift) + more;
  const point = fraction !== '' || oneIn(random, 8) ? '.' : '';
  return padded.slice(0, padded.length - shift) + point + fraction;
}

function power(random: Random, letter: string, exponent: number): string {
  if (exponent === 0 && !oneIn(random, 4)) return '';
  return `${letter}${exponent >= 0 && oneIn(random, 2) ? '+' : ''}${exponent}`;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function sign(value: bigint): string {
  return value < 0n ? '-' : '';
}
