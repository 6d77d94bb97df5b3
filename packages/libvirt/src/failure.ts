import type { BindingClosed, BindingFailure } from '@blockferry/libvirt-native';
import { TypedParamsError } from '@blockferry/typed-params';
import { LibvirtError, type LibvirtErrorCode } from './error.js';
import { nameOf } from './names.js';
import { type ErrorCodeName, errorCodes } from './tables/error-codes.js';
import { errorDomains, type LibvirtErrorDomain } from './tables/error-domains.js';
import { errorLevels } from './tables/error-levels.js';

/** The error of whatever a call of the addon rejected with or threw. The addon hands libvirt's errors over as data. */
export function toLibvirtError(failure: unknown): LibvirtError {
  if (LibvirtError.is(failure)) return failure;
  if (isFailure(failure)) return ofLibvirt(failure);
  if (isClosed(failure)) return closed(failure.closed);
  if (TypedParamsError.is(failure)) {
    return new LibvirtError(failure.code, failure.message, { cause: failure });
  }
  if (failure instanceof TypeError || failure instanceof RangeError) {
    return new LibvirtError('INVALID_ARG', `invalid argument: ${failure.message}`, { cause: failure });
  }
  const text = failure instanceof Error ? failure.message : String(failure);
  return new LibvirtError('INTERNAL_ERROR', `internal error: ${text}`, { cause: failure });
}

/** An argument that libvirt was not even asked about. */
export function invalidArgument(message: string): LibvirtError {
  return new LibvirtError('INVALID_ARG', `invalid argument: ${message}`);
}

/** The error of an operation that the caller's signal ended. */
export function aborted(signal: AbortSignal): LibvirtError {
  return new LibvirtError('ABORTED', 'The call was aborted by its caller.', { cause: signal.reason });
}

function ofLibvirt(failure: BindingFailure): LibvirtError {
  const code = codes.get(failure.code) ?? 'UNKNOWN';
  const domain = nameOf(errorDomains, failure.domain);
  return new LibvirtError(code, failure.message, {
    errorNumber: failure.code,
    domain,
    level: nameOf(errorLevels, failure.level),
    str1: failure.str1,
    str2: failure.str2,
    str3: failure.str3,
    int1: failure.int1,
    int2: failure.int2,
    retryable: isRetryable(code, domain),
  });
}

function isRetryable(code: LibvirtErrorCode, domain: LibvirtErrorDomain): boolean {
  return BUSY.has(code) || (TRANSPORTS.has(domain) && LOST.has(code));
}

function closed(what: BindingClosed['closed']): LibvirtError {
  const again = what === 'connection' ? 'connect again' : 'look it up again';
  return new LibvirtError('CLOSED', `This ${what} is closed: ${again}.`);
}

function isFailure(value: unknown): value is BindingFailure {
  return isObject(value) && typeof value['code'] === 'number' && typeof value['message'] === 'string';
}

function isClosed(value: unknown): value is BindingClosed {
  return isObject(value) && typeof value['closed'] === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const codes: ReadonlyMap<number, ErrorCodeName> = new Map(
  (Object.keys(errorCodes) as ErrorCodeName[]).map((name) => [errorCodes[name], name]),
);

/** Another job has the domain, or another user the resource. */
const BUSY: ReadonlySet<LibvirtErrorCode> = new Set(['OPERATION_TIMEOUT', 'RESOURCE_BUSY']);

/** What libvirt's client says when it cannot reach the daemon, or loses it; each of them means other things elsewhere. */
const LOST: ReadonlySet<LibvirtErrorCode> = new Set(['SYSTEM_ERROR', 'INTERNAL_ERROR', 'RPC', 'NO_CONNECT']);
const TRANSPORTS: ReadonlySet<LibvirtErrorDomain> = new Set(['RPC', 'REMOTE']);
