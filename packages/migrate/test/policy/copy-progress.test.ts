import { expect, it } from 'vitest';
import { CopyProgress } from '../../src/policy/copy-progress.js';

it('what is done never falls, although the whole grows', () => {
  const copy = new CopyProgress('vda', 512);
  expect(copy.read()).toEqual({ disk: 'vda', bytesDone: 0, bytesLeft: 512, bytesPerSecond: 0 });
  const seen = [
    [100, 512],
    [90, 540],
    [500, 540],
    [540, 600],
  ] as const;
  const done = seen.map(([current, end], index) => {
    copy.update({ current, end }, index * 1000);
    return copy.read();
  });
  expect(done).toEqual([
    { disk: 'vda', bytesDone: 100, bytesLeft: 412, bytesPerSecond: 0 },
    { disk: 'vda', bytesDone: 100, bytesLeft: 440, bytesPerSecond: 0 },
    { disk: 'vda', bytesDone: 500, bytesLeft: 40, bytesPerSecond: 400 },
    { disk: 'vda', bytesDone: 540, bytesLeft: 60, bytesPerSecond: 40 },
  ]);
});

it('is ready when nothing was left', () => {
  const copy = new CopyProgress('vda', 512);
  expect([copy.begun, copy.ready]).toEqual([false, false]);
  copy.update({ current: 500, end: 512 }, 0);
  expect([copy.begun, copy.ready]).toEqual([true, false]);
  copy.update({ current: 520, end: 520 }, 1);
  expect(copy.ready).toBe(true);
});

it('is done with all that it had to do when that is known from elsewhere', () => {
  const copy = new CopyProgress('vda', 512);
  copy.update({ current: 500, end: 530 }, 0);
  copy.complete();
  expect(copy.read()).toMatchObject({ bytesDone: 530, bytesLeft: 0 });
  // A copy that is kept the same has more to do.
  copy.update({ current: 535, end: 540 }, 1);
  expect(copy.read()).toMatchObject({ bytesDone: 535, bytesLeft: 5 });

  const unseen = new CopyProgress('vdb', 512);
  unseen.complete();
  expect(unseen.read()).toMatchObject({ bytesDone: 512, bytesLeft: 0 });
});
