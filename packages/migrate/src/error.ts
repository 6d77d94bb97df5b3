import type { MigrationErrorCode, Side } from './error-code.js';
import type { Phase } from './phase.js';
import type { Problem } from './problem.js';
import type { MigrationResult } from './result.js';

/** Where and why; every field that applies is set. */
export interface MigrationErrorDetails {
  readonly side?: Side | undefined;
  readonly phase?: Phase | undefined;
  readonly disk?: string | undefined;
  /** Byte offset of the request that failed. */
  readonly offset?: number | undefined;
  /** Its length in bytes. */
  readonly length?: number | undefined;
  readonly problems?: readonly Problem[] | undefined;
  readonly result?: MigrationResult | undefined;
  /** Where the code alone does not tell. */
  readonly retryable?: boolean | undefined;
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
  /** Byte offset of the request that failed. */
  readonly offset: number | undefined;
  /** Its length in bytes. */
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
    this.retryable = details.retryable ?? RETRYABLE.has(code);
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
    retryable: error.retryable,
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
  'RPC',
]);
