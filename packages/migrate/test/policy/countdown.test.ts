import { describe, expect, it } from 'vitest';
import { Countdown } from '../../src/policy/countdown.js';

describe('a countdown', () => {
  it('knows nothing at first', () => {
    const countdown = new Countdown();
    expect(countdown.left(1000, 5)).toBe(0);
    expect(countdown.left(1000, 25)).toBe(0);
  });

  it('goes by the average, not by bursts', () => {
    const countdown = new Countdown();
    countdown.left(1000, 0);
    expect(countdown.left(600, 10)).toBe(15);
    expect(countdown.left(600, 100)).toBe(150);
    expect(countdown.left(500, 100)).toBe(100);
    expect(countdown.left(0, 200)).toBe(0);
  });

  it('begins anew when there is more than there was', () => {
    const countdown = new Countdown();
    countdown.left(1000, 0);
    countdown.left(100, 1000);
    expect(countdown.left(200, 1100)).toBe(0);
    expect(countdown.left(100, 1110)).toBe(10);
  });
});
