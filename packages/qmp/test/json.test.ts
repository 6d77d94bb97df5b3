import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from '../src/index.js';
import { Random } from './support/random.js';

describe('parseJson', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['18446744073709551615', 18446744073709551615n],
    ['1234567890123456789.5', Number('1234567890123456789.5')],
    ['0.12345678901234567890', Number('0.12345678901234567890')],
    ['12345678901234567890e1', Number('12345678901234567890e1')],
    ['"9007199254740993"', '9007199254740993'],
    ['{"9007199254740993": [9007199254740993]}', { '9007199254740993': [9007199254740993n] }],
    ['{"a": "\\"", "b": 9007199254740993}', { a: '"', b: 9007199254740993n }],
    ['["\\u0000n9007199254740993", 9007199254740993]', ['\0n9007199254740993', 9007199254740993n]],
    ['{"\\u0000n1": "\\u0000s", "b": 9007199254740993}', { '\0n1': '\0s', b: 9007199254740993n }],
  ])('%s', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each([
    '',
    '{',
    '[9007199254740993',
    '09007199254740993',
    "'9007199254740993'",
    '9007199254740993 9007199254740993',
  ])('refuses what is not JSON: %s', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe('stringifyJson', () => {
  it.each([
    ['{"a":1}', { a: 1n }],
    ['[18446744073709551615,"\\u0000n5","x\\"\\u0000n5","\\""]', [2n ** 64n - 1n, '\0n5', 'x"\0n5', '"']],
    ['{"\\u0000n5":1,"b":"\\u0000"}', { '\0n5': 1n, b: '\0' }],
    ['{"b":[null,true,1.5]}', { a: undefined, b: [null, true, 1.5] }],
  ])('%s', (text, value) => {
    expect(stringifyJson(value)).toBe(text);
  });
});

it('gives back whatever was written', () => {
  const random = new Random(1);
  for (let round = 0; round < 2000; round++) {
    const value = randomValue(random, 3);
    expect(parseJson(stringifyJson(value))).toEqual(value);
  }
});

function randomValue(random: Random, depth: number): unknown {
  const kind = random.next(depth === 0 ? 4 : 6);
  if (kind === 0) return randomText(random);
  if (kind === 1) return random.next(2 ** 31) * (random.next(2) === 0 ? 1 : -1);
  if (kind === 2) return (2n ** 53n + BigInt(random.next(2 ** 31))) * (random.next(2) === 0 ? 1n : -1n);
  if (kind === 3) return [null, true, false, 0.5][random.next(4)];
  const items = Array.from({ length: random.next(4) }, () => randomValue(random, depth - 1));
  return kind === 4 ? items : Object.fromEntries(items.map((item) => [randomText(random), item]));
}

function randomText(random: Random): string {
  const pieces = ['\0', 'n', 's', '"', '\\', '9007199254740993', ':', ' ', '\u00e9', '\u{1f6a2}', ','];
  return Array.from({ length: random.next(5) }, () => pieces[random.next(pieces.length)]).join('');
}
