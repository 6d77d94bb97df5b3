import { describe, expect, it } from 'vitest';
import { exitStatusOf, toFailure } from '../src/exit-status.js';
import { notBuilt, UsageError } from '../src/usage-error.js';

function coded(code: string, more: object = {}): Error {
  return Object.assign(new Error('why'), { code, ...more });
}

describe('exitStatusOf', () => {
  it.each([
    [new UsageError('x'), 2],
    [notBuilt('x'), 2],
    [coded('INVALID_ARGUMENT'), 2],
    [coded('NBD_CONNECT'), 1],
    [coded('IO_EIO'), 1],
    [coded('SIZE_MISMATCH'), 1],
    [coded('INTERNAL'), 1],
    [new TypeError('a bug'), 1],
    ['a string', 1],
    [coded('VERIFY_DIFFERENT'), 4],
    [coded('TIMEOUT'), 5],
    [coded('OUTCOME_UNCERTAIN'), 6],
    [coded('DISK_NOT_FOUND', { problems: [{ code: 'DISK_NOT_FOUND' }] }), 10],
    [coded('INVALID_ARGUMENT', { problems: [{ code: 'INVALID_ARGUMENT' }] }), 10],
    [coded('DESTINATION_NOT_WAITING'), 10],
    [coded('ABORTED'), 130],
    [coded('STREAM_FAILED', { result: { exit: 6 } }), 6],
  ])('of %s is %d', (error, status) => {
    expect(exitStatusOf(error)).toBe(status);
  });
});

it('keeps what is known of an error, and nothing else', () => {
  expect(
    toFailure(coded('NBD_EIO', { side: 'source', offset: 0, length: 4096, disk: undefined, x: 1 })),
  ).toEqual({
    code: 'NBD_EIO',
    message: 'why',
    side: 'source',
    offset: 0,
    length: 4096,
  });
});
