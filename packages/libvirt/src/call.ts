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

/** Runs a call of the addon until it ends or its caller gives up; whatever fails is a `LibvirtError`. */
export async function call<T>(
  options: CallOptions | undefined,
  start: () => Promise<T>,
  whenAborted: WhenAborted<T> = {},
): Promise<T> {
  const signal = options?.signal;
  if (signal?.aborted) throw aborted(signal);
  try {
    const running = start();
    return await (signal === undefined ? running : untilAborted(running, signal, whenAborted));
  } catch (failure) {
    throw toLibvirtError(failure);
  }
}

async function untilAborted<T>(
  running: Promise<T>,
  signal: AbortSignal,
  { onAbort, late }: WhenAborted<T>,
): Promise<T> {
  let giveUp = (): void => {};
  const given = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(aborted(signal));
      running.then(late, () => {});
      onAbort?.(running);
    };
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([running, given]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
