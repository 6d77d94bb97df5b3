import { LibvirtError } from '../../src/index.js';

/** The error that a call rejects with; it must be a LibvirtError, and must not be thrown at once. */
export async function rejection(running: Promise<unknown>): Promise<LibvirtError> {
  const outcome = await running.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (LibvirtError.is(outcome)) return outcome;
  throw outcome;
}
