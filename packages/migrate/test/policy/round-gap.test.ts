import { describe, expect, it } from 'vitest';
import { roundGap } from '../../src/policy/round-gap.js';

describe('the gap before a round beside the state stream', () => {
  it('is the shortest where the stream may end any moment, or soon', () => {
    expect(roundGap(0, undefined)).toBe(10);
    expect(roundGap(100, { ms: 1, dirtiedMs: 1000 })).toBe(10);
  });

  it('leaves time for more than one round before the end', () => {
    expect(roundGap(700, undefined)).toBe(300);
    expect(roundGap(400, { ms: 1, dirtiedMs: 1000 })).toBe(150);
  });

  it('is bounded by what it would leave, if the stream ended earlier than it seemed', () => {
    // 100 ms to copy what was written in 200: 50 ms to copy after 100.
    expect(roundGap(60_000, { ms: 100, dirtiedMs: 200 })).toBe(100);
    expect(roundGap(60_000, { ms: 400, dirtiedMs: 100 })).toBe(12.5);
    expect(roundGap(60_000, { ms: 4000, dirtiedMs: 100 })).toBe(10);
  });

  it('is a second at most', () => {
    expect(roundGap(60_000, { ms: 0, dirtiedMs: 1000 })).toBe(1000);
    expect(roundGap(Number.POSITIVE_INFINITY, undefined)).toBe(1000);
  });
});
