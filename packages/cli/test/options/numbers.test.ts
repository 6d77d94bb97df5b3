import { describe, expect, it } from 'vitest';
import { duration, parsePortRange, wholeNumber } from '../../src/options/numbers.js';

describe('wholeNumber', () => {
  it.each(['1', '64', '007'])('takes %s', (text) => {
    expect(wholeNumber(1, 64)(text)).toBe(Number(text));
  });

  it.each(['0', '65', '-1', '1.5', '', 'many', '1e1', '99999999999999999999'])('refuses "%s"', (text) => {
    expect(() => wholeNumber(1, 64)(text)).toThrow(/from 1 to 64/);
  });
});

describe('duration', () => {
  it('has a unit of its own for bare numbers', () => {
    expect(duration('ms')('300')).toBe(300);
    expect(duration('s')('300')).toBe(300_000);
    expect(duration('s')('0.5')).toBe(500);
  });

  it.each([
    ['300ms', 300],
    ['90s', 90_000],
    ['5min', 300_000],
    ['1.5h', 5_400_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(duration('s')(text)).toBe(ms);
  });

  it.each(['0', '-1', '', '5 days', '1d', '9999h'])('refuses "%s"', (text) => {
    expect(() => duration('s')(text)).toThrow(/time above zero/);
  });
});

describe('parsePortRange', () => {
  it('takes two ports in order', () => {
    expect(parsePortRange('49152-49215')).toEqual([49152, 49215]);
    expect(parsePortRange('1-65535')).toEqual([1, 65535]);
    expect(parsePortRange('80-80')).toEqual([80, 80]);
  });

  it.each(['', '80', '0-80', '81-80', '80-65536', 'a-b', '1-2-3'])('refuses "%s"', (text) => {
    expect(() => parsePortRange(text)).toThrow(/lower one first/);
  });
});
