import { LibvirtError } from './error.js';
import { invalidArgument } from './failure.js';

/**
 * A size of libvirt's as a number.
 *
 * @throws {LibvirtError} `OVERFLOW` past 2^53-1, where numbers are no longer exact.
 */
export function toNumber(what: string, value: bigint): number {
  if (value > MAX_SAFE || value < -MAX_SAFE) {
    throw new LibvirtError(
      'OVERFLOW',
      `overflow: ${what} is ${value}, and numbers are exact up to ${MAX_SAFE} only`,
    );
  }
  return Number(value);
}

/**
 * A number as one of libvirt's unsigned 64-bit ones.
 *
 * @throws {LibvirtError} `INVALID_ARG` unless it is a whole number from 0 to 2^53-1.
 */
export function toUnsigned64(what: string, value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw invalidArgument(`${what} is ${value}: give a whole number from 0 to ${MAX_SAFE}`);
  }
  return BigInt(value);
}

/** @throws {LibvirtError} `INVALID_ARG` unless it is a whole number from `min` to `max`. */
export function checkInteger(what: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw invalidArgument(`${what} is ${value}: give a whole number from ${min} to ${max}`);
  }
  return value;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
