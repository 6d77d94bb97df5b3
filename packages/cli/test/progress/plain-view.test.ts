import { expect, it } from 'vitest';
import { PlainView } from '../../src/progress/plain-view.js';

const MIB = 1024 * 1024;

it('writes a line for each phase and round, and every ten seconds how far the disks are', () => {
  let now = 5000;
  let text = '';
  const view = new PlainView(
    (more) => {
      text += more;
    },
    () => now,
  );
  const progress = { type: 'progress', phase: 'bulk', round: 0, bytesPerSecond: 10 * MIB } as const;
  view.update({ type: 'phase', phase: 'bulk' });
  now = 14_900;
  view.update({ ...progress, disk: 'vda', bytesDone: 99 * MIB, bytesLeft: 101 * MIB });
  now = 15_000;
  view.update({ ...progress, disk: 'vdb', bytesDone: 50 * MIB, bytesLeft: 150 * MIB });
  view.update({ ...progress, disk: 'vda', bytesDone: 100 * MIB, bytesLeft: 100 * MIB });
  now = 26_250;
  view.update({ type: 'round', disk: 'vda', round: 1, bytes: 12 * MIB, ms: 412 });
  view.close();
  expect(text.split('\n')).toEqual([
    '[    0.0 s] bulk: copying the chosen disks while the guest runs',
    '[   10.0 s] vda: bulk 49%, 10 MiB/s, 101 MiB left, 0:11 to go',
    '[   10.0 s] vdb: bulk 25%, 10 MiB/s, 150 MiB left, 0:15 to go',
    '[   21.3 s] vda: round 1, 12 MiB in 412 ms',
    '',
  ]);
});
