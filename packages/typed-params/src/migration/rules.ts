import type { MigrationFlag } from './flags.js';
import type { MigrationSchema } from './parameters.js';

/** A combination of parameters and flags that libvirt refuses. */
export interface MigrationRule {
  /** It is refused when each of these is met; of a list, one. */
  readonly given: readonly (MigrationCondition | readonly MigrationCondition[] | MigrationValueCondition)[];
  /** ... unless one of these is. */
  readonly unless?: readonly MigrationCondition[];
  readonly code: MigrationConflictCode;
  /** libvirt's message, all of it; `%s` stands for the value that is at fault. */
  readonly message: string;
  /** It is refused where the call is made, before a host hears of it. */
  readonly early?: true;
}

/**
 * A flag that is set, or a parameter that is there: with any value, with that one (`compression=mt`), or with a URI of
 * that scheme (`disks_uri=unix:`).
 */
export type MigrationCondition = MigrationFlag | Param | `${Param}=${string}`;

/** A parameter with a value that its table does not have, or with the same value twice. */
export type MigrationValueCondition = { readonly outside: Param } | { readonly repeated: Param };

/** libvirt's error code of a conflict, without `VIR_ERR_`. */
export type MigrationConflictCode =
  | 'INVALID_ARG'
  | 'ARGUMENT_UNSUPPORTED'
  | 'OPERATION_INVALID'
  | 'OPERATION_UNSUPPORTED'
  | 'OVERFLOW';

/*
 * What libvirt's QEMU driver refuses whatever the domain and the hosts are.
 *
 * Not here: what libvirt 12.2 says of `migrate_disks_target_zero` without a copy of storage. With `POSTCOPY_RESUME`
 * libvirt asks less, for the flags are to be those of the migration that broke off.
 *
 * Source: libvirt 11.3, src/libvirt-domain.c, src/qemu/qemu_driver.c, qemu_migration.c and qemu_migration_params.c.
 */

/** Two kinds of copy at once. */
export const fullOrIncremental: MigrationRule = {
  given: ['NON_SHARED_DISK', 'NON_SHARED_INC'],
  code: 'INVALID_ARG',
  message: "Flags 'VIR_MIGRATE_NON_SHARED_DISK' and 'VIR_MIGRATE_NON_SHARED_INC' are mutually exclusive",
  early: true,
};

/** A way to copy, and no copy. */
export const writesWithoutCopy: MigrationRule = {
  given: ['NON_SHARED_SYNCHRONOUS_WRITES'],
  unless: ['NON_SHARED_DISK', 'NON_SHARED_INC'],
  code: 'INVALID_ARG',
  message:
    "Flag 'VIR_MIGRATE_NON_SHARED_DISK | VIR_MIGRATE_NON_SHARED_INC' is required by flag " +
    "'VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES'",
  early: true,
};

/** A tunnel is between daemons. */
export const tunnelWithoutPeer: MigrationRule = {
  given: ['TUNNELLED'],
  unless: ['PEER2PEER'],
  code: 'INVALID_ARG',
  message: 'cannot perform tunnelled migration without using peer2peer flag',
  early: true,
};

/** The same, in the words of the two oldest calls. */
export const oldTunnelWithoutPeer: MigrationRule = {
  ...tunnelWithoutPeer,
  code: 'OPERATION_INVALID',
  message:
    'Requested operation is not valid: cannot perform tunnelled migration without using peer2peer flag',
};

/** From peer to peer is for the calls that take a URI; the two oldest ones may do so all the same. */
export const peerToPeerToConnection: MigrationRule = {
  given: ['PEER2PEER'],
  code: 'INVALID_ARG',
  message: 'use virDomainMigrateToURI3 for peer-to-peer migration',
  early: true,
};

/** A tunnel is one connection. */
export const parallelTunnel: MigrationRule = {
  given: ['TUNNELLED', 'PARALLEL'],
  code: 'INVALID_ARG',
  message: "Flags 'VIR_MIGRATE_TUNNELLED' and 'VIR_MIGRATE_PARALLEL' are mutually exclusive",
  early: true,
};

