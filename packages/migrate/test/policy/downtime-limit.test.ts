import { describe, expect, it } from 'vitest';
import { downtimeLimit } from '../../src/policy/downtime-limit.js';

describe('the downtime that the state stream may plan for', () => {
  it('starts little and doubles with every pass that was not enough, up to what the user allows', () => {
    const limits = [1, 2, 3, 4, 5, 6, 7, 8].map((pass) => downtimeLimit(pass, 300));
    expect(limits).toEqual([20, 20, 20, 40, 80, 160, 300, 300]);
  });

  it('is never more than the user allows, however little that is and however long the stream takes', () => {
    for (const allowed of [1, 19, 20, 300, 2_000_000]) {
      for (const pass of [0, 1, 4, 5, 30, 5000]) {
        expect(downtimeLimit(pass, allowed)).toBeLessThanOrEqual(allowed);
        expect(downtimeLimit(pass, allowed)).toBeGreaterThanOrEqual(Math.min(allowed, 20));
      }
      expect(downtimeLimit(5000, allowed)).toBe(allowed);
    }
  });
});
