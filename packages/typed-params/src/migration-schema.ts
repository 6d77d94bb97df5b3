import type { RecordOf } from './schema.js';

/**
 * Every parameter of `virDomainMigrate3` and `virDomainMigrateToURI3`, up to libvirt 12.2.
 *
 * Source: libvirt, include/libvirt/libvirt-domain.h (VIR_MIGRATE_PARAM_*).
 */
export const migrationSchema = {
  migrate_uri: { type: 'string', since: '1.1.0' },
  destination_name: { type: 'string', since: '1.1.0' },
  destination_xml: { type: 'string', since: '1.1.0' },
  persistent_xml: { type: 'string', since: '1.3.4' },
  bandwidth: { type: 'ullong', since: '1.1.0', unit: 'MiB/s' },
  'bandwidth.postcopy': { type: 'ullong', since: '5.1.0', unit: 'MiB/s' },
  'bandwidth.avail.switchover': { type: 'ullong', since: '11.1.0', unit: 'MiB/s' },
  graphics_uri: { type: 'string', since: '1.1.0' },
  listen_address: { type: 'string', since: '1.1.4' },
  migrate_disks: { type: 'string', multiple: true, since: '1.2.17' },
  migrate_disks_detect_zeroes: { type: 'string', multiple: true, since: '10.9.0' },
  migrate_disks_target_zero: { type: 'string', multiple: true, since: '12.2.0' },
  disks_port: { type: 'int', since: '1.3.3' },
  disks_uri: { type: 'string', since: '6.8.0' },
  compression: { type: 'string', multiple: true, since: '1.3.4' },
  'compression.mt.level': { type: 'int', since: '1.3.4' },
  'compression.mt.threads': { type: 'int', since: '1.3.4' },
  'compression.mt.dthreads': { type: 'int', since: '1.3.4' },
  'compression.xbzrle.cache': { type: 'ullong', since: '1.3.4', unit: 'bytes' },
  'compression.zlib.level': { type: 'int', since: '9.4.0' },
  'compression.zstd.level': { type: 'int', since: '9.4.0' },
  'auto_converge.initial': { type: 'int', since: '2.0.0', unit: '%' },
  'auto_converge.increment': { type: 'int', since: '2.0.0', unit: '%' },
  'parallel.connections': { type: 'int', since: '5.2.0' },
  'tls.destination': { type: 'string', since: '6.0.0' },
} as const;

/** The type of {@link migrationSchema}. */
export type MigrationSchema = typeof migrationSchema;

/** Migration parameters as a plain object: `{ migrate_disks: ['vda', 'vdb'], bandwidth: 100n }`. */
export type MigrateParamsRecord = RecordOf<MigrationSchema>;
