import type { LibvirtErrorCode } from '@blockferry/libvirt';
import type { SaidCall } from './said-call.js';

/** A call that is refused, and how. */
export interface RefusedCall extends SaidCall {
  readonly code: LibvirtErrorCode;
  readonly message: string;
  /** Where the refusal has a meaning. @default everywhere */
  readonly on?: readonly Adapter[];
}

export type Adapter = 'libvirt' | 'qemu' | 'embedded';

const RUN = 'LIVE UNSAFE';
const COPY = 'LIVE UNSAFE NON_SHARED_DISK';

/** Of a guest with a writable disk that stays, on storage that nobody knows to be shared. */
export const unsafe: readonly RefusedCall[] = [
  ...(['migrate', 'migrate2', 'migrate3'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: 'LIVE',
      code: 'MIGRATE_UNSAFE',
      message: 'Unsafe migration: Migration without shared storage is unsafe',
    }),
  ),
  {
    call: 'migrate3',
    flags: 'LIVE NON_SHARED_DISK',
    params: ['migrate_disks=vda'],
    code: 'MIGRATE_UNSAFE',
    message: 'Unsafe migration: Migration without shared storage is unsafe',
  },
  {
    call: 'migrateToURI3',
    flags: 'LIVE PEER2PEER',
    code: 'MIGRATE_UNSAFE',
    message: 'Unsafe migration: Migration without shared storage is unsafe',
    on: ['libvirt'],
  },
];

/** Of a guest with vda, which is written, vdr, which is read-only, and sdb, which is an empty drive. */
export const byDisks: readonly RefusedCall[] = [
  {
    call: 'migrate3',
    flags: COPY,
    params: ['migrate_disks=vda', 'migrate_disks=vdx'],
    code: 'INVALID_ARG',
    message: 'invalid argument: disk target vdx not found',
  },
  {
    call: 'migrate3',
    flags: COPY,
    params: ['migrate_disks_detect_zeroes=vdx'],
    code: 'INVALID_ARG',
    message: 'invalid argument: disk target vdx not found',
    on: ['libvirt'],
  },
  {
    call: 'migrateToURI3',
    flags: `${COPY} PEER2PEER`,
    params: ['migrate_disks=vdx'],
    code: 'INVALID_ARG',
    message: 'invalid argument: disk target vdx not found',
    on: ['libvirt'],
  },
  ...['vdr', 'sdb'].map(
    (disk): RefusedCall => ({
      call: 'migrate3',
      flags: COPY,
      params: [`migrate_disks=${disk}`],
      code: 'OPERATION_UNSUPPORTED',
      message: `Operation not supported: Cannot migrate empty or read-only disk ${disk}`,
      on: ['libvirt', 'qemu'],
    }),
  ),
];

/** What a domain is in, by what libvirt says of it to any call that is sound. */
export const byState = {
  snapshot: bySoundCalls('Requested operation is not valid: cannot migrate domain with 1 snapshots'),
  blockJob: bySoundCalls('Requested operation is not valid: domain has active block job'),
  transientDisk: bySoundCalls(
    'Requested operation is not valid: migration with transient disk is not supported',
  ),
} as const;

/** A peer that knows no typed parameters. */
export const byOldPeer: readonly RefusedCall[] = [
  {
    call: 'migrate3',
    flags: COPY,
    params: ['migrate_disks=vda'],
    code: 'ARGUMENT_UNSUPPORTED',
    message:
      'argument unsupported: Migration APIs with extensible parameters are not supported but extended parameters were passed',
  },
  {
    call: 'migrate3',
    flags: RUN,
    params: ['bandwidth=5', 'nosuch=1'],
    code: 'ARGUMENT_UNSUPPORTED',
    message:
      'argument unsupported: Migration APIs with extensible parameters are not supported but extended parameters were passed',
  },
  {
    call: 'migrateToURI3',
    flags: `${COPY} PEER2PEER`,
    params: ['migrate_disks=vda'],
    code: 'ARGUMENT_UNSUPPORTED',
    message:
      'argument unsupported: Migration APIs with extensible parameters are not supported but extended parameters were passed',
    on: ['libvirt'],
  },
];

/**
 * Not here, for two libvirtd 11.3 of one machine cannot be brought to it; each is told through the adapter as it is:
 *
 * - a passed-through device that cannot move: there is none to pass through
 * - an unsafe cache mode (`Migration may lead to data corruption if disks use cache other than none or directsync`): this
 *   QEMU drops its cache at the end of a migration, and libvirt says no more of it
 */
export const notToBeHad: readonly Pick<RefusedCall, 'code' | 'message'>[] = [
  {
    code: 'OPERATION_UNSUPPORTED',
    message:
      "Operation not supported: cannot migrate a domain with <hostdev mode='subsystem' type='scsi_host'>",
  },
  {
    code: 'MIGRATE_UNSAFE',
    message:
      'Unsafe migration: Migration may lead to data corruption if disks use cache other than none or directsync',
  },
];

function bySoundCalls(message: string): RefusedCall[] {
  const code = 'OPERATION_INVALID';
  return [
    { call: 'migrate', flags: RUN, code, message },
    { call: 'migrate3', flags: COPY, params: ['migrate_disks=vda'], code, message },
    {
      call: 'migrateToURI3',
      flags: `${COPY} PEER2PEER`,
      params: ['migrate_disks=vda'],
      code,
      message,
      on: ['libvirt'],
    },
  ];
}
