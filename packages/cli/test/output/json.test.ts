import { expect, it } from 'vitest';
import { toJsonLine } from '../../src/output/json.js';

it('writes one line, whatever the strings hold', () => {
  expect(toJsonLine({ message: 'two\nlines' })).toBe('{"message":"two\\nlines"}\n');
});

it('keeps numbers exact: plain up to 2^53-1, decimal strings past it', () => {
  const line = toJsonLine({
    small: 1n,
    edge: Number.MAX_SAFE_INTEGER,
    big: 2n ** 63n,
    past: 2 ** 53,
    part: 0.5,
  });
  expect(line).toBe(
    '{"small":1,"edge":9007199254740991,"big":"9223372036854775808","past":"9007199254740992","part":0.5}\n',
  );
});
