import { describe, expect, it } from 'vitest';
import { locate, MigrationError, refusal } from '../src/error.js';
import type { Problem } from '../src/problem.js';

const problems: Problem[] = [
  { code: 'DISK_READ_ONLY', disk: 'vda', message: 'vda is read-only.' },
  { code: 'DESTINATION_MISSING', disk: 'vdb', message: 'The destination has no disk vdb.' },
];

describe('a MigrationError', () => {
  it('says all that is known, and nothing that is not', () => {
    const cause = new Error('EIO');
    const known = {
      side: 'source',
      phase: 'bulk',
      disk: 'vda',
      offset: 0,
      length: 512,
      problems,
      cause,
    } as const;
    expect(new MigrationError('NBD_EIO', 'It failed.', known)).toMatchObject({
      name: 'MigrationError',
      code: 'NBD_EIO',
      message: 'It failed.',
      ...known,
    });
    const bare = new MigrationError('ABORTED', 'Cancelled.');
    expect(bare).toMatchObject({ problems: [], side: undefined, disk: undefined, result: undefined });
    expect(Object.hasOwn(bare, 'cause')).toBe(false);
  });

  it('is known as one whichever copy of the package made it', () => {
    expect(MigrationError.is(new MigrationError('ABORTED', 'Cancelled.'))).toBe(true);
    expect(MigrationError.is({ [Symbol.for('@blockferry/migrate/MigrationError')]: true })).toBe(true);
    for (const other of [new Error('x'), { name: 'MigrationError', code: 'ABORTED' }, null, 'ABORTED']) {
      expect(MigrationError.is(other)).toBe(false);
    }
  });

  it.each([
    ['NBD_CONNECT', true],
    ['NBD_DISCONNECTED', true],
    ['NBD_TIMEOUT', true],
    ['QMP_CONNECT', true],
    ['QMP_TIMEOUT', true],
    ['QMP_CLOSED', true],
    ['STREAM_FAILED', true],
    ['TIMEOUT', true],
    ['ABORTED', false],
    ['REFUSED', false],
    ['DISK_NOT_FOUND', false],
    ['NBD_ENOSPC', false],
    ['SOURCE_CHANGED', false],
    ['OUTCOME_UNCERTAIN', false],
    ['VERIFY_DIFFERENT', false],
  ] as const)('%s: the same call may succeed later: %s', (code, retryable) => {
    expect(new MigrationError(code, 'It failed.').retryable).toBe(retryable);
  });
});

describe('locate', () => {
  it('adds where it happened, and changes nothing that was known', () => {
    const cause = new Error('EIO');
    const error = new MigrationError('NBD_EIO', 'It failed.', { disk: 'vda', offset: 0, cause });
    const where = { side: 'source', phase: 'bulk', disk: 'vdb', offset: 4096, length: 512 } as const;
    expect(locate(error, where)).toMatchObject({
      code: 'NBD_EIO',
      message: 'It failed.',
      side: 'source',
      phase: 'bulk',
      disk: 'vda',
      offset: 0,
      length: 512,
      cause,
    });
  });

  it('keeps the problems of a refusal', () => {
    expect(locate(refusal(problems), { phase: 'begin' }).problems).toEqual(problems);
  });
});

describe('a refusal', () => {
  it('of one problem is that problem', () => {
    expect(refusal(problems.slice(0, 1))).toMatchObject({
      code: 'DISK_READ_ONLY',
      message: 'vda is read-only.',
      disk: 'vda',
      problems: problems.slice(0, 1),
    });
  });

  it('of several has all of them', () => {
    const error = refusal(problems);
    expect(error).toMatchObject({ code: 'REFUSED', disk: undefined, problems });
    expect(error.message).toContain('2 things');
  });

  it('of none is a fault of the caller', () => {
    expect(() => refusal([])).toThrow(RangeError);
  });
});
