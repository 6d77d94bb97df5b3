import { describe, expect, it } from 'vitest';
import type { DiskInfo } from '../../src/disk-info.js';
import { type Pairing, type PairingRequest, pairDisks } from '../../src/policy/pairing.js';
import { select } from '../../src/policy/selection.js';
import { disk } from '../support/disk.js';

const MIB = 1 << 20;
const vda = disk('vda');
const vdb = disk('vdb');

/** Pairs the disks that are asked for; all of them unless the test says otherwise. */
function pair(
  sources: readonly DiskInfo[],
  destinations: readonly DiskInfo[],
  { move = sources.map(({ disk }) => disk), ...request }: Partial<PairingRequest> & { move?: string[] } = {},
): Pairing<DiskInfo, DiskInfo> {
  const { decisions } = select(sources, { disks: move, assumeShared: [], allowShared: false, unsafe: true });
  return pairDisks(decisions, destinations, { diskMap: {}, allowLarger: false, ...request });
}

function pairs({ pairs }: Pairing<DiskInfo, DiskInfo>): string[] {
  return pairs.map(({ disk, destination }) => `${disk} -> ${destination.disk}`);
}

function problems({ problems }: Pairing<DiskInfo, DiskInfo>): string[] {
  return problems.map(({ code, disk }) => `${code} ${disk}`);
}

describe('the destination of a disk', () => {
  it('is the one of the same name, in whichever order the destination has them', () => {
    const found = pair([vda, vdb], [disk('vdb'), disk('vda')]);
    expect(pairs(found)).toEqual(['vda -> vda', 'vdb -> vdb']);
    expect(found.problems).toEqual([]);
  });

  it('is found by any name of the disk', () => {
    const source = disk('drive-root', { names: ['drive-root', 'disk0', 'node-root'] });
    const found = pair([source], [disk('other'), disk('root', { names: ['root', 'disk0'] })]);
    expect(pairs(found)).toEqual(['drive-root -> root']);
    expect(found.problems).toEqual([]);
  });

  it('is looked for by the name that the user gave before all others', () => {
    const source = disk('drive-root', { names: ['drive-root', 'disk0'] });
    const destinations = [disk('drive-root'), disk('disk0')];
    expect(pairs(pair([source], destinations, { move: ['disk0'] }))).toEqual(['disk0 -> disk0']);
    expect(pairs(pair([source], destinations))).toEqual(['drive-root -> drive-root']);
  });

  it('is never found by a name that QEMU made up: that is chance', () => {
    const source = disk('virtio0', { names: ['virtio0', '#block142'] });
    const found = pair([source], [disk('#block142')]);
    expect(pairs(found)).toEqual([]);
    expect(problems(found)).toEqual(['DESTINATION_MISSING virtio0']);
  });

  it('is looked for only where the disk moves', () => {
    const found = pair([vda, vdb], [disk('vda')], { move: ['vda'] });
    expect(pairs(found)).toEqual(['vda -> vda']);
    expect(found.problems).toEqual([]);
  });
});

