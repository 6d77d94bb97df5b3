import { describe, expect, it } from 'vitest';
import { toLibvirtError } from '../src/failure.js';
import { nameOf, nameOfPair } from '../src/names.js';
import { blockJobTypes } from '../src/tables/block-jobs.js';
import { domainStates } from '../src/tables/domain-states.js';
import { errorCodes } from '../src/tables/error-codes.js';
import { rejection } from './support/rejection.js';
import { addon, openTestHost } from './support/test-driver.js';

/** As the addon gives it. A libvirt of tomorrow cannot be had. */
const failure = { code: 42, domain: 10, level: 2, message: 'Domain not found', int1: -1, int2: -1 };

describe('an error of libvirt', () => {
  it('has its name, its part and its own words', () => {
    expect(toLibvirtError({ ...failure, str1: 'Domain not found', str2: 'x' })).toMatchObject({
      name: 'LibvirtError',
      code: 'NO_DOMAIN',
      errorNumber: 42,
      domain: 'QEMU',
      level: 'error',
      message: 'Domain not found',
      str1: 'Domain not found',
      str2: 'x',
      str3: undefined,
      int1: -1,
      int2: -1,
      retryable: false,
    });
  });

  it('is known by each of its numbers', () => {
    for (const [name, code] of Object.entries(errorCodes)) {
      expect(toLibvirtError({ ...failure, code }).code).toBe(name);
    }
  });

  it('of tomorrow is UNKNOWN, and keeps its number', () => {
    expect(toLibvirtError({ ...failure, code: 9999, domain: 999, level: 9 })).toMatchObject({
      code: 'UNKNOWN',
      errorNumber: 9999,
      domain: 'unknown',
      level: 'unknown',
      message: 'Domain not found',
    });
  });

  it.each<[keyof typeof errorCodes, number, boolean]>([
    ['SYSTEM_ERROR', 7, true],
    ['INTERNAL_ERROR', 7, true],
    ['RPC', 13, true],
    ['INTERNAL_ERROR', 10, false],
    ['SYSTEM_ERROR', 18, false],
    ['OPERATION_TIMEOUT', 10, true],
    ['RESOURCE_BUSY', 10, true],
    ['OPERATION_INVALID', 10, false],
    ['AUTH_FAILED', 7, false],
  ])('%s of part %i is worth another try: %s', (name, domain, retryable) => {
    expect(toLibvirtError({ ...failure, code: errorCodes[name], domain }).retryable).toBe(retryable);
  });
});

describe('what else can fail', () => {
  it('is a LibvirtError too', () => {
    const cause = new TypeError('expected string for name');
    expect(toLibvirtError(cause)).toMatchObject({ code: 'INVALID_ARG', cause });
    const surprise = new Error('surprise');
    expect(toLibvirtError(surprise)).toMatchObject({ code: 'INTERNAL_ERROR', cause: surprise });
    expect(toLibvirtError('text')).toMatchObject({ code: 'INTERNAL_ERROR', cause: 'text' });
    const error = toLibvirtError(failure);
    expect(toLibvirtError(error)).toBe(error);
  });

  it.skipIf(!addon.available)(`tells who called ${addon.reason}`, async () => {
    await using connection = await openTestHost();
    async function caller(): Promise<void> {
      await connection.domainByName('nobody');
    }
    expect((await rejection(caller())).stack).toContain('at caller');
  });
});

describe('a number of tomorrow', () => {
  it('is unknown, and no error', () => {
    expect(nameOf(blockJobTypes, 77)).toBe('unknown');
    expect(nameOf(blockJobTypes, -1)).toBe('unknown');
    expect(nameOfPair(domainStates, 77, 1)).toEqual(['unknown', 'unknown']);
    expect(nameOfPair(domainStates, 1, 77)).toEqual(['running', 'unknown']);
    expect(nameOfPair(domainStates, 1, 5)).toEqual(['running', 'unpaused']);
  });
});
