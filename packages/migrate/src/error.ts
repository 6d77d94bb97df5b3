import type { MigrationResult } from './result.js';

/** Which host an error belongs to. */
export type Side = 'source' | 'destination';

/** The phases of a migration, in order. */
export const PHASES = [
  'begin',
  'prepare',
  'bulk',
  'precopy',
  'state',
  'switchover',
  'finish',
  'confirm',
] as const;
export type Phase = (typeof PHASES)[number];

/** A fault in what was asked for, found before anything was changed. */
export type ProblemCode =
  | 'INVALID_ARGUMENT'
  | 'ARGUMENT_UNSUPPORTED'
  | 'INVALID_ARG'
  | 'OPERATION_UNSUPPORTED'
  | 'DISK_NOT_FOUND'
  | 'DISK_AMBIGUOUS'
  | 'DISK_READ_ONLY'
  | 'DISK_EMPTY'
  | 'DISK_SHARED'
  | 'DISK_LEFT_BEHIND'
  | 'DESTINATION_MISSING'
  | 'DESTINATION_READ_ONLY'
  | 'DESTINATION_SIZE'
  | 'DESTINATION_NOT_WAITING'
  | 'SOURCE_MIGRATING'
  | 'SOURCE_NOT_READY'
  | 'NBD_SERVER_BUSY';

/**
 * Why a migration failed; stable, match on it.
 *
 * - a {@link ProblemCode}, or `REFUSED` where there are several (`problems` has them all): nothing was changed.
 * - `ABORTED`: cancelled by the caller and rolled back. `TIMEOUT`: `timeoutMs` passed, rolled back.
 * - `SOURCE_CHANGED`: the source's disk is not what it was at the start; rolled back.
 * - `STREAM_FAILED`: the hypervisor's state stream failed; the guest is on the source.
 * - `OUTCOME_UNCERTAIN`: nobody answered when the guest was handed over; a person has to look at both sides.
 * - `VERIFY_DIFFERENT`: the comparison asked for by `verify` found a difference.
 * - `NBD_*`, `IO_*` as `@blockferry/nbd` has them; `QMP_*` as `@blockferry/qmp` has them.
 */
export type MigrationErrorCode =
  | ProblemCode
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

/** One thing that has to be put right before a migration can start. */
export interface Problem {
  readonly code: ProblemCode;
  /** The disk it is about, by the name the user gave. */
  readonly disk?: string;
  readonly message: string;
}

export interface MigrationErrorDetails {
  readonly side?: Side | undefined;
  readonly phase?: Phase | undefined;
  readonly disk?: string | undefined;
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  readonly problems?: readonly Problem[] | undefined;
  readonly result?: MigrationResult | undefined;
  readonly cause?: unknown;
}

const BRAND: unique symbol = Symbol.for('@blockferry/migrate/MigrationError') as never;

/** The one error of this package. */
export class MigrationError extends Error {
  override readonly name: string = 'MigrationError';
  readonly code: MigrationErrorCode;
  readonly side: Side | undefined;
  readonly phase: Phase | undefined;
  readonly disk: string | undefined;
  /** Byte offset and length of the request that failed. */
  readonly offset: number | undefined;
  readonly length: number | undefined;
  /** All problems, where the migration was refused before any change. */
  readonly problems: readonly Problem[];
  /** The fields of the `result` event; on errors of {@link MigrationJob.done}. */
  readonly result: MigrationResult | undefined;
  /** Whether the same call may succeed later, nothing else changed. */
  readonly retryable: boolean;

  constructor(code: MigrationErrorCode, message: string, details: MigrationErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.side = details.side;
    this.phase = details.phase;
    this.disk = details.disk;
    this.offset = details.offset;
    this.length = details.length;
    this.problems = details.problems ?? [];
    this.result = details.result;
    this.retryable = RETRYABLE.has(code);
  }

  /** Whether `value` is a `MigrationError`, of whichever copy of this package. */
  static is(value: unknown): value is MigrationError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** The same error with more known about where it happened; what it says already stays. */
export function locate(error: MigrationError, where: MigrationErrorDetails): MigrationError {
  return new MigrationError(error.code, error.message, {
    side: error.side ?? where.side,
    phase: error.phase ?? where.phase,
    disk: error.disk ?? where.disk,
    offset: error.offset ?? where.offset,
    length: error.length ?? where.length,
    problems: error.problems.length > 0 ? error.problems : where.problems,
    result: where.result ?? error.result,
    cause: error.cause,
  });
}

/** A refusal with every problem; one alone lends its code and sentence. */
export function refusal(problems: readonly Problem[]): MigrationError {
  const [first, ...more] = problems;
  if (first === undefined) throw new RangeError('A refusal needs a problem.');
  if (more.length === 0) return new MigrationError(first.code, first.message, { disk: first.disk, problems });
  return new MigrationError('REFUSED', `${problems.length} things have to be put right first.`, { problems });
}

const RETRYABLE: ReadonlySet<string> = new Set([
  'TIMEOUT',
  'STREAM_FAILED',
  'NBD_CONNECT',
  'NBD_DISCONNECTED',
  'NBD_TIMEOUT',
  'QMP_CONNECT',
  'QMP_TIMEOUT',
  'QMP_CLOSED',
]);
