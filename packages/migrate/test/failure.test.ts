import { LibvirtError } from '@blockferry/libvirt';
import { NbdError } from '@blockferry/nbd';
import { QmpError } from '@blockferry/qmp';
import { TypedParamsError } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import { MigrationError, refusal } from '../src/error.js';
import type { MigrationErrorCode } from '../src/error-code.js';
import { exitStatus, toMigrationError } from '../src/failure.js';
import type { ProblemCode } from '../src/problem.js';

describe('the exit status', () => {
  it.each([
    ['INVALID_ARGUMENT', 2],
    ['VERIFY_DIFFERENT', 4],
    ['TIMEOUT', 5],
    ['OUTCOME_UNCERTAIN', 6],
    ['REFUSED', 10],
    ['ARGUMENT_UNSUPPORTED', 10],
    ['NBD_SERVER_BUSY', 10],
    ['DESTINATION_NOT_WAITING', 10],
    ['SOURCE_MIGRATING', 10],
    ['SOURCE_NOT_READY', 10],
    ['ABORTED', 130],
    ['SOURCE_CHANGED', 1],
    ['STREAM_FAILED', 1],
    ['INTERNAL', 1],
    ['SIZE_MISMATCH', 1],
    ['ENDPOINTS_SAME', 1],
    ['CLOSED', 1],
    ['NBD_CONNECT', 1],
    ['NBD_TIMEOUT', 1],
    ['NBD_ENOSPC', 1],
    ['NBD_TLS_REQUIRED', 1],
    ['IO_EIO', 1],
    ['QMP_CONNECT', 1],
    ['QMP_TIMEOUT', 1],
    ['QMP_COMMAND', 1],
    ['QMP_CLOSED', 1],
    ['OPERATION_FAILED', 1],
    ['NO_DOMAIN', 1],
    ['NOT_INSTALLED', 1],
    ['MIGRATE_UNSAFE', 10],
    ['INVALID_ARG', 10],
  ] as const satisfies readonly (readonly [MigrationErrorCode, number])[])('of %s is %d', (code, exit) => {
    expect(exitStatus(new MigrationError(code, 'It failed.'))).toBe(exit);
  });

  // The compiler sees that none is missing.
  const problemCodes: Record<ProblemCode, true> = {
    INVALID_ARGUMENT: true,
    ARGUMENT_UNSUPPORTED: true,
    INVALID_ARG: true,
    OPERATION_INVALID: true,
    OPERATION_UNSUPPORTED: true,
    OVERFLOW: true,
    DISK_NOT_FOUND: true,
    DISK_AMBIGUOUS: true,
    DISK_READ_ONLY: true,
    DISK_EMPTY: true,
    DISK_SHARED: true,
    DISK_LEFT_BEHIND: true,
    DESTINATION_MISSING: true,
    DESTINATION_READ_ONLY: true,
    DESTINATION_SIZE: true,
    DESTINATION_FORMAT: true,
    DESTINATION_HAS_DOMAIN: true,
    DESTINATION_NOT_WAITING: true,
    SOURCE_MIGRATING: true,
    SOURCE_NOT_READY: true,
    BLOCK_JOB_ACTIVE: true,
    NBD_SERVER_BUSY: true,
  };

  it.each(Object.keys(problemCodes) as ProblemCode[])("of a plan's problem %s is 10", (code) => {
    const problem = { code, message: 'It cannot be.' };
    expect(exitStatus(refusal([problem]))).toBe(10);
    expect(exitStatus(refusal([problem, problem]))).toBe(10);
  });
});

describe('what another layer threw', () => {
  it('NbdError: keeps code, side and range', () => {
    const cause = new NbdError('NBD_ENOSPC', 'No space is left.', {
      side: 'destination',
      offset: 4096,
      length: 512,
    });
    const error = toMigrationError(cause, { phase: 'bulk', disk: 'vda', side: 'source' });
    expect(error).toMatchObject({
      name: 'MigrationError',
      code: 'NBD_ENOSPC',
      message: 'No space is left.',
      side: 'destination',
      offset: 4096,
      length: 512,
      phase: 'bulk',
      disk: 'vda',
      cause,
    });
  });

  it('NbdError without a side: the side that is known', () => {
    const error = toMigrationError(new NbdError('NBD_CONNECT', 'No connection.'), { side: 'source' });
    expect(error).toMatchObject({ side: 'source', retryable: true });
  });

  it('QmpError: keeps its code', () => {
    const cause = new QmpError('QMP_COMMAND', 'QEMU refused it.', { command: 'migrate' });
    expect(toMigrationError(cause, { side: 'destination', phase: 'state' })).toMatchObject({
      code: 'QMP_COMMAND',
      message: 'QEMU refused it.',
      side: 'destination',
      phase: 'state',
      cause,
    });
  });

  it('LibvirtError: keeps its code, its words and whether to try again', () => {
    const cause = new LibvirtError('MIGRATE_UNSAFE', 'Unsafe migration: so', { retryable: true });
    const error = toMigrationError(cause, { side: 'source', phase: 'begin' });
    expect(error).toMatchObject({ code: 'MIGRATE_UNSAFE', message: 'Unsafe migration: so', cause });
    expect(error).toMatchObject({ side: 'source', phase: 'begin', retryable: true });
    expect(toMigrationError(error, { disk: 'vda' })).toMatchObject({ retryable: true, disk: 'vda' });
  });

  it('QmpError of an abort: is an abort', () => {
    expect(exitStatus(toMigrationError(new QmpError('ABORTED', 'Stopped.')))).toBe(130);
  });

  it("QmpError of a URI: is the caller's mistake", () => {
    const error = toMigrationError(new QmpError('QMP_URI', 'The monitor URI cannot be used.'));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: 'The monitor URI cannot be used.' });
    expect(exitStatus(error)).toBe(2);
  });

  it.each([
    ['ARGUMENT_UNSUPPORTED', 'ARGUMENT_UNSUPPORTED', 10],
    ['INVALID_ARG', 'INVALID_ARGUMENT', 2],
    ['INTERNAL_ERROR', 'INVALID_ARGUMENT', 2],
  ] as const)('TypedParamsError %s: is %s', (from, code, exit) => {
    const error = toMigrationError(new TypedParamsError(from, 'x'));
    expect(error.code).toBe(code);
    expect(exitStatus(error)).toBe(exit);
  });

  it('MigrationError: only learns where it happened', () => {
    const error = toMigrationError(new MigrationError('SOURCE_CHANGED', 'It changed.'), { disk: 'vda' });
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', message: 'It changed.', disk: 'vda' });
  });

  it.each([
    [new TypeError('x is not a function'), /unexpected failed: x is not a function/],
    ['a string', /unexpected failed: a string/],
    [undefined, /unexpected failed: undefined/],
  ])('anything else: is a fault of ours that keeps its cause', (thrown, message) => {
    const error = toMigrationError(thrown, { phase: 'prepare' });
    expect(error).toMatchObject({ code: 'INTERNAL', phase: 'prepare' });
    expect(error.cause).toBe(thrown);
    expect(error.message).toMatch(message);
    expect(exitStatus(error)).toBe(1);
  });
});
