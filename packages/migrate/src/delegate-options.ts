import { migrationSchema, problems as schemaProblems, TypedParams } from '@blockferry/typed-params';
import { MigrationError } from './error.js';
import { type MigrateFlag, unknownFlags } from './flags.js';
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
import { toTypedParams } from './parameters.js';
import type { Problem } from './problem.js';

/** Options of the strategy `delegate` with every default filled in, and what is wrong with them beyond mistakes of usage. */
export interface DelegateOptions {
  readonly disks: 'default' | 'none' | readonly string[];
  readonly assumeShared: readonly string[];
  readonly allowShared: boolean;
  readonly allowLarger: boolean;
  readonly unsafe: boolean;
  /** For libvirt, as they are; without `migrate_disks`, which `disks` has, and with the addresses of the options. */
  readonly params: TypedParams;
  readonly flags: readonly MigrateFlag[];
  readonly p2p: boolean;
  readonly createImages: boolean;
  /** Bytes per second, all disks together; `undefined` where the parameter says it, or nothing. */
  readonly bandwidth: number | undefined;
  /** `undefined`: the hypervisor's. */
  readonly maxDowntimeMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Applies the defaults, and checks what can be checked without a host.
 *
 * @throws {MigrationError} `INVALID_ARGUMENT` for what libvirt has no way to do, and values that no host could take.
 */
export function normalizeDelegateOptions(options: MigrateOptions): DelegateOptions {
  refuseWhatLibvirtCannot(options);
  const given = toTypedParams(options.params);
  const faults = schemaProblems(given, migrationSchema);
  const sound = [...given].filter(({ name }) => !faults.some((fault) => fault.name === name));
  const params = new TypedParams(sound.filter(({ name }) => name !== 'migrate_disks'));
  setOnce(params, 'migrate_uri', 'stateUri', options.stateUri);
  setOnce(params, 'disks_uri', 'destinationNbd', disksUri(options.destinationNbd));
  if (options.bandwidth !== undefined && params.has('bandwidth')) {
    throw invalid(
      'bandwidth is given twice, in bytes/s and by a parameter in MiB/s: leave one of the two out.',
    );
  }
  const flags = options.flags ?? [];
  const named = sound.filter(({ name }) => name === 'migrate_disks').map(({ value }) => String(value));
  return {
    disks: uniteDisks(options.disks ?? 'default', named),
    assumeShared: options.assumeShared ?? [],
    allowShared: options.allowShared ?? false,
    allowLarger: options.allowLarger ?? false,
    unsafe: (options.unsafe ?? false) || flags.includes('UNSAFE'),
    params,
    flags,
    p2p: (options.p2p ?? false) || flags.includes('PEER2PEER'),
    createImages: options.createImages ?? false,
    bandwidth: positive('bandwidth', options.bandwidth),
    maxDowntimeMs:
      options.maxDowntimeMs === undefined
        ? undefined
        : inRange('maxDowntimeMs', options.maxDowntimeMs, 1, LONGEST_DOWNTIME_MS),
    timeoutMs: positive('timeoutMs', options.timeoutMs, LONGEST_TIMER_MS),
    problems: [
      ...faults.map(
        ({ code, message }): Problem => ({
          code: code === 'ARGUMENT_UNSUPPORTED' ? code : 'INVALID_ARG',
          message,
        }),
      ),
      ...unknownFlags(flags),
    ],
  };
}

function refuseWhatLibvirtCannot(options: MigrateOptions): void {
  const { strategy, domain, from, diskMap, verify, tls, sourceNbd, portRange } = options;
  if (strategy !== undefined && strategy !== 'delegate') {
    throw invalid(
      `On libvirt the daemons move the guest and its disks (strategy delegate); ${strategy} needs the monitors of the ` +
        'QEMUs themselves (qmp+unix:///path, qmp+tcp://host:port).',
    );
  }
  if (domain === undefined && typeof from === 'string') {
    throw invalid('Which domain of the libvirt host is to move? Give its name or UUID (--domain).');
  }
  if (domain !== undefined && typeof from !== 'string') {
    throw invalid(
      '"domain" names one on the host that a URI leads to, and an open domain is given: leave it out.',
    );
  }
  if (diskMap !== undefined && Object.keys(diskMap).length > 0) {
    throw invalid(
      'libvirt knows no map of disks: where an image has another place on the destination, say so in the ' +
        'parameter destination_xml, the definition to run there.',
    );
  }
  if (verify) {
    throw invalid(
      'libvirt hands the guest over by itself, and leaves no moment to compare disks: leave verify out.',
    );
  }
  if (tls !== undefined) {
    throw invalid(
      "libvirt's hosts have their certificates in their own configuration (migrate_tls_x509_cert_dir in qemu.conf), " +
        'and take no folder: give the flag TLS instead and, where the destination is reached by another name than ' +
        "its certificate's, the parameter tls.destination.",
    );
  }
  if (sourceNbd !== undefined) {
    throw invalid(
      "With libvirt the source's QEMU writes to the destination's NBD server and has none: leave sourceNbd out.",
    );
  }
  if (portRange !== undefined) {
    throw invalid(
      'libvirt takes its ports from its own configuration (migration_port_min in qemu.conf): leave portRange out.',
    );
  }
}

function setOnce(params: TypedParams, name: string, option: string, value: string | undefined): void {
  const said = sayOnce(option, value, params.getString(name));
  if (said !== undefined) params.set(name, 'string', said);
}

/** libvirt's form of an NBD server's address; what is none of ours goes to libvirt as it is. */
function disksUri(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const tcp = /^nbd:\/\/([^/?#]+)\/?$/.exec(address)?.[1];
  if (tcp !== undefined) return `tcp://${tcp}`;
  const unix = /^nbd\+unix:\/\/\/\?socket=([^&#]+)$/.exec(address)?.[1];
  if (unix === undefined) return address;
  try {
    return `unix://${decodeURIComponent(unix)}`;
  } catch (cause) {
    throw new MigrationError(
      'INVALID_ARGUMENT',
      `destinationNbd is ${address}: its percent signs lead nowhere.`,
      {
        cause,
      },
    );
  }
}
