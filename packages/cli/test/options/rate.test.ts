import { describe, expect, it } from 'vitest';
import { parseRate } from '../../src/options/rate.js';

describe('parseRate', () => {
  it.each([
    ['200MiB/s', 200 * 1024 ** 2],
    ['200MiB', 200 * 1024 ** 2],
    ['50M', 50 * 1024 ** 2],
    ['100MB/s', 1e8],
    ['1.6Gbit/s', 2e8],
    ['1Gibit/s', 2 ** 27],
    ['10Mbit', 1_250_000],
    ['8bit/s', 1],
    ['1bit/s', 1],
    ['0', 0],
    ['4096', 4096],
  ])('reads %s as %d bytes per second', (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it.each(['100Mb/s', '100mb', '1b', '1Kib/s'])('does not guess whether %s means bits', (text) => {
    expect(() => parseRate(text)).toThrow(/bits or bytes/);
  });

  it.each(['', 'fast', '1/s/s', '-1MiB/s', '1Mibit/min', '1 Gbyte'])('refuses "%s"', (text) => {
    expect(() => parseRate(text)).toThrow(/such as 200MiB/);
  });

  it('refuses what cannot be counted', () => {
    expect(() => parseRate('9000TiB/s')).toThrow(/faster than can be counted/);
  });
});
