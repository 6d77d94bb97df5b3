import { BindingComparison } from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import { type Endpoint, toBindingEndpoints } from './endpoint.js';
import { given } from './given.js';
import { cancellable } from './native.js';
import type { CopyOptions } from './options.js';
import { checkReplies } from './replies.js';

/** What a comparison found. */
export interface ComparisonResult {
  readonly equal: boolean;
  /** Byte offset of the first difference; where one side is a beginning of the other, that side's size. */
  readonly firstDifference?: number;
  /** Bytes of either side that were looked at, holes included; all of them where `equal`. */
  readonly bytesCompared: number;
}

/**
 * Compares the contents of two endpoints, byte by byte; holes count as zeros. Reads only. Options as for `copy`.
 *
 * @throws {NbdError} `NBD_*` or `IO_*` where a side cannot be read, `ABORTED` after `signal`, `INVALID_ARGUMENT`.
 */
export async function compare(
  a: Endpoint,
  b: Endpoint,
  options: Pick<
    CopyOptions,
    'connections' | 'requestTimeoutMs' | 'handshakeTimeoutMs' | 'replies' | 'tls' | 'signal'
  > = {},
): Promise<ComparisonResult> {
  const comparison = new BindingComparison(
    ...toBindingEndpoints([a, b], options.tls),
    given({
      connections: checkInteger('connections', options.connections, 1, 64),
      requestTimeoutMs: checkInteger('requestTimeoutMs', options.requestTimeoutMs, 1, 0x7fffffff),
      handshakeTimeoutMs: checkInteger('handshakeTimeoutMs', options.handshakeTimeoutMs, 1, 0x7fffffff),
      replies: checkReplies(options.replies),
    }),
  );
  const { firstDifference, bytesCompared } = await cancellable(
    options.signal,
    () => comparison.cancel(),
    () => comparison.run(),
  );
  return firstDifference === undefined || firstDifference === null
    ? { equal: true, bytesCompared }
    : { equal: false, firstDifference, bytesCompared };
}
