import { expect, it } from 'vitest';
import { DiskTracker } from '../../src/progress/disk-progress.js';

const event = { disk: 'vda', phase: 'bulk', round: 0, bytesPerSecond: 100 } as const;

it('never runs backwards within a pass, although the pass grows', () => {
  const tracker = new DiskTracker();
  expect(tracker.update({ ...event, bytesDone: 50, bytesLeft: 50 }, 0).fraction).toBe(0.5);
  expect(tracker.update({ ...event, bytesDone: 60, bytesLeft: 140 }, 100).fraction).toBe(0.5);
  expect(tracker.update({ ...event, bytesDone: 150, bytesLeft: 50 }, 200).fraction).toBe(0.75);
});

it('starts anew with each pass', () => {
  const tracker = new DiskTracker();
  tracker.update({ ...event, bytesDone: 100, bytesLeft: 0 }, 0);
  const round = tracker.update({ ...event, phase: 'precopy', round: 1, bytesDone: 0, bytesLeft: 10 }, 100);
  expect(round).toMatchObject({ stage: 'round 1', fraction: 0, bytesLeft: 10 });
});

it('smooths the rate, and tells the time left by it', () => {
  const tracker = new DiskTracker();
  tracker.update({ ...event, bytesDone: 0, bytesLeft: 1000 }, 0);
  const { bytesPerSecond, secondsLeft } = tracker.update(
    { ...event, bytesPerSecond: 1000, bytesDone: 500, bytesLeft: 500 },
    100,
  );
  expect(bytesPerSecond).toBeGreaterThan(100);
  expect(bytesPerSecond).toBeLessThan(200);
  expect(secondsLeft).toBeCloseTo(500 / bytesPerSecond);
});

it('tells no time while nothing moves', () => {
  const still = { ...event, bytesPerSecond: 0, bytesDone: 0, bytesLeft: 10 };
  expect(new DiskTracker().update(still, 0).secondsLeft).toBeUndefined();
});
