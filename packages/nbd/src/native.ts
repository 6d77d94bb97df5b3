import type { BindingFailure } from '@blockferry/engine';
import { NbdError, type NbdErrorCode, type NbdErrorDetails } from './error.js';

/** The value, or the native engine's failure as an `NbdError`. The engine hands errors over as data. */
export function unwrap<T extends object>(outcome: T | BindingFailure): T {
  if (isFailure(outcome)) throw toNbdError(outcome);
  return outcome;
}

export function toNbdError(failure: BindingFailure, cause?: unknown): NbdError {
  const details: NbdErrorDetails = {
    side: failure.side === 'source' || failure.side === 'destination' ? failure.side : undefined,
    offset: failure.offset,
    length: failure.length,
    cause,
  };
  return new NbdError(CODES[failure.code] ?? (failure.code as NbdErrorCode), failure.message, details);
}

/**
 * Runs native work that `cancel` stops. The promise settles after the work has ended, never before:
 * nothing is in flight any more when the caller hears of it.
 */
export async function cancellable<T extends object>(
  signal: AbortSignal | undefined,
  cancel: () => void,
  work: () => Promise<T | BindingFailure>,
): Promise<T> {
  if (signal?.aborted) throw aborted(signal);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const outcome = await work();
    if (isFailure(outcome) && outcome.code === 'ABORTED') {
      throw toNbdError(outcome, signal?.aborted ? signal.reason : undefined);
    }
    return unwrap(outcome);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** What `opening` opens; `ABORTED` as soon as the caller gives up: what is opened after that is closed again. */
export async function untilAborted<T extends AsyncDisposable>(
  opening: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return opening;
  let onAbort = (): void => {};
  const giveUp = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(aborted(signal));
      opening.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([opening, giveUp]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export function aborted(signal: AbortSignal): NbdError {
  return new NbdError('ABORTED', 'Cancelled by the caller.', { cause: signal.reason });
}

export function isFailure(value: object): value is BindingFailure {
  return 'failure' in value && value.failure === true;
}

/** The engine's finer words, and what users know them by. */
const CODES: Readonly<Record<string, NbdErrorCode>> = {
  NBD_INVALID_REQUEST: 'INVALID_ARGUMENT',
  INVALID_OPTIONS: 'INVALID_ARGUMENT',
  MAP_SIZE: 'INVALID_ARGUMENT',
  SIZE_DESTINATION_SMALLER: 'SIZE_MISMATCH',
  CONTEXT_MISSING: 'NBD_UNSUPPORTED',
  ENDPOINT_PROTOCOL: 'NBD_PROTOCOL',
};
