import { describe, expect, it } from 'vitest';
import { type Selection, type SelectionRequest, select } from '../../src/policy/selection.js';
import { disk } from '../support/disk.js';

const vda = disk('vda');
const vdb = disk('vdb');
const shared = disk('shared', { shareable: true });
const locked = disk('locked', { readOnly: true });
const cd = disk('cd', { empty: true, size: 0 });

function selection(disks: readonly ReturnType<typeof disk>[], said: Partial<SelectionRequest> = {}) {
  return select(disks, { disks: 'default', assumeShared: [], allowShared: false, unsafe: false, ...said });
}

function moving({ decisions }: Selection<ReturnType<typeof disk>>): string[] {
  return decisions.filter(({ action }) => action === 'move').map(({ disk }) => disk);
}

function problems({ problems }: Selection<ReturnType<typeof disk>>): string[] {
  return problems.map(({ code, disk }) => `${code} ${disk}`);
}

describe('by default', () => {
  it('moves every disk that is not shareable, not read-only and not empty, and says why the others stay', () => {
    const found = selection([cd, vda, shared, locked, vdb]);
    expect(moving(found)).toEqual(['vda', 'vdb']);
    expect(found.decisions.map(({ disk, reason }) => [disk, reason])).toEqual([
      ['cd', 'no medium'],
      ['vda', 'writable, not shared: moves by default'],
      ['shared', 'shareable'],
      ['locked', 'read-only'],
      ['vdb', 'writable, not shared: moves by default'],
    ]);
    expect(found.problems).toEqual([]);
  });

  it('leaves a disk behind that is the same storage on both sides', () => {
    const found = selection([vda, vdb], { assumeShared: ['vdb'] });
    expect(moving(found)).toEqual(['vda']);
    expect(found.decisions[1]?.reason).toBe('the same storage on both sides, as you said');
    expect(found.problems).toEqual([]);
  });

  it('has nothing to say against a domain without disks', () => {
    expect(selection([])).toEqual({ decisions: [], problems: [] });
  });
});

describe('a list', () => {
  it('moves exactly those, in definition order', () => {
    const found = selection([vda, vdb, disk('vdc')], { disks: ['vdc', 'vda'], unsafe: true });
    expect(moving(found)).toEqual(['vda', 'vdc']);
    expect(found.problems).toEqual([]);
  });

  it('counts a name that comes twice once', () => {
    const found = selection([vda], { disks: ['vda', 'vda'] });
    expect(moving(found)).toEqual(['vda']);
    expect(found.problems).toEqual([]);
  });

  it('counts two names of one disk once, and calls it by the one that came first', () => {
    const root = disk('drive-root', { names: ['drive-root', 'disk0', 'node-root'] });
    const found = selection([root], { disks: ['node-root', 'drive-root'] });
    expect(moving(found)).toEqual(['node-root']);
    expect(found.decisions).toHaveLength(1);
  });

  it('refuses a name that no disk has, and tells the disks that there are', () => {
    const found = selection([vda, vdb], { disks: ['vda', 'vdz'], unsafe: true });
    expect(problems(found)).toEqual(['DISK_NOT_FOUND vdz']);
    expect(found.problems[0]?.message).toContain('the disks are vda, vdb');
  });

  it('refuses a name on a domain without disks', () => {
    expect(selection([], { disks: ['vda'] }).problems[0]?.message).toContain('the disks are none');
  });

  it('refuses a name of two disks, and tells the names that tell them apart', () => {
    const one = disk('one', { names: ['one', 'both'] });
    const two = disk('two', { names: ['two', 'both'] });
    const found = selection([one, two], { disks: ['both'], unsafe: true });
    expect(problems(found)).toEqual(['DISK_AMBIGUOUS both']);
    expect(found.problems[0]?.message).toContain('one = both; two = both');
    expect(moving(found)).toEqual([]);
    expect(moving(selection([one, two], { disks: ['one'], unsafe: true }))).toEqual(['one']);
  });

  it.each([
    ['DISK_EMPTY cd', cd],
    ['DISK_READ_ONLY locked', locked],
    ['DISK_SHARED shared', shared],
  ])('refuses with %s', (problem, info) => {
    expect(problems(selection([info], { disks: [info.disk] }))).toEqual([problem]);
  });

  it('copies a shareable disk when that is allowed', () => {
    const found = selection([shared], { disks: ['shared'], allowShared: true });
    expect(moving(found)).toEqual(['shared']);
    expect(found.problems).toEqual([]);
  });

  it('has no way around empty and read-only', () => {
    const found = selection([cd, locked], { disks: ['cd', 'locked'], allowShared: true, unsafe: true });
    expect(problems(found)).toEqual(['DISK_EMPTY cd', 'DISK_READ_ONLY locked']);
  });

  it('refuses to copy a disk onto the storage that it is said to be already', () => {
    const found = selection([vda], {
      disks: ['vda'],
      assumeShared: ['vda'],
      allowShared: true,
      unsafe: true,
    });
    expect(problems(found)).toEqual(['DISK_SHARED vda']);
    expect(found.problems[0]?.message).toContain('the same storage on both sides');
  });
});

describe('none', () => {
  it('moves no disk, and still guards the writable ones', () => {
    const found = selection([vda, shared, locked, cd], { disks: 'none' });
    expect(moving(found)).toEqual([]);
    expect(problems(found)).toEqual(['DISK_LEFT_BEHIND vda']);
  });

  it('is fine when all writable disks are shared storage', () => {
    expect(selection([vda, vdb], { disks: 'none', assumeShared: ['vda', 'vdb'] }).problems).toEqual([]);
  });
});

describe('a writable disk that is not selected', () => {
  it('is refused, with all three ways out', () => {
    const found = selection([vda, vdb], { disks: ['vda'] });
    expect(problems(found)).toEqual(['DISK_LEFT_BEHIND vdb']);
    expect(found.problems[0]?.message).toMatch(/select it.*--assume-shared vdb.*--unsafe/);
  });

  it('may stay when it is assumed shared, or when the risk is taken', () => {
    expect(selection([vda, vdb], { disks: ['vda'], assumeShared: ['vdb'] }).problems).toEqual([]);
    const risky = selection([vda, vdb], { disks: ['vda'], unsafe: true });
    expect(risky.problems).toEqual([]);
    expect(risky.decisions[1]?.reason).toBe('not selected; writable, its contents stay behind');
  });

  it('is called by the name that was assumed shared', () => {
    const log = disk('drive-log', { names: ['drive-log', 'disk1'] });
    expect(selection([vda, log], { disks: ['vda'], assumeShared: ['disk1'] }).decisions[1]?.disk).toBe(
      'disk1',
    );
  });

  it('cannot be assumed shared under a name that no disk has', () => {
    const found = selection([vda], { disks: ['vda'], assumeShared: ['vdz'] });
    expect(problems(found)).toEqual(['DISK_NOT_FOUND vdz']);
  });
});

it('tells all problems at once: names in the order given, then disks in definition order', () => {
  const found = selection([vda, shared, locked, cd, vdb], {
    disks: ['nosuch', 'cd', 'locked', 'shared', 'other'],
    assumeShared: ['vdz', 'vdb'],
  });
  expect(problems(found)).toEqual([
    'DISK_NOT_FOUND nosuch',
    'DISK_NOT_FOUND other',
    'DISK_NOT_FOUND vdz',
    'DISK_LEFT_BEHIND vda',
    'DISK_SHARED shared',
    'DISK_READ_ONLY locked',
    'DISK_EMPTY cd',
  ]);
});
