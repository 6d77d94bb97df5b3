import { describe, expect, it } from 'vitest';
import { pairwiseRatios, summarize } from '../src/harness/statistics.js';

describe('summarize', () => {
  it('gives median, quartiles and extremes, whatever the order', () => {
    expect(summarize([5, 1, 4, 2, 3])).toEqual({ median: 3, min: 1, max: 5, q1: 2, q3: 4 });
  });

  it('lies between two values by proportion', () => {
    expect(summarize([1, 2, 3, 4])).toEqual({ median: 2.5, min: 1, max: 4, q1: 1.75, q3: 3.25 });
  });

  it('of one value is that value', () => {
    expect(summarize([7])).toEqual({ median: 7, min: 7, max: 7, q1: 7, q3: 7 });
  });

  it('leaves what it was given in its order', () => {
    const values = [3, 1, 2];
    summarize(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('refuses no values', () => {
    expect(() => summarize([])).toThrow(RangeError);
  });
});

describe('pairwiseRatios', () => {
  it('sets each run of ours against the peer’s run next to it', () => {
    expect(pairwiseRatios([1, 6, 2], [2, 3, 2])).toEqual([0.5, 2, 1]);
  });

  it('refuses rows that are not pairs', () => {
    expect(() => pairwiseRatios([1, 2], [1])).toThrow('2 runs against 1');
  });
});
