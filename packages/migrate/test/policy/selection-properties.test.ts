import { describe, expect, it } from 'vitest';
import type { DiskInfo } from '../../src/disk-info.js';
import { type SelectionRequest, select } from '../../src/policy/selection.js';
import { disk } from '../support/disk.js';
import { seededRandom } from '../support/random.js';

const cases = Array.from({ length: 300 }, (_, seed) => generate(seed));

describe('whatever the disks and the request', () => {
  it('each disk appears once, in definition order', () => {
    for (const { disks, request } of cases) {
      expect(select(disks, request).decisions.map(({ info }) => info)).toEqual(disks);
    }
  });

  it('a disk moves when it is asked for, or when nothing is asked and it is its own storage, and only then', () => {
    for (const { disks, request } of cases) {
      for (const { info, action } of select(disks, request).decisions) {
        const byDefault = !exempt(info) && !named(info, request.assumeShared);
        const expected =
          request.disks === 'default' ? byDefault : request.disks !== 'none' && named(info, request.disks);
        expect({ disk: info.disk, move: action === 'move' }).toEqual({ disk: info.disk, move: expected });
      }
    }
  });

  it('there is nothing to say against a disk that stays and may, and there is against one that may not', () => {
    for (const { disks, request } of cases) {
      const { decisions, problems } = select(disks, request);
      for (const { info, disk: name, action } of decisions) {
        if (action === 'move') continue;
        const may = exempt(info) || request.unsafe || named(info, request.assumeShared);
        const against = problems.filter((problem) => problem.disk === name).map(({ code }) => code);
        expect([name, against]).toEqual([name, may ? [] : ['DISK_LEFT_BEHIND']]);
      }
    }
  });

  it('the cases are of every kind', () => {
    const seen = new Set(cases.flatMap(({ disks, request }) => select(disks, request).problems));
    expect(new Set([...seen].map(({ code }) => code))).toEqual(
      new Set(['DISK_EMPTY', 'DISK_LEFT_BEHIND', 'DISK_READ_ONLY', 'DISK_SHARED']),
    );
    expect(cases.some(({ disks, request }) => select(disks, request).problems.length === 0)).toBe(true);
  });
});

function exempt({ empty, readOnly, shareable }: DiskInfo): boolean {
  return empty || readOnly || shareable;
}

function named({ names }: DiskInfo, list: readonly string[]): boolean {
  return names.some((name) => list.includes(name));
}

function generate(seed: number): { disks: DiskInfo[]; request: SelectionRequest } {
  const below = seededRandom(seed);
  const oneIn = (chances: number): boolean => below(chances) === 0;
  const disks = Array.from({ length: below(6) }, (_, index) =>
    disk(`alias${index}`, {
      names: [`alias${index}`, `device${index}`, `node${index}`].slice(0, 1 + below(3)),
      empty: oneIn(5),
      readOnly: oneIn(5),
      shareable: oneIn(4),
    }),
  );
  const some = (chances: number): string[] =>
    disks.flatMap(({ names }) => names).filter(() => oneIn(chances));
  const mode = below(4);
  return {
    disks,
    request: {
      disks: mode === 0 ? 'default' : mode === 1 ? 'none' : some(2),
      assumeShared: some(5),
      allowShared: oneIn(2),
      unsafe: oneIn(4),
    },
  };
}
