import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { bar, diskLines } from '../../src/progress/disk-line.js';
import type { DiskProgress } from '../../src/progress/disk-progress.js';

const MIB = 1024 * 1024;
const colors = picocolors.createColors(false);
const vda: DiskProgress = {
  disk: 'vda',
  stage: 'bulk',
  fraction: 0.62,
  bytesLeft: 97 * MIB,
  bytesPerSecond: 312 * MIB,
  secondsLeft: 3,
};
const done = { ...vda, disk: 'virtio-disk1', stage: 'round 2', fraction: 1, bytesLeft: 0, secondsLeft: 0 };

describe('diskLines', () => {
  it('stands in columns, and fits the terminal', () => {
    expect(diskLines([vda, done], { width: 79, colors, unicode: true })).toEqual([
      '  vda           bulk      ━━━━━━━━─────   62%   312 MiB/s    97 MiB   0:03 left',
      '  virtio-disk1  round 2   ━━━━━━━━━━━━━  100%                              done',
    ]);
  });

  it('leaves out what matters less on a narrow terminal', () => {
    const lines = diskLines([vda], { width: 40, colors, unicode: false });
    expect(lines).toEqual(['  vda  bulk      ##########-------   62%']);
  });

  it.each([3, 20, 30, 40, 50, 60, 70, 79, 120, 200])('keeps within %i columns', (width) => {
    for (const line of diskLines([vda], { width, colors, unicode: true })) {
      expect(line.length).toBeLessThanOrEqual(width);
    }
  });

  it('has no column for names where a copy has none', () => {
    const [line] = diskLines([{ ...vda, disk: '' }], { width: 79, colors, unicode: false });
    expect(line).toMatch(/^ {2}bulk {6}#+-+ {3}62%/);
  });

  it('shortens a long name, and escapes what would steer the terminal', () => {
    const [line] = diskLines([{ ...vda, disk: '\u001bname-of-a-very-long-node' }], {
      width: 79,
      colors,
      unicode: false,
    });
    expect(line).toMatch(/^ {2}\\u\{1b\}name-of\.\.\. {2}bulk/);
  });
});

describe('bar', () => {
  it.each([
    [0, '────────'],
    [0.5, '━━━━────'],
    [0.57, '━━━━╸───'],
    [1, '━━━━━━━━'],
    [1.2, '━━━━━━━━'],
    [-1, '────────'],
  ])('at %d is %s', (fraction, text) => {
    expect(bar(fraction, 8, { width: 8, colors, unicode: true })).toBe(text);
  });
});
