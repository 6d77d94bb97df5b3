import { MigrationError, refusal } from '../error.js';
import type { MigrationErrorCode } from '../error-code.js';
import type { Problem, ProblemCode } from '../problem.js';

/**
 * The error of libvirt's calls where a plan has problems: the first that libvirt would meet, in its code and words,
 * and all of ours as `problems`. What it has no words for is told as ever.
 */
export function refusalInWords(problems: readonly Problem[]): MigrationError {
  for (const { of, code, message } of WORDS) {
    const problem = problems.find((each) => of.includes(each.code));
    if (problem === undefined) continue;
    const { disk = '' } = problem;
    return new MigrationError(
      code,
      message.replace('%s', () => disk),
      { disk: problem.disk, problems },
    );
  }
  return refusal(problems);
}

/** In libvirt's order. Source: libvirt 11.3, src/qemu/qemu_migration.c: the source's begin, the destination's prepare. */
const WORDS: readonly {
  readonly of: readonly ProblemCode[];
  readonly code: MigrationErrorCode;
  /** `%s` is the disk. */
  readonly message: string;
}[] = [
  {
    of: ['BLOCK_JOB_ACTIVE'],
    code: 'OPERATION_INVALID',
    message: 'Requested operation is not valid: domain has active block job',
  },
  {
    of: ['DISK_LEFT_BEHIND'],
    code: 'MIGRATE_UNSAFE',
    message: 'Unsafe migration: Migration without shared storage is unsafe',
  },
  {
    of: ['DISK_NOT_FOUND'],
    code: 'INVALID_ARG',
    message: 'invalid argument: disk target %s not found',
  },
  {
    of: ['DISK_EMPTY', 'DISK_READ_ONLY'],
    code: 'OPERATION_UNSUPPORTED',
    message: 'Operation not supported: Cannot migrate empty or read-only disk %s',
  },
];
