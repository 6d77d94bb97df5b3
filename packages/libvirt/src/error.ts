import type { ErrorCodeName } from './tables/error-codes.js';
import type { LibvirtErrorDomain } from './tables/error-domains.js';
import type { LibvirtErrorLevel } from './tables/error-levels.js';

/**
 * Why a libvirt call failed; stable, match on it. The union is closed.
 *
 * libvirt's own names without `VIR_ERR_`: `NO_DOMAIN`, `OPERATION_INVALID`, `MIGRATE_UNSAFE`, ... Wrong arguments are
 * `INVALID_ARG`, also where this package finds them, and a size past 2^53-1 is `OVERFLOW`. And four of this package's:
 *
 * - `ABORTED`: the caller's signal; its reason is the `cause`. libvirt may still carry the call out.
 * - `CLOSED`: the connection or the object was closed before; of an event stream: the connection was lost.
 * - `NOT_INSTALLED`: libvirt, or the addon that talks to it, is not there: the message says what to install.
 * - `UNKNOWN`: a number that is newer than this package: see `errorNumber`.
 *
 * Source: libvirt, include/libvirt/virterror.h, virErrorNumber.
 */
export type LibvirtErrorCode = ErrorCodeName | 'ABORTED' | 'CLOSED' | 'NOT_INSTALLED' | 'UNKNOWN';

/** What an error carries besides its sentence. */
export interface LibvirtErrorDetails {
  readonly cause?: unknown;
  /** libvirt's number of the error. */
  readonly errorNumber?: number | undefined;
  readonly domain?: LibvirtErrorDomain | undefined;
  readonly level?: LibvirtErrorLevel | undefined;
  readonly str1?: string | undefined;
  readonly str2?: string | undefined;
  readonly str3?: string | undefined;
  /** A number whose meaning depends on the error; mostly an errno, or -1. */
  readonly int1?: number | undefined;
  /** Another such number; mostly -1. */
  readonly int2?: number | undefined;
  /** Whether the same call may succeed later. @default false */
  readonly retryable?: boolean;
}

/**
 * The only error that this package throws. Match `code`; where libvirt is the one that failed, the message is libvirt's
 * own, word for word.
 *
 * Two copies of this package may be loaded, so test with {@link LibvirtError.is} and not with `instanceof`.
 */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  readonly code: LibvirtErrorCode;
  /** libvirt's number of the error, a virErrorNumber; undefined where libvirt was not asked. */
  readonly errorNumber: number | undefined;
  /** The part of libvirt that failed: `QEMU`, `RPC`, `REMOTE`, ...; undefined where libvirt was not asked. */
  readonly domain: LibvirtErrorDomain | undefined;
  readonly level: LibvirtErrorLevel | undefined;
  /** The strings that libvirt keeps with the message: what they are depends on the error. */
  readonly str1: string | undefined;
  readonly str2: string | undefined;
  readonly str3: string | undefined;
  /** A number whose meaning depends on the error; mostly an errno, or -1. */
  readonly int1: number | undefined;
  /** Another such number; mostly -1. */
  readonly int2: number | undefined;
  /**
   * Whether the same call may succeed later: the connection failed (on a new one), or the domain was busy with another
   * job. What was asked for may have been done, so ask for the state first.
   */
  readonly retryable: boolean;

  constructor(code: LibvirtErrorCode, message: string, details: LibvirtErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.errorNumber = details.errorNumber;
    this.domain = details.domain;
    this.level = details.level;
    this.str1 = details.str1;
    this.str2 = details.str2;
    this.str3 = details.str3;
    this.int1 = details.int1;
    this.int2 = details.int2;
    this.retryable = details.retryable ?? false;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `value` is a LibvirtError, of this copy of the package or of another. */
  static is(value: unknown): value is LibvirtError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

const brand: unique symbol = Symbol.for('@blockferry/libvirt.LibvirtError');
