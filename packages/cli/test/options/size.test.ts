import { describe, expect, it } from 'vitest';
import { parsePositiveSize, parseSize, powerOfTwoSize } from '../../src/options/size.js';

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    ['512B', 512],
    ['64KiB', 65536],
    ['64K', 65536],
    ['64k', 65536],
    ['64KB', 64000],
    ['10GiB', 10 * 1024 ** 3],
    ['1M', 1024 ** 2],
    ['1MB', 1e6],
    ['2T', 2 * 1024 ** 4],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['0.5KiB', 512],
    ['1.000', 1],
    ['3 MiB', 3 * 1024 ** 2],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    ['', /such as 64KiB/],
    ['KiB', /such as 64KiB/],
    ['-1', /such as 64KiB/],
    ['1e3', /such as 64KiB/],
    ['0x10', /such as 64KiB/],
    ['5iB', /such as 64KiB/],
    ['5XB', /such as 64KiB/],
    ['5MiB/s', /such as 64KiB/],
    ['1.5', /whole number of bytes/],
    ['0.3KiB', /whole number of bytes/],
    ['8PiB', /largest size/],
    ['9007199254740992', /largest size/],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseSize(text)).toThrow(message);
  });
});

describe('parsePositiveSize', () => {
  it('refuses nothing', () => {
    expect(parsePositiveSize('1')).toBe(1);
    expect(() => parsePositiveSize('0MiB')).toThrow(/larger than nothing/);
  });
});

describe('powerOfTwoSize', () => {
  const parse = powerOfTwoSize(4096, 32 * 1024 ** 2);

  it.each(['4KiB', '256K', '32MiB'])('takes %s', (text) => {
    expect(Math.log2(parse(text)) % 1).toBe(0);
  });

  it.each(['2KiB', '64MiB', '5000', '96KiB', '0'])('refuses %s', (text) => {
    expect(() => parse(text)).toThrow(/power of two from 4096 to 33554432/);
  });
});