/** What the source says before it does anything. */
export const begin: readonly MigrationRule[] = [
  {
    given: ['POSTCOPY_RESUME'],
    unless: ['POSTCOPY'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: resuming failed post-copy migration requires post-copy to be enabled',
  },
  {
    given: ['POSTCOPY'],
    unless: ['LIVE'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: post-copy migration is not supported with non-live or paused migration',
  },
  {
    given: ['POSTCOPY', 'PAUSED'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: post-copy migration is not supported with non-live or paused migration',
  },
  {
    given: ['POSTCOPY', 'TUNNELLED'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: post-copy is not supported with tunnelled migration',
  },
  {
    given: ['OFFLINE', ['NON_SHARED_DISK', 'NON_SHARED_INC']],
    code: 'OPERATION_INVALID',
    message: 'Requested operation is not valid: offline migration cannot handle non-shared storage',
  },
  {
    given: ['OFFLINE'],
    unless: ['PERSIST_DEST'],
    code: 'OPERATION_INVALID',
    message:
      'Requested operation is not valid: offline migration must be specified with the persistent flag set',
  },
  {
    given: ['OFFLINE', 'TUNNELLED'],
    code: 'OPERATION_INVALID',
    message: 'Requested operation is not valid: tunnelled offline migration does not make sense',
  },
  {
    given: ['ZEROCOPY'],
    unless: ['PARALLEL'],
    code: 'OPERATION_INVALID',
    message: 'Requested operation is not valid: zero-copy is only available for parallel migration',
  },
  {
    given: [['NON_SHARED_DISK', 'NON_SHARED_INC'], 'TUNNELLED'],
    code: 'OPERATION_UNSUPPORTED',
    message:
      'Operation not supported: migration of non-shared storage is not supported with tunnelled migration and this QEMU',
  },
  {
    given: ['migrate_disks'],
    unless: ['NON_SHARED_DISK', 'NON_SHARED_INC'],
    code: 'OPERATION_UNSUPPORTED',
    message:
      "Operation not supported: use of 'VIR_MIGRATE_PARAM_MIGRATE_DISKS' requires use of " +
      "'VIR_MIGRATE_NON_SHARED_DISK' or 'VIR_MIGRATE_NON_SHARED_INC' flag",
  },
  {
    given: ['migrate_disks_detect_zeroes'],
    unless: ['NON_SHARED_DISK', 'NON_SHARED_INC'],
    code: 'OPERATION_UNSUPPORTED',
    message:
      "Operation not supported: use of 'VIR_MIGRATE_PARAM_MIGRATE_DISKS_DETECT_ZEROES' requires use of " +
      "'VIR_MIGRATE_NON_SHARED_DISK' or 'VIR_MIGRATE_NON_SHARED_INC' flag",
  },
];

/** More than QEMU can be told. */
export const postcopyBandwidth: MigrationRule = {
  given: [{ outside: 'bandwidth.postcopy' }],
  code: 'OVERFLOW',
  message: "numerical overflow: migration parameter 'bandwidth.postcopy' must be less than 17592186044416",
};

/** Connections of a migration that has one. */
export const parallelConnections: MigrationRule = {
  given: ['parallel.connections'],
  unless: ['PARALLEL'],
  code: 'INVALID_ARG',
  message: 'invalid argument: Turn parallel migration on to tune it',
};

/** Of each method in turn. */
export const compression: readonly MigrationRule[] = [
  {
    given: [{ outside: 'compression' }],
    code: 'INVALID_ARG',
    message: "invalid argument: Unsupported compression method '%s'",
  },
  {
    given: ['compression=mt', 'PARALLEL'],
    code: 'INVALID_ARG',
    message: "invalid argument: Compression method 'mt' isn't supported with parallel migration",
  },
  {
    given: ['compression=xbzrle', 'PARALLEL'],
    code: 'INVALID_ARG',
    message: "invalid argument: Compression method 'xbzrle' isn't supported with parallel migration",
  },
  {
    given: ['compression=zlib'],
    unless: ['PARALLEL'],
    code: 'INVALID_ARG',
    message: "invalid argument: Compression method 'zlib' is only supported with parallel migration",
  },
  {
    given: ['compression=zstd'],
    unless: ['PARALLEL'],
    code: 'INVALID_ARG',
    message: "invalid argument: Compression method 'zstd' is only supported with parallel migration",
  },
  {
    given: ['compression=zlib', 'compression=zstd', 'PARALLEL'],
    code: 'INVALID_ARG',
    message: 'invalid argument: Only one compression method could be specified with parallel compression',
  },
  {
    given: [{ repeated: 'compression' }],
    code: 'INVALID_ARG',
    message: "invalid argument: Compression method '%s' is specified twice",
  },
];

/** Of what is said of the methods. */
export const compressionTuning: readonly MigrationRule[] = [
  {
    given: [['compression.mt.level', 'compression.mt.threads', 'compression.mt.dthreads']],
    unless: ['compression=mt'],
    code: 'INVALID_ARG',
    message: 'invalid argument: Turn multithread compression on to tune it',
  },
  {
    given: ['compression.xbzrle.cache'],
    unless: ['compression=xbzrle'],
    code: 'INVALID_ARG',
    message: 'invalid argument: Turn xbzrle compression on to tune it',
  },
  {
    given: ['compression.zlib.level'],
    unless: ['compression=zlib'],
    code: 'INVALID_ARG',
    message: 'invalid argument: Turn zlib compression on to tune it',
  },
  {
    given: ['compression.zstd.level'],
    unless: ['compression=zstd'],
    code: 'INVALID_ARG',
    message: 'invalid argument: Turn zstd compression on to tune it',
  },
  {
    given: ['COMPRESSED', 'PARALLEL'],
    unless: ['compression'],
    code: 'INVALID_ARG',
    message: 'invalid argument: No compression algorithm selected for parallel migration',
  },
];

/** More than QEMU can be told, by the source alone. */
export const switchoverBandwidth: MigrationRule = {
  given: [{ outside: 'bandwidth.avail.switchover' }],
  code: 'OVERFLOW',
  message:
    "numerical overflow: migration parameter 'bandwidth.avail.switchover' must be less than 17592186044416",
};

/** Of the source alone, too. */
export const autoConverge: MigrationRule = {
  given: [['auto_converge.initial', 'auto_converge.increment']],
  unless: ['AUTO_CONVERGE'],
  code: 'INVALID_ARG',
  message: 'invalid argument: Turn auto convergence on to tune it',
};

/** The disks go to one place. */
export const diskPortOrUri: MigrationRule = {
  given: ['disks_port', 'disks_uri'],
  unless: ['disks_port=0'],
  code: 'INVALID_ARG',
  message: 'invalid argument: Both port and URI requested for disk migration while being mutually exclusive',
};

/** A socket has no address. */
export const listenOnSocket: MigrationRule = {
  given: ['listen_address', 'migrate_uri=unix:'],
  code: 'INVALID_ARG',
  message:
    'invalid argument: Usage of listen-address is forbidden when migration URI uses UNIX transport method',
};

/** Beside a socket for memory no port is chosen for the disks. */
export const disksNowhere: MigrationRule = {
  given: ['migrate_uri=unix:', ['NON_SHARED_DISK', 'NON_SHARED_INC']],
  unless: ['disks_uri'],
  code: 'INVALID_ARG',
  message: 'invalid argument: NBD URI must be supplied when migration URI uses UNIX transport method',
};

/** What the destination says when it starts its NBD server. */
export const server: readonly MigrationRule[] = [
  {
    given: [{ outside: 'disks_port' }, ['NON_SHARED_DISK', 'NON_SHARED_INC']],
    code: 'INVALID_ARG',
    message: 'invalid argument: nbd port must be in range 0-65535',
  },
  {
    given: [{ outside: 'disks_uri' }, ['NON_SHARED_DISK', 'NON_SHARED_INC']],
    code: 'INVALID_ARG',
    message: 'invalid argument: Unsupported scheme in disks URI: %s',
  },
];

/** What has no place in a tunnel. */
export const tunnel: readonly MigrationRule[] = [
  {
    given: ['migrate_uri', 'TUNNELLED'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: migration URI is not supported by tunnelled migration',
  },
  {
    given: ['listen_address', 'TUNNELLED'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: listen address is not supported by tunnelled migration',
  },
  {
    given: ['disks_port', 'TUNNELLED'],
    unless: ['disks_port=0'],
    code: 'ARGUMENT_UNSUPPORTED',
    message: 'argument unsupported: disk port address is not supported by tunnelled migration',
  },
];

/** What the source says when it begins to connect. */
export const perform: readonly MigrationRule[] = [
  {
    given: ['TLS', 'migrate_uri=unix:'],
    unless: ['tls.destination'],
    code: 'OPERATION_UNSUPPORTED',
    message:
      'Operation not supported: Explicit destination hostname is required for TLS migration over UNIX socket',
  },
  {
    given: ['TLS', 'disks_uri=unix:', ['NON_SHARED_DISK', 'NON_SHARED_INC']],
    code: 'OPERATION_UNSUPPORTED',
    message: 'Operation not supported: NBD migration with TLS is not supported over UNIX socket',
  },
  {
    given: [{ outside: 'bandwidth' }, ['NON_SHARED_DISK', 'NON_SHARED_INC']],
    code: 'OVERFLOW',
    message: 'numerical overflow: bandwidth must be less than 8796093022207',
  },
];

type Param = keyof MigrationSchema;
