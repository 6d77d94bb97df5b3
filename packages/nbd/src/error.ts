/** Which end of a copy an error belongs to. */
export type Side = 'source' | 'destination';

/**
 * Why an NBD call failed; stable, match on it.
 *
 * - `INVALID_ARGUMENT`: the caller's mistake (bad URI, option or range, a write to a read-only export); nothing was sent.
 * - `ABORTED`: cancelled by the caller, after everything in flight had been answered.
 * - `NBD_LISTEN`: a server cannot listen there.
 * - `NBD_CONNECT`, `NBD_DISCONNECTED`, `NBD_TIMEOUT`: no connection, lost, or no answer in time.
 * - `NBD_HANDSHAKE`, `NBD_EXPORT_NOT_FOUND`, `NBD_POLICY`, `NBD_TLS_REQUIRED`, `NBD_TLS_REFUSED`: the server refused.
 * - `NBD_TLS_CREDENTIALS`: this side's certificates are of no use. `NBD_TLS_UNTRUSTED`, `NBD_TLS_EXPIRED`,
 *   `NBD_TLS_HOSTNAME`: the server's are. `NBD_TLS_CLIENT_CERTIFICATE`: the server does not accept this client's, or
 *   wants one. `NBD_TLS`: TLS failed in another way.
 * - `NBD_PROTOCOL`: the peer broke the protocol.
 * - `NBD_UNSUPPORTED`: the server cannot do it, for example it does not offer the asked meta context.
 * - `NBD_EPERM` ... `NBD_ESHUTDOWN`: the server's answer to one request (NBD proto.md, "Error values").
 * - `IO_*`: the operating system's answer for a local file, by errno name.
 * - `SIZE_MISMATCH`: the destination is smaller, or larger where it cannot be.
 * - `DESTINATION_READ_ONLY`: the destination cannot be written.
 * - `ENDPOINTS_SAME`: source and destination are one file or one export.
 * - `CLOSED`: the handle was closed before.
 * - `INTERNAL`: a fault of the engine.
 */
export type NbdErrorCode =
  | 'INVALID_ARGUMENT'
  | 'ABORTED'
  | 'CLOSED'
  | 'SIZE_MISMATCH'
  | 'DESTINATION_READ_ONLY'
  | 'ENDPOINTS_SAME'
  | 'INTERNAL'
  | `NBD_${string}`
  | `IO_${string}`;

/** Where and why; every field that applies is set. */
export interface NbdErrorDetails {
  readonly side?: Side | undefined;
  /** Byte offset of the request that failed. */
  readonly offset?: number | undefined;
  /** Its length in bytes. */
  readonly length?: number | undefined;
  readonly cause?: unknown;
}

const BRAND: unique symbol = Symbol.for('@blockferry/nbd/NbdError') as never;

/** The one error of this package. */
export class NbdError extends Error {
  override readonly name: string = 'NbdError';
  readonly code: NbdErrorCode;
  readonly side: Side | undefined;
  /** Byte offset of the request that failed. */
  readonly offset: number | undefined;
  /** Its length in bytes. */
  readonly length: number | undefined;
  /** Whether the same call may succeed later: the fault was the connection's, not the request's. */
  readonly retryable: boolean;

  constructor(code: NbdErrorCode, message: string, details: NbdErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.side = details.side;
    this.offset = details.offset;
    this.length = details.length;
    this.retryable = RETRYABLE.has(code);
  }

  /** Whether `value` is an `NbdError`, of whichever copy of this package. */
  static is(value: unknown): value is NbdError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

const RETRYABLE: ReadonlySet<string> = new Set([
  'NBD_CONNECT',
  'NBD_DISCONNECTED',
  'NBD_TIMEOUT',
  'NBD_ESHUTDOWN',
]);
