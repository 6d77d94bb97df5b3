// @ts-check
import { MigrationError } from '@blockferry/migrate';

/** What a client is told instead of an answer. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {string} code Stable; clients match it.
   * @param {string} message A sentence that says what to do.
   * @param {Record<string, unknown>} [details]
   */
  constructor(status, code, message, details = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/**
 * @param {unknown} thrown
 * @returns {HttpError}
 */
export function toHttpError(thrown) {
  if (thrown instanceof HttpError) return thrown;
  if (MigrationError.is(thrown)) {
    const { code, message, side, disk, problems } = thrown;
    // Usage is the client's fault; what a monitor does or does not answer is not.
    const status = code === 'INVALID_ARGUMENT' || code === 'INVALID_ARG' ? 400 : 502;
    return new HttpError(status, code, message, { side, disk, ...(problems.length > 0 ? { problems } : {}) });
  }
  console.error(thrown);
  return new HttpError(500, 'INTERNAL', 'The service failed; its log says why.');
}
