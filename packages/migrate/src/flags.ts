import type { Problem } from './problem.js';

/**
 * libvirt's migration flags by name, without `VIR_MIGRATE_`, and their bits.
 *
 * Source: libvirt, include/libvirt/libvirt-domain.h, virDomainMigrateFlags.
 */
export const MIGRATE_FLAGS = {
  LIVE: 0x1,
  PEER2PEER: 0x2,
  TUNNELLED: 0x4,
  PERSIST_DEST: 0x8,
  UNDEFINE_SOURCE: 0x10,
  PAUSED: 0x20,
  NON_SHARED_DISK: 0x40,
  NON_SHARED_INC: 0x80,
  CHANGE_PROTECTION: 0x100,
  UNSAFE: 0x200,
  OFFLINE: 0x400,
  COMPRESSED: 0x800,
  ABORT_ON_ERROR: 0x1000,
  AUTO_CONVERGE: 0x2000,
  RDMA_PIN_ALL: 0x4000,
  POSTCOPY: 0x8000,
  TLS: 0x10000,
  PARALLEL: 0x20000,
  NON_SHARED_SYNCHRONOUS_WRITES: 0x40000,
  POSTCOPY_RESUME: 0x80000,
  ZEROCOPY: 0x100000,
} as const;

/** A flag's name, without `VIR_MIGRATE_`. */
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
