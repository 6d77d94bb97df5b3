import type { MigrateFlag, MigrateOptions } from '@blockferry/migrate';
import { type Command, Option } from 'commander';
import { orListing } from '../listings/listing-asked.js';
import { UsageError } from '../usage-error.js';
import { parseNbdAddress } from './endpoint.js';
import { parseHostUri } from './host-uri.js';
import { collect, collectList } from './list-option.js';
import { refuseUnbuilt } from './not-built.js';
import { duration, parsePortRange } from './numbers.js';
import { type OutputOptions, withOutputOptions } from './output-options.js';
import { collectMapping, collectPair, type Pair } from './pair-option.js';
import { parseRate } from './rate.js';
import { parseStrategy } from './strategy.js';
import { parseFolder } from './tls-options.js';
import { toTypedParams } from './typed-param-option.js';

/** What `plan` and `migrate` take, as commander hands it over. */
export interface MigrationCommandOptions extends OutputOptions {
  readonly from: string;
  readonly to: string;
  readonly domain?: string;
  readonly migrateDisks?: readonly string[];
  /** False after `--no-disks`. */
  readonly disks: boolean;
  readonly diskMap?: readonly Pair[];
  readonly param?: readonly Pair[];
  readonly flag?: readonly string[];
  readonly strategy?: 'engine' | 'delegate';
  readonly bandwidth?: number;
  readonly maxDowntime?: number;
  readonly timeout?: number;
  readonly assumeShared?: readonly string[];
  readonly allowShared?: boolean;
  readonly allowLarger?: boolean;
  readonly unsafe?: boolean;
  readonly verify?: boolean;
  readonly sourceNbd?: string;
  readonly destinationNbd?: string;
  readonly stateUri?: string;
  readonly portRange?: readonly [number, number];
  readonly tlsCreds?: string;
  readonly tlsHostname?: string;
  readonly p2p?: boolean;
  readonly createImages?: boolean;
}

export function withMigrationOptions(command: Command): Command {
  command
    .requiredOption(
      '--from <uri>',
      "where the guest runs: qmp+unix:///path or qmp+tcp://host:port, a QEMU's monitor; or a libvirt URI, e.g. qemu:///system",
      parseHostUri,
    )
    .requiredOption(
      '--to <uri>',
      'where it goes: the monitor of a QEMU that waits with -incoming defer; or a libvirt URI, e.g. qemu+ssh://b/system',
      parseHostUri,
    )
    .optionsGroup('Which disks:')
    .option(
      '--migrate-disks <list>',
      'copy exactly these, e.g. vda,vdb; repeats\n(default: all that are not shareable, read-only or empty)',
      collectList,
    )
    .option('--no-disks', 'copy none')
    .option(
      '--disk-map <source=destination>',
      "the destination's name of a disk, where they differ; repeats",
      collectMapping,
    )
    .option(
      '--assume-shared <list>',
      'disks that are the same storage on both sides, and so may stay; repeats',
      collectList,
    )
    .option('--allow-shared', 'copy a chosen disk although it is shareable')
    .option('--allow-larger', 'take a larger destination disk; its tail is zeroed')
    .option('--unsafe', 'leave writable disks behind without knowing that they are shared')
    .optionsGroup('How:')
    .option(
      '--bandwidth <rate>',
      'no faster than this, all disks together, e.g. 200MiB/s or 1.6Gbit/s',
      parseRate,
    )
    .option('--max-downtime <ms>', 'the downtime to aim at (default 300)', duration('ms'))
    .option('--timeout <s>', 'roll back after so many seconds (exit status 5)', duration('s'))
    .option('--verify', 'compare the copied disks before the guest goes on: a longer downtime')
    .addOption(
      new Option('--strategy <name>', 'who copies: blockferry, or libvirt itself (the default there)')
        .choices(['engine', 'delegate'])
        .argParser(parseStrategy),
    )
    .option(
      '--param <name=value>',
      'a typed parameter of libvirt, e.g. migrate_disks=vda; repeats; --param help lists them',
      orListing('param', collectPair),
    )
    .option(
      '--flag <name>',
      'a migration flag of libvirt, e.g. LIVE; repeats; --flag help lists them',
      orListing('flag', collect),
    )
    .optionsGroup('On libvirt:')
    .option('--domain <name>', 'name or UUID of the domain')
    .option('--p2p', 'peer to peer: the source connects to the destination, by the URI of --to')
    .option(
      '--create-images',
      'make missing images on the destination: right size, thin; they are removed again if the migration fails',
    )
    .optionsGroup('Where things listen (defaults: private sockets, or the hosts of the monitors):')
    .option(
      '--source-nbd <uri>',
      "the source's NBD server: nbd://host:port or nbd+unix:///?socket=PATH",
      parseNbdAddress,
    )
    .option('--destination-nbd <uri>', "the destination's NBD server, likewise", parseNbdAddress)
    .option('--state-uri <uri>', "the guest's memory: tcp://host:port or unix:///PATH")
    .option(
      '--port-range <a-b>',
      'ports to try for what listens on TCP (default 49152-49215)',
      parsePortRange,
    )
    .option(
      '--tls-creds <dir>',
      'disks and memory go over TLS, or nothing does; certificates, by the same path on all hosts',
      parseFolder,
    )
    .option('--tls-hostname <name>', "whom the destination's certificate is for (default: its host)")
    .optionsGroup('Output:');
  withOutputOptions(command);
  return refuseUnbuilt(command, ['--state-dir <dir>']);
}

