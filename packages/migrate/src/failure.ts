import { NbdError } from '@blockferry/nbd';
import { QmpError } from '@blockferry/qmp';
import { TypedParamsError } from '@blockferry/typed-params';
import { locate, MigrationError, type MigrationErrorDetails } from './error.js';
import { isLibvirtError } from './libvirt-error.js';
import type { ExitStatus } from './result.js';

/** Whatever was thrown, as a `MigrationError` that keeps what the layer below knew. */
export function toMigrationError(error: unknown, where: MigrationErrorDetails = {}): MigrationError {
  if (MigrationError.is(error)) return locate(error, where);
  if (NbdError.is(error)) {
    const { side, offset, length } = error;
    return new MigrationError(error.code, error.message, {
      ...where,
      side: side ?? where.side,
      offset,
      length,
      cause: error,
    });
  }
  if (QmpError.is(error) && error.code === 'QMP_URI') {
    return new MigrationError('INVALID_ARGUMENT', error.message, { ...where, cause: error });
  }
  if (isLibvirtError(error)) {
    const { code, message, retryable } = error;
    return new MigrationError(code, message, { ...where, retryable, cause: error });
  }
  if (QmpError.is(error)) return new MigrationError(error.code, error.message, { ...where, cause: error });
  if (TypedParamsError.is(error)) {
    const code = error.code === 'ARGUMENT_UNSUPPORTED' ? 'ARGUMENT_UNSUPPORTED' : 'INVALID_ARGUMENT';
    return new MigrationError(code, error.message, { ...where, cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new MigrationError('INTERNAL', `Something unexpected failed: ${message}`, {
    ...where,
    cause: error,
  });
}

/** The command's exit status for an error. */
export function exitStatus(error: MigrationError): ExitStatus {
  if (error.problems.length > 0 || REFUSALS.has(error.code)) return 10;
  switch (error.code) {
    case 'ABORTED':
      return 130;
    case 'TIMEOUT':
      return 5;
    case 'OUTCOME_UNCERTAIN':
      return 6;
    case 'VERIFY_DIFFERENT':
      return 4;
    case 'INVALID_ARGUMENT':
      return 2;
    default:
      return 1;
  }
}

const REFUSALS: ReadonlySet<string> = new Set([
  'REFUSED',
  'NBD_SERVER_BUSY',
  'DESTINATION_NOT_WAITING',
  'SOURCE_MIGRATING',
  'SOURCE_NOT_READY',
  'ARGUMENT_UNSUPPORTED',
  // libvirt's word for it, before it has done anything.
  'INVALID_ARG',
  'MIGRATE_UNSAFE',
]);
