import {
  type ImageLayout,
  leftovers,
  QemuPair,
  type QemuRelease,
  requires,
  retriesFrom,
} from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { moveGuest } from '../support/moved-guest.js';
import { failed, goesOn, isPhase, verified } from '../support/qemu-migration.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-7.2', 'qemu-img');

/** Source image, destination image, transport, releases, the destination's start, its contents beforehand. */
type Cell = readonly [
  ImageLayout,
  'raw' | 'qcow2',
  'unix' | 'tcp',
  Releases,
  '-S' | 'runs',
  'blank' | 'dirty',
];
type Releases = '10 to 10' | '7.2 to 7.2' | '7.2 to 10' | '10 to 7.2';

// Every two values of two columns meet in a row. A destination opens one image: flat, whatever the source's layers.
const CELLS: readonly Cell[] = [
  ['raw', 'raw', 'unix', '10 to 10', '-S', 'blank'],
  ['qcow2', 'raw', 'tcp', '10 to 10', 'runs', 'dirty'],
  ['qcow2-backed', 'qcow2', 'unix', '10 to 10', '-S', 'blank'],
  ['raw', 'raw', 'tcp', '7.2 to 7.2', '-S', 'dirty'],
  ['qcow2', 'raw', 'unix', '7.2 to 7.2', 'runs', 'blank'],
  ['qcow2-backed', 'qcow2', 'tcp', '7.2 to 7.2', '-S', 'dirty'],
  ['raw', 'qcow2', 'unix', '7.2 to 10', 'runs', 'dirty'],
  ['qcow2', 'qcow2', 'tcp', '7.2 to 10', '-S', 'blank'],
  ['qcow2-backed', 'raw', 'unix', '7.2 to 10', 'runs', 'dirty'],
  ['raw', 'qcow2', 'tcp', '10 to 7.2', 'runs', 'blank'],
  ['qcow2', 'qcow2', 'unix', '10 to 7.2', '-S', 'dirty'],
  ['qcow2-backed', 'raw', 'tcp', '10 to 7.2', 'runs', 'blank'],
];

const DISKS = [
  { name: 'vda', sizeMiB: 32, filledMiB: 16, rateKiB: 4096 },
  { name: 'vdb', sizeMiB: 16, filledMiB: 4, rateKiB: 512 },
];

describe('the matrix', () => {
  it('brings every two values of two columns together', () => {
    const values = CELLS[0]?.map((_, column) => new Set(CELLS.map((cell) => cell[column]))) ?? [];
    for (const [a, left] of values.entries()) {
      for (const [b, right] of values.entries()) {
        if (a >= b) continue;
        const met = new Set(CELLS.map((cell) => `${cell[a]} ${cell[b]}`));
        expect(met.size, `columns ${a} and ${b}`).toBe(left.size * right.size);
      }
    }
  });
});

describe.skipIf(!lab.available)(`a guest arrives, whatever its images and QEMUs ${lab.reason}`, () => {
  for (const cell of CELLS) {
    const [sourceFormat, destinationFormat, monitors, releases, start, contents] = cell;
    const [from = '', to = ''] = releases.split(' to ');
    const name = `${sourceFormat} to ${destinationFormat}, ${monitors}, QEMU ${releases}, destination ${start}, ${contents}`;
    it(name, { retry: retriesFrom(release(from)) }, async () => {
      await using pair = await QemuPair.start({
        disks: DISKS,
        sourceFormat,
        destinationFormat,
        monitors,
        sourceRelease: release(from),
        destinationRelease: release(to),
        destinationPaused: start === '-S',
        dirtyTarget: contents === 'dirty',
      });
      const result = await moveGuest(pair, ['vda', 'vdb']);
      expect(result.disks.map(({ disk }) => disk)).toEqual(['vda', 'vdb']);
    });
  }
});

describe.skipIf(!lab.available)(`QEMU 7.2 ${lab.reason}`, () => {
  it('keeps its guest when the switch is called off, though its destination ends with the stream', async () => {
    await using pair = await QemuPair.start({
      disks: DISKS,
      sourceRelease: '7.2',
      destinationRelease: '7.2',
      monitors: 'tcp',
    });
    const before = await leftovers(pair.source);
    const abort = new AbortController();
    const error = await failed(pair, { signal: abort.signal }, (event) => {
      if (isPhase(event, 'switchover')) abort.abort();
    });
    expect(error).toMatchObject({ code: 'ABORTED', result: { exit: 130 } });
    expect(await leftovers(pair.source)).toEqual(before);
    await goesOn(pair, 'source');
    await verified(pair, 'source');
  });
});

function release(name: string): QemuRelease {
  return name === '7.2' ? '7.2' : 'installed';
}
