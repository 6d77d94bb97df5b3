import type { LibvirtErrorCode } from '@blockferry/libvirt';
import type { ProblemCode } from './problem.js';

/** Which host an error belongs to. */
export type Side = 'source' | 'destination';

/**
 * Why a migration failed; stable, match on it.
 *
 * - a {@link ProblemCode}, or `REFUSED` where there are several (`problems` has them all): nothing was changed.
 * - `ABORTED`: cancelled by the caller and rolled back. `TIMEOUT`: `timeoutMs` passed, rolled back.
 * - `SOURCE_CHANGED`: the source's disk is not what it was at the start; rolled back.
 * - `STREAM_FAILED`: the hypervisor's state stream failed; the guest is on the source.
 * - `OUTCOME_UNCERTAIN`: nobody answered when the guest was handed over; a person has to look at both sides.
 * - `VERIFY_DIFFERENT`: the comparison asked for by `verify` found a difference.
 * - libvirt's own names, as `@blockferry/libvirt` has them, with its message word for word: `OPERATION_FAILED`,
 *   `MIGRATE_UNSAFE`, `NO_DOMAIN`, ...; `NOT_INSTALLED` where that package, or libvirt itself, is missing.
 * - `NBD_*`, `IO_*` as `@blockferry/nbd` has them; `QMP_*` as `@blockferry/qmp` has them.
 */
export type MigrationErrorCode =
  | ProblemCode
  | LibvirtErrorCode
  | 'REFUSED'
  | 'ABORTED'
  | 'TIMEOUT'
  | 'SOURCE_CHANGED'
  | 'STREAM_FAILED'
  | 'OUTCOME_UNCERTAIN'
  | 'VERIFY_DIFFERENT'
  | 'INTERNAL'
  | `NBD_${string}`
  | `IO_${string}`
  | `QMP_${string}`
  | 'SIZE_MISMATCH'
  | 'ENDPOINTS_SAME'
  | 'CLOSED';
