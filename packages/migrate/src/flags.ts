import type { Problem } from './error.js';

/**
 * libvirt's migration flags by name, without `VIR_MIGRATE_`, and their bits.
 *
 * Source: libvirt, include/libvirt/libvirt-domain.h, virDomainMigrateFlags.
 */
export const MIGRATE_FLAGS = {
  LIVE: 1 << 0,
  PEER2PEER: 1 << 1,
  TUNNELLED: 1 << 2,
  PERSIST_DEST: 1 << 3,
  UNDEFINE_SOURCE: 1 << 4,
  PAUSED: 1 << 5,
  NON_SHARED_DISK: 1 << 6,
  NON_SHARED_INC: 1 << 7,
  CHANGE_PROTECTION: 1 << 8,
  UNSAFE: 1 << 9,
  OFFLINE: 1 << 10,
  COMPRESSED: 1 << 11,
  ABORT_ON_ERROR: 1 << 12,
  AUTO_CONVERGE: 1 << 13,
  RDMA_PIN_ALL: 1 << 14,
  POSTCOPY: 1 << 15,
  TLS: 1 << 16,
  PARALLEL: 1 << 17,
  NON_SHARED_SYNCHRONOUS_WRITES: 1 << 18,
  POSTCOPY_RESUME: 1 << 19,
  ZEROCOPY: 1 << 20,
} as const;

export type MigrateFlag = keyof typeof MIGRATE_FLAGS;

/** What is wrong with `flags` on a domain without libvirt: nothing but these means anything there. */
export function flagProblems(flags: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  for (const flag of new Set(flags)) {
    if (!Object.hasOwn(MIGRATE_FLAGS, flag)) {
      problems.push({
        code: 'INVALID_ARGUMENT',
        message: `There is no migration flag ${flag}; the flags are ${Object.keys(MIGRATE_FLAGS).join(', ')}.`,
      });
    } else if (!HONOURED.has(flag)) {
      problems.push({
        code: 'ARGUMENT_UNSUPPORTED',
        message: `The flag ${flag} needs libvirt; on bare QEMU leave it out (honoured: ${[...HONOURED].join(', ')}).`,
      });
    }
  }
  return problems;
}

const HONOURED: ReadonlySet<string> = new Set(['LIVE', 'NON_SHARED_DISK', 'UNSAFE']);
