/**
 * Why a QMP call failed. The union is closed.
 *
 * - `QMP_URI`: not a `qmp+unix:` or `qmp+tcp:` URI
 * - `QMP_CONNECT`: nothing could be reached at the address
 * - `QMP_HANDSHAKE`: connected, but no working monitor: it is busy, silent, or refused the negotiation
 * - `QMP_TIMEOUT`: no answer, or no event, within the time given; the command may still be carried out
 * - `QMP_COMMAND`: QEMU refused the command: see `class` and `description`
 * - `QMP_CLOSED`: the connection is gone
 * - `QMP_PROTOCOL`: the peer sent what QMP does not allow; the connection was closed
 * - `QMP_EVENTS_LOST`: the reader of an event stream fell too far behind
 * - `ABORTED`: the caller's signal; its reason is the `cause`
 */
export type QmpErrorCode =
  | 'QMP_URI'
  | 'QMP_CONNECT'
  | 'QMP_HANDSHAKE'
  | 'QMP_TIMEOUT'
  | 'QMP_COMMAND'
  | 'QMP_CLOSED'
  | 'QMP_PROTOCOL'
  | 'QMP_EVENTS_LOST'
  | 'ABORTED';

/** What an error carries besides its sentence. */
export interface QmpErrorDetails {
  readonly cause?: unknown;
  /** The command that failed. */
  readonly command?: string | undefined;
  /** Of the monitor that the command was for. */
  readonly uri?: string;
  /** QEMU's error class: `GenericError`, `CommandNotFound`, `DeviceNotFound`, ... Seldom worth a decision. */
  readonly class?: string;
  /** QEMU's own words. */
  readonly description?: string;
}

/**
 * The only error that this package throws. Match `code`.
 *
 * Two copies of this package may be loaded, so test with {@link QmpError.is} and not with `instanceof`.
 */
export class QmpError extends Error {
  override readonly name = 'QmpError';
  readonly code: QmpErrorCode;
  readonly command: string | undefined;
  readonly uri: string | undefined;
  readonly class: string | undefined;
  readonly description: string | undefined;

  constructor(code: QmpErrorCode, message: string, details: QmpErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.command = details.command;
    this.uri = details.uri;
    this.class = details.class;
    this.description = details.description;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `value` is a QmpError, of this copy of the package or of another. */
  static is(value: unknown): value is QmpError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

const brand: unique symbol = Symbol.for('@blockferry/qmp.QmpError');