/** The SDK's options. What contradicts itself is a usage error. */
export function toMigrateOptions(given: MigrationCommandOptions): MigrateOptions {
  const named = (given.param ?? []).some(([name]) => name === 'migrate_disks');
  if (!given.disks && (given.migrateDisks !== undefined || named)) {
    throw new UsageError(
      `--no-disks copies none: leave it out, or ${named ? 'the parameter migrate_disks' : '--migrate-disks'}.`,
    );
  }
  const disks = given.disks ? given.migrateDisks : 'none';
  return {
    from: given.from,
    to: given.to,
    ...(given.domain !== undefined && { domain: given.domain }),
    ...(disks !== undefined && { disks }),
    ...(given.diskMap !== undefined && { diskMap: Object.fromEntries(given.diskMap) }),
    ...(given.assumeShared !== undefined && { assumeShared: given.assumeShared }),
    allowShared: given.allowShared ?? false,
    allowLarger: given.allowLarger ?? false,
    unsafe: given.unsafe ?? false,
    ...(given.param !== undefined && { params: toTypedParams(given.param) }),
    // An unknown flag is one of the plan's problems, told together with the others.
    ...(given.flag !== undefined && { flags: given.flag.map(flagName) as MigrateFlag[] }),
    ...(given.strategy !== undefined && { strategy: given.strategy }),
    ...(given.bandwidth !== undefined && given.bandwidth > 0 && { bandwidth: given.bandwidth }),
    ...(given.maxDowntime !== undefined && { maxDowntimeMs: given.maxDowntime }),
    ...(given.timeout !== undefined && { timeoutMs: given.timeout }),
    ...(given.sourceNbd !== undefined && { sourceNbd: given.sourceNbd }),
    ...(given.destinationNbd !== undefined && { destinationNbd: given.destinationNbd }),
    ...(given.stateUri !== undefined && { stateUri: given.stateUri }),
    ...(given.portRange !== undefined && { portRange: given.portRange }),
    ...toTls(given),
    ...(given.p2p !== undefined && { p2p: given.p2p }),
    ...(given.createImages !== undefined && { createImages: given.createImages }),
    verify: given.verify ?? false,
  };
}

function toTls({ tlsCreds, tlsHostname }: MigrationCommandOptions): Pick<MigrateOptions, 'tls'> {
  if (tlsCreds === undefined) {
    if (tlsHostname === undefined) return {};
    throw new UsageError('--tls-hostname is about TLS: give --tls-creds DIR, too.');
  }
  return { tls: { directory: tlsCreds, ...(tlsHostname !== undefined && { hostname: tlsHostname }) } };
}

/** `VIR_MIGRATE_LIVE`, `live` and `LIVE` are one. */
function flagName(text: string): string {
  return text
    .toUpperCase()
    .replaceAll('-', '_')
    .replace(/^VIR_MIGRATE_/, '');
}
