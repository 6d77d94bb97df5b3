import type { RecordOf } from '../schema.js';

/**
 * Every parameter of `virDomainMigrate3` and `virDomainMigrateToURI3`, up to libvirt 12.2.
 *
 * A `range`, `values` and `schemes` are what libvirt's documentation gives. Where libvirt itself refuses anything else,
 * `migrationConflicts` tells it; the rest is left to QEMU.
 *
 * Source: libvirt, include/libvirt/libvirt-domain.h (VIR_MIGRATE_PARAM_*).
 */
export const migrationSchema = {
  migrate_uri: {
    macro: 'VIR_MIGRATE_PARAM_URI',
    type: 'string',
    since: '1.1.0',
    schemes: ['tcp', 'rdma', 'unix'],
    meaning: "Where the destination's hypervisor takes the stream of memory and device state.",
  },
  destination_name: {
    macro: 'VIR_MIGRATE_PARAM_DEST_NAME',
    type: 'string',
    since: '1.1.0',
    meaning: 'The name of the domain on the destination, where it is to have another one.',
  },
  destination_xml: {
    macro: 'VIR_MIGRATE_PARAM_DEST_XML',
    type: 'string',
    since: '1.1.0',
    meaning:
      'The definition to run on the destination: other paths and addresses of the host, but the same devices for the guest.',
  },
  persistent_xml: {
    macro: 'VIR_MIGRATE_PARAM_PERSIST_XML',
    type: 'string',
    since: '1.3.4',
    meaning: 'The definition that the destination keeps for later starts, likewise.',
  },
  bandwidth: {
    macro: 'VIR_MIGRATE_PARAM_BANDWIDTH',
    type: 'ullong',
    unit: 'MiB/s',
    since: '1.1.0',
    range: [0n, 8_796_093_022_207n],
    meaning:
      'The most that memory may take of the network and, on top of it, the most that each copied disk may; 0 is the default of the hypervisor.',
  },
  'bandwidth.postcopy': {
    macro: 'VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY',
    type: 'ullong',
    unit: 'MiB/s',
    since: '5.1.0',
    range: [0n, 17_592_186_044_415n],
    meaning: 'The most that memory may take once post-copy has begun; 0 is no limit.',
  },
  'bandwidth.avail.switchover': {
    macro: 'VIR_MIGRATE_PARAM_BANDWIDTH_AVAIL_SWITCHOVER',
    type: 'ullong',
    unit: 'MiB/s',
    since: '11.1.0',
    range: [0n, 17_592_186_044_415n],
    meaning:
      'What the network can take while the guest stands still: the hypervisor reckons the downtime with it in place of what it measured.',
  },
  graphics_uri: {
    macro: 'VIR_MIGRATE_PARAM_GRAPHICS_URI',
    type: 'string',
    since: '1.1.0',
    meaning:
      'Where clients of the graphical console are told to go on: spice:// or vnc://, then host, port and parameters.',
  },
  listen_address: {
    macro: 'VIR_MIGRATE_PARAM_LISTEN_ADDRESS',
    type: 'string',
    since: '1.1.4',
    meaning: 'The address or host name on the destination that its hypervisor and its NBD server listen on.',
  },
  migrate_disks: {
    macro: 'VIR_MIGRATE_PARAM_MIGRATE_DISKS',
    type: 'string',
    multiple: true,
    since: '1.2.17',
    meaning:
      'A disk to copy, by its target such as vda; with one or more exactly those are copied, with none every disk that is neither shareable, read-only nor empty.',
  },
  migrate_disks_detect_zeroes: {
    macro: 'VIR_MIGRATE_PARAM_MIGRATE_DISKS_DETECT_ZEROES',
    type: 'string',
    multiple: true,
    since: '10.9.0',
    meaning:
      'A disk whose blocks of zeros are looked for and become holes; what the destination has of it must read as zeros.',
  },
  migrate_disks_target_zero: {
    macro: 'VIR_MIGRATE_PARAM_MIGRATE_DISKS_TARGET_ZERO',
    type: 'string',
    multiple: true,
    since: '12.2.0',
    meaning:
      'A disk that reads as zeros on the destination already: the caller promises it, and no zeros are sent.',
  },
  disks_port: {
    macro: 'VIR_MIGRATE_PARAM_DISKS_PORT',
    type: 'int',
    since: '1.3.3',
    range: [0, 65_535],
    meaning: "The TCP port of the destination's NBD server; 0 is any that is free.",
  },
  disks_uri: {
    macro: 'VIR_MIGRATE_PARAM_DISKS_URI',
    type: 'string',
    since: '6.8.0',
    schemes: ['tcp', 'unix'],
    meaning:
      "Where the destination's NBD server listens and is reached: tcp://HOST:PORT, or unix:///PATH that leads to the same socket from both hosts.",
  },
  compression: {
    macro: 'VIR_MIGRATE_PARAM_COMPRESSION',
    type: 'string',
    multiple: true,
    since: '1.3.4',
    values: ['xbzrle', 'mt', 'zlib', 'zstd'],
    meaning:
      'A method of compressing memory, never disks: zlib and zstd go with parallel migration, the others without.',
  },
  'compression.mt.level': {
    macro: 'VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL',
    type: 'int',
    since: '1.3.4',
    range: [0, 9],
    meaning: 'How hard the method mt tries: 0 not at all, 1 fastest, 9 smallest.',
  },
  'compression.mt.threads': {
    macro: 'VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS',
    type: 'int',
    since: '1.3.4',
    meaning: 'How many threads of the source compress with the method mt.',
  },
  'compression.mt.dthreads': {
    macro: 'VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS',
    type: 'int',
    since: '1.3.4',
    meaning: 'How many threads of the destination decompress with the method mt.',
  },
  'compression.xbzrle.cache': {
    macro: 'VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE',
    type: 'ullong',
    unit: 'bytes',
    since: '1.3.4',
    meaning: 'How many sent pages the method xbzrle remembers, to send of a page what has changed since.',
  },
  'compression.zlib.level': {
    macro: 'VIR_MIGRATE_PARAM_COMPRESSION_ZLIB_LEVEL',
    type: 'int',
    since: '9.4.0',
    range: [0, 9],
    meaning: 'How hard zlib tries: 0 not at all, 1 fastest, 9 smallest.',
  },
  'compression.zstd.level': {
    macro: 'VIR_MIGRATE_PARAM_COMPRESSION_ZSTD_LEVEL',
    type: 'int',
    since: '9.4.0',
    range: [0, 20],
    meaning: 'How hard zstd tries: 0 not at all, 1 fastest, 20 smallest.',
  },
  'auto_converge.initial': {
    macro: 'VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL',
    type: 'int',
    unit: '%',
    since: '2.0.0',
    meaning: "How much of the guest's CPU time is taken away first when memory does not converge.",
  },
  'auto_converge.increment': {
    macro: 'VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT',
    type: 'int',
    unit: '%',
    since: '2.0.0',
    meaning: 'How much more is taken away each time that this was not enough.',
  },
  'parallel.connections': {
    macro: 'VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS',
    type: 'int',
    since: '5.2.0',
    meaning: 'How many connections carry memory; a disk has one, whatever is said here.',
  },
  'tls.destination': {
    macro: 'VIR_MIGRATE_PARAM_TLS_DESTINATION',
    type: 'string',
    since: '6.0.0',
    meaning: "The name that the destination's certificate has, where it is not the host's.",
  },
} as const;

/** The type of {@link migrationSchema}. */
export type MigrationSchema = typeof migrationSchema;

/** Migration parameters as a plain object: `{ migrate_disks: ['vda', 'vdb'], bandwidth: 100n }`. */
export type MigrateParamsRecord = RecordOf<MigrationSchema>;
