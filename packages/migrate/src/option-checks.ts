import { MigrationError } from './error.js';

/** The disks that are asked for, by the option and by the parameter `migrate_disks`. */
export function uniteDisks(
  disks: 'default' | 'none' | readonly string[],
  more: readonly string[],
): 'default' | 'none' | readonly string[] {
  if (typeof disks === 'string' && disks !== 'default' && disks !== 'none') {
    throw invalid(`disks is "${disks}": give 'default', 'none' or a list of names.`);
  }
  if (typeof disks !== 'string' && disks.length === 0) {
    throw invalid(
      "An empty list of disks is ambiguous: say 'none' to copy none, 'default' for every writable one.",
    );
  }
  if ([...(typeof disks === 'string' ? [] : disks), ...more].includes('')) {
    throw invalid('A disk has an empty name.');
  }
  if (more.length === 0) return disks;
  if (disks === 'none')
    throw invalid('migrate_disks names disks, and none are to be copied: leave one of the two out.');
  return disks === 'default' ? more : [...disks, ...more];
}

/** What is said by an option, by a parameter, or by both alike. */
export function sayOnce<T>(name: string, option: T | undefined, parameter: T | undefined): T | undefined {
  if (option !== undefined && parameter !== undefined && option !== parameter) {
    throw invalid(`${name} is given twice, as ${String(option)} and by a parameter as ${String(parameter)}.`);
  }
  return option ?? parameter;
}

/** A whole number that may be left out, from 1 to `max`. */
export function positive(
  name: string,
  value: number | undefined,
  max: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  return value === undefined ? undefined : inRange(name, value, 1, max);
}

export function inRange(name: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw invalid(`${name} is ${value}: give a whole number from ${min} to ${max}.`);
  }
  return value;
}

export function invalid(message: string): MigrationError {
  return new MigrationError('INVALID_ARGUMENT', message);
}

/** 24.8 days; Node's timers take a longer time for 1 ms. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;
/** Of an hour and more: QEMU takes no longer downtime. */
export const LONGEST_DOWNTIME_MS = 2_000_000;