describe('the disk map', () => {
  it('sends a disk elsewhere, even where the destination has one of its name', () => {
    const found = pair([vda], [disk('vda'), disk('sda')], { diskMap: { vda: 'sda' } });
    expect(pairs(found)).toEqual(['vda -> sda']);
    expect(found.problems).toEqual([]);
  });

  it('can swap two disks', () => {
    const found = pair([vda, vdb], [disk('vda'), disk('vdb')], { diskMap: { vda: 'vdb', vdb: 'vda' } });
    expect(pairs(found)).toEqual(['vda -> vdb', 'vdb -> vda']);
    expect(found.problems).toEqual([]);
  });

  it('takes any name of either disk, made up or not', () => {
    const source = disk('drive-root', { names: ['drive-root', 'disk0'] });
    const destination = disk('#block142', { names: ['#block142'] });
    expect(pairs(pair([source], [destination], { diskMap: { disk0: '#block142' } }))).toEqual([
      'drive-root -> #block142',
    ]);
  });

  it('is refused where it names a disk that stays, or none', () => {
    const found = pair([vda, vdb], [disk('vda'), disk('vdb')], {
      move: ['vda'],
      diskMap: { vdb: 'vdb', vdz: 'vda' },
    });
    expect(problems(found)).toEqual(['DISK_NOT_FOUND vdb', 'DISK_NOT_FOUND vdz']);
    expect(pairs(found)).toEqual(['vda -> vda']);
  });

  it('is refused where it names a destination that is not there, and tells those that are', () => {
    const found = pair([vda], [disk('vda'), disk('vdb')], { diskMap: { vda: 'sdz' } });
    expect(problems(found)).toEqual(['DESTINATION_MISSING vda']);
    expect(found.problems[0]?.message).toMatch(/no disk sdz .*for vda; it has vda, vdb/);
  });

  it('is refused where it sends two disks to one', () => {
    const found = pair([vda, vdb], [disk('sda')], { diskMap: { vda: 'sda', vdb: 'sda' } });
    expect(problems(found)).toEqual(['INVALID_ARGUMENT vdb']);
    expect(found.problems[0]?.message).toMatch(/vda and vdb .*destination's sda/);
    expect(pairs(found)).toEqual(['vda -> sda']);
  });

  it('is refused where it sends one disk to two', () => {
    const source = disk('drive-root', { names: ['drive-root', 'disk0'] });
    const diskMap = { 'drive-root': 'sda', disk0: 'sdb' };
    expect(problems(pair([source], [disk('sda'), disk('sdb')], { diskMap }))).toEqual([
      'INVALID_ARGUMENT drive-root',
    ]);
    const twice = { 'drive-root': 'sda', disk0: 'sda' };
    expect(pairs(pair([source], [disk('sda')], { diskMap: twice }))).toEqual(['drive-root -> sda']);
  });

  it('has no entry for a disk that is called like something every object has', () => {
    expect(pairs(pair([disk('constructor')], [disk('constructor')]))).toEqual(['constructor -> constructor']);
  });
});

describe('a destination that does not do', () => {
  it('is missing', () => {
    const found = pair([vda, vdb], [disk('vda')]);
    expect(problems(found)).toEqual(['DESTINATION_MISSING vdb']);
    expect(found.problems[0]?.message).toContain(`vdb (${MIB} bytes)`);
    expect(pair([vda], []).problems[0]?.message).toContain('it has none');
  });

  it('is smaller, allowed or not', () => {
    for (const allowLarger of [false, true]) {
      const found = pair([vda], [disk('vda', { size: MIB - 512 })], { allowLarger });
      expect(problems(found)).toEqual(['DESTINATION_SIZE vda']);
      expect(found.problems[0]?.message).toContain(`vda has ${MIB} bytes`);
      expect(found.problems[0]?.message).toContain(`has ${MIB - 512}`);
      expect(found.problems[0]?.message).not.toContain('--allow-larger');
    }
  });

  it('is larger, unless that is allowed', () => {
    const found = pair([vda], [disk('vda', { size: MIB + 512 })]);
    expect(problems(found)).toEqual(['DESTINATION_SIZE vda']);
    expect(found.problems[0]?.message).toContain('--allow-larger');
    expect(pair([vda], [disk('vda', { size: MIB + 512 })], { allowLarger: true }).problems).toEqual([]);
  });

  it('is read-only', () => {
    expect(problems(pair([vda], [disk('vda', { readOnly: true })]))).toEqual(['DESTINATION_READ_ONLY vda']);
  });

  it('has no medium', () => {
    expect(problems(pair([vda], [disk('vda', { empty: true, size: 0 })]))).toEqual([
      'DESTINATION_MISSING vda',
    ]);
  });

  it('is one of two that the name fits', () => {
    const destinations = [disk('one', { names: ['one', 'vda'] }), disk('two', { names: ['two', 'vda'] })];
    const found = pair([vda], destinations);
    expect(problems(found)).toEqual(['DISK_AMBIGUOUS vda']);
    expect(found.problems[0]?.message).toContain('--disk-map');
    expect(pairs(pair([vda], destinations, { diskMap: { vda: 'two' } }))).toEqual(['vda -> two']);
  });
});

it('tells all problems at once', () => {
  const sources = [vda, vdb, disk('vdc'), disk('vdd')];
  const destinations = [disk('vda', { size: 512 }), disk('vdb', { readOnly: true }), disk('vdd')];
  expect(problems(pair(sources, destinations, { diskMap: { nosuch: 'vda' } }))).toEqual([
    'DISK_NOT_FOUND nosuch',
    'DESTINATION_SIZE vda',
    'DESTINATION_READ_ONLY vdb',
    'DESTINATION_MISSING vdc',
  ]);
});
