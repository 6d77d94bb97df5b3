/** A fault in what was asked for, found before anything was changed. */
export type ProblemCode =
  | 'INVALID_ARGUMENT'
  | 'ARGUMENT_UNSUPPORTED'
  | 'INVALID_ARG'
  | 'OPERATION_INVALID'
  | 'OPERATION_UNSUPPORTED'
  | 'OVERFLOW'
  | 'DISK_NOT_FOUND'
  | 'DISK_AMBIGUOUS'
  | 'DISK_READ_ONLY'
  | 'DISK_EMPTY'
  | 'DISK_SHARED'
  | 'DISK_LEFT_BEHIND'
  | 'DESTINATION_MISSING'
  | 'DESTINATION_READ_ONLY'
  | 'DESTINATION_SIZE'
  | 'DESTINATION_FORMAT'
  | 'DESTINATION_HAS_DOMAIN'
  | 'DESTINATION_NOT_WAITING'
  | 'SOURCE_MIGRATING'
  | 'SOURCE_NOT_READY'
  | 'BLOCK_JOB_ACTIVE'
  | 'NBD_SERVER_BUSY';

/** One thing that has to be put right before a migration can start. */
export interface Problem {
  readonly code: ProblemCode;
  /** The disk it is about, by the name the user gave. */
  readonly disk?: string;
  readonly message: string;
}
