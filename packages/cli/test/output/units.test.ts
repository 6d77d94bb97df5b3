import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatPercent,
  formatRate,
} from '../../src/output/units.js';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.50 KiB'],
    [256 * 1024 ** 2, '256 MiB'],
    [1000 * 1024 ** 2, '1000 MiB'],
    [12.34 * 1024 ** 2, '12.3 MiB'],
    [123.4 * 1024 ** 2, '123 MiB'],
    [999.9 * 1024 ** 2, '0.98 GiB'],
    [9.999 * 1024 ** 3, '10.0 GiB'],
    [Number.MAX_SAFE_INTEGER, '8.00 PiB'],
  ])('writes %d as %s', (bytes, text) => {
    expect(formatBytes(Math.round(bytes))).toBe(text);
  });

  it('never takes more than eight columns', () => {
    for (let bytes = 1; bytes < Number.MAX_SAFE_INTEGER; bytes = Math.ceil(bytes * 1.003)) {
      expect(formatBytes(bytes).length).toBeLessThanOrEqual(8);
    }
  });

  it('writes rates likewise', () => {
    expect(formatRate(200 * 1024 ** 2)).toBe('200 MiB/s');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [8.44, '8.4 ms'],
    [12.3, '12 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [12_340, '12.3 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_620_000, '2 h 07 min'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatClock', () => {
  it.each([
    [0, '0:00'],
    [0.2, '0:01'],
    [59.5, '1:00'],
    [754, '12:34'],
    [3599.5, '1h00'],
    [11_100, '3h05'],
    [359_990, '>99h'],
    [Number.POSITIVE_INFINITY, '>99h'],
  ])('writes %d s as %s', (seconds, text) => {
    expect(formatClock(seconds)).toBe(text);
  });
});

describe('formatPercent', () => {
  it('says 100% only of all of it', () => {
    expect(formatPercent(0)).toBe('0%');
    expect(formatPercent(0.9999)).toBe('99%');
    expect(formatPercent(1)).toBe('100%');
  });
});
