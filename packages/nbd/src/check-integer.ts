import { NbdError } from './error.js';

/** `value` if it is an integer in [`min`, `max`]; `NbdError` `INVALID_ARGUMENT` otherwise. */
export function checkInteger(
  name: string,
  value: number | undefined,
  min: number,
  max: number,
): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new NbdError('INVALID_ARGUMENT', `${name} is ${value}: give a whole number from ${min} to ${max}.`);
  }
  return value;
}
