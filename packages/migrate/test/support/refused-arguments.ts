import type { MigrationCallName } from '@blockferry/typed-params';
import type { RefusedCall } from './refused-calls.js';

const ALL: readonly MigrationCallName[] = [
  ...(['migrate', 'migrate2', 'migrate3'] as const),
  ...(['migrateToURI', 'migrateToURI2', 'migrateToURI3'] as const),
];
const TO_URI: readonly MigrationCallName[] = ['migrateToURI', 'migrateToURI2', 'migrateToURI3'];

const RUN = 'LIVE UNSAFE';
const COPY = 'LIVE UNSAFE NON_SHARED_DISK';
const PEER = 'LIVE UNSAFE PEER2PEER';

/** Whatever the domain is: libvirt's checks of arguments, and of arguments and flags that exclude each other. */
export const byArguments: readonly RefusedCall[] = [
  ...ALL.map(
    (call): RefusedCall => ({
      call,
      flags: `${RUN} NON_SHARED_DISK NON_SHARED_INC`,
      code: 'INVALID_ARG',
      message: "Flags 'VIR_MIGRATE_NON_SHARED_DISK' and 'VIR_MIGRATE_NON_SHARED_INC' are mutually exclusive",
    }),
  ),
  ...ALL.map(
    (call): RefusedCall => ({
      call,
      flags: `${RUN} NON_SHARED_SYNCHRONOUS_WRITES`,
      code: 'INVALID_ARG',
      message:
        "Flag 'VIR_MIGRATE_NON_SHARED_DISK | VIR_MIGRATE_NON_SHARED_INC' is required by flag 'VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES'",
    }),
  ),
  {
    call: 'migrate3',
    flags: PEER,
    code: 'INVALID_ARG',
    message: 'use virDomainMigrateToURI3 for peer-to-peer migration',
  },
  {
    call: 'migrate3',
    flags: `${PEER} TUNNELLED`,
    code: 'INVALID_ARG',
    message: 'use virDomainMigrateToURI3 for peer-to-peer migration',
  },
  {
    call: 'migrate3',
    flags: `${RUN} TUNNELLED`,
    code: 'INVALID_ARG',
    message: 'cannot perform tunnelled migration without using peer2peer flag',
  },
  ...(['migrate', 'migrate2'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: `${RUN} TUNNELLED`,
      code: 'OPERATION_INVALID',
      message:
        'Requested operation is not valid: cannot perform tunnelled migration without using peer2peer flag',
    }),
  ),
  ...[...TO_URI, 'migrate' as const].map(
    (call): RefusedCall => ({
      call,
      flags: `${PEER} TUNNELLED PARALLEL`,
      code: 'INVALID_ARG',
      message: "Flags 'VIR_MIGRATE_TUNNELLED' and 'VIR_MIGRATE_PARALLEL' are mutually exclusive",
    }),
  ),

  {
    call: 'migrateToURI',
    flags: PEER,
    to: null,
    code: 'INVALID_ARG',
    message: 'duri in virDomainMigrateToURI must not be NULL',
  },
  {
    call: 'migrateToURI2',
    flags: PEER,
    to: null,
    code: 'INVALID_ARG',
    message: 'dconnuri in virDomainMigrateToURI2 must not be NULL',
  },
  {
    call: 'migrateToURI3',
    flags: PEER,
    to: null,
    code: 'INVALID_ARG',
    message: 'dconnuri in virDomainMigrateToURI3 must not be NULL',
  },
  ...TO_URI.flatMap((call) =>
    ['', 'qemu+tcp://localhost/system', 'qemu+ssh://root@localhost.localdomain/system'].map(
      (to): RefusedCall => ({
        call,
        flags: PEER,
        to,
        code: 'INVALID_ARG',
        message: 'Attempt to migrate guest to the same host',
      }),
    ),
  ),
  {
    call: 'migrate',
    flags: PEER,
    uri: 'qemu+tcp://localhost/system',
    code: 'INVALID_ARG',
    message: 'Attempt to migrate guest to the same host',
  },
  ...TO_URI.map(
    (call): RefusedCall => ({
      call,
      flags: RUN,
      code: 'ARGUMENT_UNSUPPORTED',
      message: 'argument unsupported: direct migration is not supported by the source host',
      on: ['libvirt'],
    }),
  ),

  ...(['migrate', 'migrate2'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: RUN,
      dname: '',
      code: 'INVALID_ARG',
      message: `string dname in virDomain${call.replace('m', 'M')} must not be empty`,
    }),
  ),
  ...(['migrateToURI', 'migrateToURI2'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: PEER,
      dname: '',
      code: 'INVALID_ARG',
      message: `string dname in virDomain${call.replace('m', 'M')} must not be empty`,
    }),
  ),
  {
    call: 'migrate3',
    flags: RUN,
    params: ['destination_name='],
    code: 'INVALID_ARG',
    message: 'string dname in virDomainMigrate3 must not be empty',
  },
  {
    call: 'migrateToURI3',
    flags: PEER,
    params: ['destination_name='],
    code: 'INVALID_ARG',
    message: 'string dname in virDomainMigratePerform3Params must not be empty',
  },

  {
    call: 'migrate3',
    flags: RUN,
    params: ['nosuch=1'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: "argument unsupported: parameter 'nosuch' not supported",
  },
  {
    call: 'migrateToURI3',
    flags: PEER,
    params: ['nosuch=1'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: "argument unsupported: parameter 'nosuch' not supported",
  },
  {
    call: 'migrate3',
    flags: RUN,
    params: ['bandwidth=1', 'bandwidth=2'],
    code: 'INVALID_ARG',
    message: "invalid argument: parameter 'bandwidth' occurs multiple times",
  },
  {
    call: 'migrate3',
    flags: COPY,
    params: ['migrate_disks:int=1'],
    code: 'INVALID_ARG',
    message: "invalid argument: invalid type 'int' for parameter 'migrate_disks', expected 'string'",
  },
  {
    call: 'migrate3',
    flags: RUN,
    params: ['zzz:int=1', 'bandwidth:int=1'],
    code: 'INVALID_ARG',
    message:
      "invalid argument: Invalid type 'ullong' requested for parameter 'bandwidth', actual type is 'int'",
  },
  {
    call: 'migrateToURI3',
    flags: PEER,
    params: ['bandwidth:int=1'],
    code: 'INVALID_ARG',
    message: "invalid argument: invalid type 'int' for parameter 'bandwidth', expected 'ullong'",
  },
  ...(['migrate3', 'migrateToURI3'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: call === 'migrate3' ? COPY : `${COPY} PEER2PEER`,
      params: Array.from({ length: 65 }, () => 'migrate_disks=vda'),
      code: 'RPC',
      message: "too many parameters '65' for limit '64'",
      on: ['libvirt'],
    }),
  ),

  ...(['migrate_disks', 'migrate_disks_detect_zeroes'] as const).flatMap((name) =>
    (['migrate3', 'migrateToURI3'] as const).map(
      (call): RefusedCall => ({
        call,
        flags: call === 'migrate3' ? RUN : PEER,
        params: [`${name}=vda`],
        code: 'OPERATION_UNSUPPORTED',
        message:
          `Operation not supported: use of 'VIR_MIGRATE_PARAM_${name.toUpperCase()}' requires use of ` +
          "'VIR_MIGRATE_NON_SHARED_DISK' or 'VIR_MIGRATE_NON_SHARED_INC' flag",
      }),
    ),
  ),
  ...(['migrate', 'migrate2', 'migrate3'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: 'OFFLINE PERSIST_DEST NON_SHARED_DISK',
      code: 'OPERATION_INVALID',
      message: 'Requested operation is not valid: offline migration cannot handle non-shared storage',
    }),
  ),
  {
    call: 'migrate3',
    flags: 'OFFLINE',
    code: 'OPERATION_INVALID',
    message:
      'Requested operation is not valid: offline migration must be specified with the persistent flag set',
  },
  {
    call: 'migrateToURI3',
    flags: 'OFFLINE PERSIST_DEST PEER2PEER TUNNELLED',
    code: 'OPERATION_INVALID',
    message: 'Requested operation is not valid: tunnelled offline migration does not make sense',
  },
  ...TO_URI.map(
    (call): RefusedCall => ({
      call,
      flags: `${COPY} PEER2PEER TUNNELLED`,
      code: 'OPERATION_UNSUPPORTED',
      message:
        'Operation not supported: migration of non-shared storage is not supported with tunnelled migration and this QEMU',
    }),
  ),
  {
    call: 'migrateToURI2',
    flags: `${PEER} TUNNELLED`,
    uri: 'tcp://192.0.2.1',
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: migration URI is not supported by tunnelled migration',
  },
  ...(
    [
      ['migrate_uri=tcp://192.0.2.1', 'migration URI'],
      ['listen_address=192.0.2.1', 'listen address'],
      ['disks_port=49200', 'disk port address'],
    ] as const
  ).map(
    ([param, what]): RefusedCall => ({
      call: 'migrateToURI3',
      flags: `${PEER} TUNNELLED`,
      params: [param],
      code: 'ARGUMENT_UNSUPPORTED',
      message: `argument unsupported: ${what} is not supported by tunnelled migration`,
    }),
  ),
  ...(['migrate3', 'migrateToURI3'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: call === 'migrate3' ? COPY : `${COPY} PEER2PEER`,
      params: ['disks_uri=tcp://192.0.2.1:49200', 'disks_port=49200'],
      code: 'INVALID_ARG',
      message:
        'invalid argument: Both port and URI requested for disk migration while being mutually exclusive',
    }),
  ),
  ...(['migrate', 'migrate3'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: `${RUN} ZEROCOPY`,
      code: 'OPERATION_INVALID',
      message: 'Requested operation is not valid: zero-copy is only available for parallel migration',
    }),
  ),
  {
    call: 'migrate3',
    flags: `${COPY} TLS`,
    params: ['disks_uri=unix://IMAGES/disks.sock'],
    code: 'OPERATION_UNSUPPORTED',
    message: 'Operation not supported: NBD migration with TLS is not supported over UNIX socket',
  },

  ...(['migrate', 'migrate3'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: 'UNSAFE POSTCOPY',
      code: 'ARGUMENT_UNSUPPORTED',
      message: 'argument unsupported: post-copy migration is not supported with non-live or paused migration',
    }),
  ),
  {
    call: 'migrate3',
    flags: `${RUN} POSTCOPY_RESUME`,
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: resuming failed post-copy migration requires post-copy to be enabled',
  },
  {
    call: 'migrateToURI',
    flags: `${PEER} TUNNELLED POSTCOPY`,
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: post-copy is not supported with tunnelled migration',
  },
  {
    call: 'migrate3',
    flags: COPY,
    params: ['disks_port=65536'],
    code: 'INVALID_ARG',
    message: 'invalid argument: nbd port must be in range 0-65535',
  },
  {
    call: 'migrate3',
    flags: COPY,
    params: ['disks_uri=ftp://192.0.2.1'],
    code: 'INVALID_ARG',
    message: 'invalid argument: Unsupported scheme in disks URI: ftp',
  },
  {
    call: 'migrate3',
    flags: COPY,
    params: ['migrate_uri=unix:///nowhere/state'],
    code: 'INVALID_ARG',
    message: 'invalid argument: NBD URI must be supplied when migration URI uses UNIX transport method',
  },
  ...(['migrate', 'migrate3'] as const).map(
    (call): RefusedCall => ({
      call,
      flags: COPY,
      ...(call === 'migrate' ? { bandwidth: 2 ** 43 } : { params: [`bandwidth=${2 ** 43}`] }),
      code: 'OVERFLOW',
      message: 'numerical overflow: bandwidth must be less than 8796093022207',
    }),
  ),
];
