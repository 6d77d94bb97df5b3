import { BindingComparison } from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import { type Endpoint, toBindingEndpoint } from './endpoint.js';
import { given } from './given.js';
import { cancellable } from './native.js';
import type { CopyOptions } from './options.js';

export interface ComparisonResult {
  readonly equal: boolean;
  /** The first byte that differs; where one side is a beginning of the other, that side's size. */
  readonly firstDifference?: number;
  readonly bytesCompared: number;
}

/** Compares the contents of two endpoints, byte by byte; holes count as zeros. */
export async function compare(
  a: Endpoint,
  b: Endpoint,
  options: Pick<CopyOptions, 'connections' | 'requestTimeoutMs' | 'handshakeTimeoutMs' | 'signal'> = {},
): Promise<ComparisonResult> {
  const comparison = new BindingComparison(
    toBindingEndpoint(a),
    toBindingEndpoint(b),
    given({
      connections: checkInteger('connections', options.connections, 1, 64),
      requestTimeoutMs: checkInteger('requestTimeoutMs', options.requestTimeoutMs, 1, 0x7fffffff),
      handshakeTimeoutMs: checkInteger('handshakeTimeoutMs', options.handshakeTimeoutMs, 1, 0x7fffffff),
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
