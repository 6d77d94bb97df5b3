import { aborted, toLibvirtError } from './failure.js';

/** Options of every asynchronous call. */
export interface CallOptions {
  /**
   * Ends the wait: the call rejects at once with `ABORTED`. libvirt cannot take a call back, so what was asked for may
   * be done all the same. A migration is told to stop as well.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What is done when a call is aborted. */
export interface WhenAborted<T> {
  /** At once. */
  readonly onAbort?: (running: Promise<T>) => void;
  /** With what comes after all, which nobody waits for any more. */
  readonly late?: (value: T) => void;
}

/** Ends the wait for a call with an error. */
export type GiveUp = (failure: unknown) => void;

/**
 * Runs a call of the addon until it ends, its caller aborts it, or it is given up; whatever fails is a `LibvirtError`.
 *
 * @param inFlight has the way to give the call up while it runs.
 */
export async function call<T>(
  options: CallOptions | undefined,
  start: () => Promise<T>,
  whenAborted: WhenAborted<T> = {},
  inFlight?: Set<GiveUp>,
): Promise<T> {
  const signal = options?.signal;
  if (signal?.aborted) throw aborted(signal);
  try {
    return await firstOutcome(start(), signal, whenAborted, inFlight);
  } catch (failure) {
    // Made here, for here the stack still has who called.
    throw toLibvirtError(failure);
  }
}

function firstOutcome<T>(
  running: Promise<T>,
  signal: AbortSignal | undefined,
  { onAbort, late }: WhenAborted<T>,
  inFlight: Set<GiveUp> | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const finish = (): boolean => {
      if (isOver) return false;
      isOver = true;
      inFlight?.delete(giveUp);
      signal?.removeEventListener('abort', abort);
      return true;
    };
    const giveUp: GiveUp = (failure) => {
      if (finish()) reject(failure);
    };
    const abort = (): void => {
      if (signal === undefined || !finish()) return;
      reject(aborted(signal));
      onAbort?.(running);
    };
    inFlight?.add(giveUp);
    signal?.addEventListener('abort', abort, { once: true });
    running.then((value) => {
      if (finish()) resolve(value);
      else late?.(value);
    }, giveUp);
  });
}
