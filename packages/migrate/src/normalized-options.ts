import { isAbsolute } from 'node:path';
import { flagProblems } from './flags.js';
import {
  inRange,
  invalid,
  LONGEST_DOWNTIME_MS,
  LONGEST_TIMER_MS,
  positive,
  sayOnce,
  uniteDisks,
} from './option-checks.js';
import type { MigrateOptions } from './options.js';
import { mergeParameters, type ParameterValues } from './parameters.js';
import type { Addresses } from './ports.js';
import type { Problem } from './problem.js';

/** Options of the strategy `engine` with every default filled in, and what is wrong with them beyond mistakes of usage. */
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
  if (options.strategy === 'delegate') {
    throw invalid('The strategy delegate leaves all to libvirt: give libvirt URIs, or use "engine".');
  }
  if (options.strategy !== undefined && options.strategy !== 'engine') {
    throw invalid(`The strategy ${options.strategy} is not built yet; use "engine".`);
  }
  if (options.domain !== undefined)
    throw invalid('"domain" names a libvirt domain; a QEMU monitor has just the one.');
  if (options.p2p) throw invalid('p2p is for libvirt, whose daemons talk to each other: leave it out.');
  if (options.createImages) {
    throw invalid('createImages is for libvirt: a QEMU that waits for a guest has its images open already.');
  }
  const fromParameters = mergeParameters(options.params);
  const flags = options.flags ?? [];
  const values = fromParameters.values;
  return {
    disks: uniteDisks(options.disks ?? 'default', values.migrateDisks),
    diskMap: options.diskMap ?? {},
    assumeShared: options.assumeShared ?? [],
    allowShared: options.allowShared ?? false,
    allowLarger: options.allowLarger ?? false,
    unsafe: (options.unsafe ?? false) || flags.includes('UNSAFE'),
    bandwidth: positive('bandwidth', sayOnce('bandwidth', options.bandwidth, values.bandwidth)),
    maxDowntimeMs: inRange('maxDowntimeMs', options.maxDowntimeMs ?? 300, 1, LONGEST_DOWNTIME_MS),
    timeoutMs: positive('timeoutMs', options.timeoutMs, LONGEST_TIMER_MS),
    addresses: addresses(options, values),
    verify: options.verify ?? false,
    problems: [...fromParameters.problems, ...flagProblems(flags)],
  };
}

function addresses(options: MigrateOptions, values: ParameterValues): Addresses {
  const [first, last] = options.portRange ?? [49152, 49215];
  inRange('portRange', first, 1, 65535);
  inRange('portRange', last, first, 65535);
  if (options.destinationNbd !== undefined && values.disksPort !== undefined) {
    throw invalid(
      'destinationNbd says where the disks go, and so does disks_port: leave one of the two out.',
    );
  }
  return {
    sourceNbd: options.sourceNbd,
    destinationNbd: sayOnce('destinationNbd', options.destinationNbd, values.disksUri),
    stateUri: sayOnce('stateUri', options.stateUri, values.migrateUri),
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
