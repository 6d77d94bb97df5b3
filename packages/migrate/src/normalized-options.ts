import { isAbsolute } from 'node:path';
import { MigrationError } from './error.js';
import { flagProblems } from './flags.js';
import type { MigrateOptions } from './options.js';
import { mergeParameters, type ParameterValues } from './parameters.js';
import type { Addresses } from './ports.js';
import type { Problem } from './problem.js';

/** Options with every default filled in, and what is wrong with them beyond mistakes of usage. */
export interface NormalizedOptions {
  readonly disks: 'default' | 'none' | readonly string[];
  readonly diskMap: Readonly<Record<string, string>>;
  readonly assumeShared: readonly string[];
  readonly allowShared: boolean;
  readonly allowLarger: boolean;
  readonly unsafe: boolean;
  readonly bandwidth: number | undefined;
  readonly maxDowntimeMs: number;
  readonly timeoutMs: number | undefined;
  readonly addresses: Addresses;
  readonly verify: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Applies the defaults, and checks what can be checked without a host.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for values that no host could take.
 */
export function normalizeOptions(options: MigrateOptions): NormalizedOptions {
  if (options.strategy !== undefined && options.strategy !== 'engine') {
    throw invalid(`The strategy ${options.strategy} is not built yet; use "engine".`);
  }
  if (options.domain !== undefined)
    throw invalid('"domain" names a libvirt domain; a QEMU monitor has just the one.');
  const fromParameters = mergeParameters(options.params);
  const flags = options.flags ?? [];
  const values = fromParameters.values;
  return {
    disks: unite(options.disks ?? 'default', values.migrateDisks),
    diskMap: options.diskMap ?? {},
    assumeShared: options.assumeShared ?? [],
    allowShared: options.allowShared ?? false,
    allowLarger: options.allowLarger ?? false,
    unsafe: (options.unsafe ?? false) || flags.includes('UNSAFE'),
    bandwidth: positive('bandwidth', one('bandwidth', options.bandwidth, values.bandwidth)),
    maxDowntimeMs: range('maxDowntimeMs', options.maxDowntimeMs ?? 300, 1, 2_000_000),
    timeoutMs: positive('timeoutMs', options.timeoutMs, LONGEST_TIMER_MS),
    addresses: addresses(options, values),
    verify: options.verify ?? false,
    problems: [...fromParameters.problems, ...flagProblems(flags)],
  };
}

function unite(
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

function addresses(options: MigrateOptions, values: ParameterValues): Addresses {
  const [first, last] = options.portRange ?? [49152, 49215];
  range('portRange', first, 1, 65535);
  range('portRange', last, first, 65535);
  if (options.destinationNbd !== undefined && values.disksPort !== undefined) {
    throw invalid(
      'destinationNbd says where the disks go, and so does disks_port: leave one of the two out.',
    );
  }
  return {
    sourceNbd: options.sourceNbd,
    destinationNbd: one('destinationNbd', options.destinationNbd, values.disksUri),
    stateUri: one('stateUri', options.stateUri, values.migrateUri),
    disksPort: values.disksPort,
    listenAddress: values.listenAddress,
    portRange: [first, last],
    tls: checkedTls(options.tls),
  };
}

/** QEMU would look for a relative path from wherever it was started. */
function checkedTls(tls: MigrateOptions['tls']): Addresses['tls'] {
  if (tls === undefined || isAbsolute(tls.directory)) return tls;
  throw invalid(`tls.directory is "${tls.directory}": give the folder's absolute path.`);
}

function one<T>(name: string, option: T | undefined, parameter: T | undefined): T | undefined {
  if (option !== undefined && parameter !== undefined && option !== parameter) {
    throw invalid(`${name} is given twice, as ${String(option)} and by a parameter as ${String(parameter)}.`);
  }
  return option ?? parameter;
}

function positive(
  name: string,
  value: number | undefined,
  max: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  return value === undefined ? undefined : range(name, value, 1, max);
}

function range(name: string, value: number, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw invalid(`${name} is ${value}: give a whole number from ${min} to ${max}.`);
  }
  return value;
}

function invalid(message: string): MigrationError {
  return new MigrationError('INVALID_ARGUMENT', message);
}

/** 24.8 days; Node's timers take a longer time for 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
