import type { ParamType } from '../../../src/index.js';
import type { Random } from '../../support/random.js';
import { bits, oneIn, oneOf } from './choice.js';
import { dyadic, toDecimal, toHexadecimal } from './dyadic.js';
import { booleans, doubles, integers, oddities, signs, spaces, trailers } from './known-texts.js';
import { string } from './value.js';

/** A text for a value of that type, often just not one. */
export function textOf(random: Random, type: ParamType): string {
  if (oneIn(random, 20)) return oneOf(random, oddities);
  switch (type) {
    case 'double':
      return decorated(random, double(random));
    case 'boolean':
      return boolean(random);
    case 'string':
      return string(random);
    default:
      return decorated(random, integer(random));
  }
}

function integer(random: Random): string {
  if (oneIn(random, 8)) return oneOf(random, integers);
  const edge = oneOf(random, [0n, 2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n, bits(random, 70)]);
  const value = (oneIn(random, 2) ? edge : -edge) + BigInt(random.next(5) - 2);
  const zeros = oneIn(random, 6) ? '0'.repeat(random.next(30)) : '';
  return String(value).replace(/^-?/, (sign) => sign + zeros);
}

function double(random: Random): string {
  if (oneIn(random, 3)) return oneOf(random, doubles);
  const render = oneIn(random, 3) ? toHexadecimal : toDecimal;
  return render(random, dyadic(random));
}

function boolean(random: Random): string {
  const text = oneOf(random, booleans);
  return Array.from(text, (character) => (oneIn(random, 2) ? character.toUpperCase() : character)).join('');
}

/** White space and signs ahead, and something behind: some of it C skips, some it does not. */
function decorated(random: Random, number: string): string {
  if (oneIn(random, 2)) return withOneNaN(number);
  const space = oneIn(random, 2) ? oneOf(random, spaces) : '';
  const sign = oneIn(random, 3) ? oneOf(random, signs) : '';
  const junk = oneIn(random, 8) ? oneOf(random, trailers) : '';
  return withOneNaN(`${space}${sign}${number}${junk}`);
}

/** C has NaNs with a sign and a payload, which are among the deviations; of those that go on, all are the same one. */
function withOneNaN(text: string): string {
  return /^\s*(?:-nan|\+?nan\(\d)/i.test(text) ? 'nan' : text;
}
