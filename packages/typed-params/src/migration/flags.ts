/** What is known of one migration flag. */
export interface FlagSpec {
  /** Its bit, from 0: the flag is `1 << bit`. */
  readonly bit: number;
  /** The libvirt release that brought it. */
  readonly since: string;
  /** What it does, in one sentence. */
  readonly meaning: string;
}

/**
 * Every flag of libvirt's migration calls, by its name without `VIR_MIGRATE_`.
 *
 * Source: libvirt, include/libvirt/libvirt-domain.h, virDomainMigrateFlags (12.2).
 */
export const migrationFlags = {
  LIVE: {
    bit: 0,
    since: '0.3.2',
    meaning: 'The guest runs while its memory is sent; without it the guest is stopped first.',
  },
  PEER2PEER: {
    bit: 1,
    since: '0.7.2',
    meaning:
      'The source daemon connects to the destination and controls the migration: not for virDomainMigrate3, but for virDomainMigrateToURI3.',
  },
  TUNNELLED: {
    bit: 2,
    since: '0.7.2',
    meaning: 'Memory goes through the connection between the daemons, not between the hypervisors.',
  },
  PERSIST_DEST: {
    bit: 3,
    since: '0.7.3',
    meaning: 'The destination keeps the definition of the domain after the guest has ended.',
  },
  UNDEFINE_SOURCE: {
    bit: 4,
    since: '0.7.3',
    meaning: 'The source forgets the definition of the domain when it has moved.',
  },
  PAUSED: {
    bit: 5,
    since: '0.7.5',
    meaning: 'The guest stays suspended on the destination until it is resumed by hand.',
  },
  NON_SHARED_DISK: {
    bit: 6,
    since: '0.8.2',
    meaning:
      'Disks are copied in full: those of migrate_disks, or all that are neither shareable, read-only nor empty.',
  },
  NON_SHARED_INC: {
    bit: 7,
    since: '0.8.2',
    meaning:
      'Of each disk the top image alone is copied; the destination has the same backing chain already.',
  },
  CHANGE_PROTECTION: {
    bit: 8,
    since: '0.9.4',
    meaning: 'Nobody else may change the domain meanwhile; set by libvirt itself where both sides can.',
  },
  UNSAFE: {
    bit: 9,
    since: '0.9.11',
    meaning:
      'Migrates although disks that stay may be cached, or are not shared, so that data could be lost.',
  },
  OFFLINE: {
    bit: 10,
    since: '1.0.1',
    meaning: 'The definition alone is moved: nothing runs on the destination, nothing stops on the source.',
  },
  COMPRESSED: {
    bit: 11,
    since: '1.0.3',
    meaning: 'Memory is compressed, by the methods of compression or by a default one.',
  },
  ABORT_ON_ERROR: {
    bit: 12,
    since: '1.1.0',
    meaning: 'Cancels when the guest meets an I/O error or the like meanwhile.',
  },
  AUTO_CONVERGE: {
    bit: 13,
    since: '1.2.3',
    meaning: 'Slows the guest down when it changes memory faster than that is sent; disks do not count.',
  },
  RDMA_PIN_ALL: {
    bit: 14,
    since: '1.2.9',
    meaning:
      "Where migrate_uri is an rdma: one, all of the guest's memory is pinned before it is sent, not page by page.",
  },
  POSTCOPY: {
    bit: 15,
    since: '1.3.3',
    meaning:
      'Lets virDomainMigrateStartPostCopy run the guest on the destination before all of its memory has come.',
  },
  TLS: {
    bit: 16,
    since: '3.2.0',
    meaning: "Memory and disks are encrypted, with the hypervisor's certificates.",
  },
  PARALLEL: {
    bit: 17,
    since: '5.2.0',
    meaning: 'Memory goes over several connections.',
  },
  NON_SHARED_SYNCHRONOUS_WRITES: {
    bit: 18,
    since: '8.0.0',
    meaning:
      "The guest's writes wait for the destination while its disks are copied, so that the copies converge.",
  },
  POSTCOPY_RESUME: {
    bit: 19,
    since: '8.5.0',
    meaning: 'Takes up a migration again that broke off in post-copy.',
  },
  ZEROCOPY: {
    bit: 20,
    since: '8.5.0',
    meaning: 'Memory is sent from where it is, without a copy of it in the kernel.',
  },
} as const;

/** The name of a migration flag, without `VIR_MIGRATE_`. */
export type MigrationFlag = keyof typeof migrationFlags;
