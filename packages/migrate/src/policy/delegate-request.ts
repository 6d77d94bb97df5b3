import { type MigrationFlag, migrationConflicts, TypedParams } from '@blockferry/typed-params';
import type { DelegateDisk } from '../delegate-ports.js';
import type { Problem } from '../problem.js';
import type { Decision } from './selection.js';

/** What the user says about the call itself. */
export interface RequestOptions {
  readonly disks: 'default' | 'none' | readonly string[];
  readonly assumeShared: readonly string[];
  readonly unsafe: boolean;
  readonly params: TypedParams;
  readonly flags: readonly MigrationFlag[];
  readonly p2p: boolean;
  readonly bandwidth: number | undefined;
}

/** What goes to libvirt. */
export interface DelegateRequest {
  readonly params: TypedParams;
  readonly flags: readonly MigrationFlag[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/**
 * Says a selection in libvirt's words. It has no word for "no disk": an empty list means all there. So the storage
 * flags are left out where nothing is copied; and the list is left out only where libvirt's own choice is the same.
 *
 * Source: libvirt 11.3, qemuMigrationAnyCopyDisk, qemuMigrationSrcIsSafe.
 */
export function delegateRequest(
  decisions: readonly Decision<DelegateDisk>[],
  options: RequestOptions,
): DelegateRequest {
  const moving = decisions.filter(({ action }) => action === 'move').map(({ info }) => info);
  const params = new TypedParams(options.params);
  const asLibvirtChooses = decisions.every(
    ({ info, action }) => (action === 'move') === copiedByDefault(info),
  );
  if (typeof options.disks !== 'string' || !asLibvirtChooses) {
    for (const { id } of moving) params.addString('migrate_disks', id);
  }
  if (options.bandwidth !== undefined) {
    params.addULLong('bandwidth', mebibytesEach(options.bandwidth, moving.length));
  }
  const flags = requestFlags(moving.length > 0, needsUnsafe(decisions, options), options);
  const conflicts = migrationConflicts(params, flags).map(
    ({ code, message }): Problem => ({ code, message }),
  );
  const left = STORAGE_FLAGS.filter((flag) => options.flags.includes(flag) && !flags.includes(flag));
  return {
    params,
    flags,
    problems: [...conflicts, ...tooMany(params)],
    warnings: left.map((flag) => `The flag ${flag} is left out, for no disk is copied.`),
  };
}

/** A share of a bandwidth in bytes/s, in MiB/s: libvirt gives as much to each disk, and to memory. */
export function mebibytesEach(bytesPerSecond: number, disks: number): bigint {
  return BigInt(Math.max(1, Math.floor(bytesPerSecond / Math.max(1, disks) / MEBIBYTE)));
}

function requestFlags(copies: boolean, unsafe: boolean, options: RequestOptions): MigrationFlag[] {
  const flags = new Set<MigrationFlag>(['LIVE', ...options.flags]);
  if (!copies) for (const flag of STORAGE_FLAGS) flags.delete(flag);
  else if (!flags.has('NON_SHARED_INC')) flags.add('NON_SHARED_DISK');
  if (options.p2p) flags.add('PEER2PEER');
  if (unsafe) flags.add('UNSAFE');
  return [...flags];
}

/**
 * Whether libvirt would refuse a disk that stays although the user has vouched for it: an image in a file, unless it
 * knows the file system as a shared one, which it does not tell. What it leaves out of its checks with UNSAFE, the
 * cache mode, no longer matters to a QEMU that drops its cache (2.12 and later).
 */
function needsUnsafe(decisions: readonly Decision<DelegateDisk>[], options: RequestOptions): boolean {
  return decisions.some(
    ({ info, action }) =>
      action === 'stay' &&
      !info.readOnly &&
      !info.empty &&
      (options.unsafe || info.names.some((name) => options.assumeShared.includes(name))) &&
      info.place !== undefined &&
      ['file', 'volume', 'other'].includes(info.place.kind),
  );
}

function copiedByDefault({ shareable, readOnly, empty }: DelegateDisk): boolean {
  return !shareable && !readOnly && !empty;
}

function tooMany(params: TypedParams): Problem[] {
  if (params.size <= MAX_PARAMS) return [];
  return [
    {
      code: 'INVALID_ARG',
      message:
        `${params.size} parameters do not fit into libvirt's calls, which take ${MAX_PARAMS} besides its own: name ` +
        'fewer disks (each counts), or none to have all copied that are not shared.',
    },
  ];
}

const STORAGE_FLAGS: readonly MigrationFlag[] = [
  'NON_SHARED_DISK',
  'NON_SHARED_INC',
  'NON_SHARED_SYNCHRONOUS_WRITES',
];
/** 64, of which libvirt adds up to 3: destination_xml, migrate_uri, destination_name. */
const MAX_PARAMS = 61;
const MEBIBYTE = 1024 * 1024;
