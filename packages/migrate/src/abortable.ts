/** The value of `promise`, or the signal's reason as soon as it is aborted. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Given up below when aborted: its rejection must not go unhandled then.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const abort = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, abort]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** The value if `promise` settles within `ms`, else `undefined`; rejects when it does, or when aborted. */
export async function within<T>(
  ms: number,
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const pause = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await abortable(Promise.race([promise, pause]), signal);
  } finally {
    clearTimeout(timer);
  }
}
