import type { ExitStatus } from '@blockferry/migrate';
import { UsageError } from './usage-error.js';

/** The statuses that the command ends with; README.md tells users the same. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  different: 4,
  rolledBack: 5,
  uncertain: 6,
  refused: 10,
  interrupted: 130,
} as const;

/** What is known of an error, of whichever package. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly side?: string;
  readonly phase?: string;
  readonly disk?: string;
  readonly offset?: number;
  readonly length?: number;
}

/** The fields of an error that the output tells; those that do not apply are absent. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error) };
  const { code, side, phase, disk, offset, length } = error as Partial<Failure>;
  return {
    code: typeof code === 'string' ? code : 'INTERNAL',
    message: error.message,
    ...(side !== undefined && { side }),
    ...(phase !== undefined && { phase }),
    ...(disk !== undefined && { disk }),
    ...(offset !== undefined && { offset }),
    ...(length !== undefined && { length }),
  };
}

/** The status that stands for an error: a migration's result knows its own, else the code tells. */
export function exitStatusOf(error: unknown): ExitStatus {
  const { result, problems } = error as { result?: { exit?: ExitStatus }; problems?: readonly unknown[] };
  if (result?.exit !== undefined) return result.exit;
  if (problems !== undefined && problems.length > 0) return EXIT.refused;
  if (error instanceof UsageError) return EXIT.usage;
  return BY_CODE.get(toFailure(error).code) ?? EXIT.failed;
}

const BY_CODE: ReadonlyMap<string, ExitStatus> = new Map([
  ['INVALID_ARGUMENT', EXIT.usage],
  ['ABORTED', EXIT.interrupted],
  ['VERIFY_DIFFERENT', EXIT.different],
  ['TIMEOUT', EXIT.rolledBack],
  ['OUTCOME_UNCERTAIN', EXIT.uncertain],
  ['ARGUMENT_UNSUPPORTED', EXIT.refused],
  ['DESTINATION_NOT_WAITING', EXIT.refused],
  ['NBD_SERVER_BUSY', EXIT.refused],
  ['SOURCE_MIGRATING', EXIT.refused],
  ['SOURCE_NOT_READY', EXIT.refused],
]);
