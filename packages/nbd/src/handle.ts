import { isUint8Array } from 'node:util/types';
import { type BindingConnection, connect as connectNative } from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import { NbdError } from './error.js';
import { type ConnectTimeouts, checkTimeouts, type ExportInfo, toExportInfo } from './export-info.js';
import { given } from './given.js';
import { aborted, untilAborted, unwrap } from './native.js';
import { withCredentials } from './tls.js';

/** How to open an export. */
export interface ConnectOptions extends ConnectTimeouts {
  /** Meta contexts to ask for. @default ['base:allocation'] */
  readonly contexts?: readonly string[];
  /** Gives up the connecting with `ABORTED`; of no effect afterwards. */
  readonly signal?: AbortSignal;
}

/** A run of the export and its flags in one meta context. */
export interface ContextExtent {
  /** Byte offset. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** `base:allocation`: 1 hole, 2 reads as zeros. `qemu:dirty-bitmap:`: 1 dirty. */
  readonly flags: number;
}

/** Which extents to tell. */
export interface ExtentsOptions {
  /** One of `info.contexts`. @default 'base:allocation' */
  readonly context?: string;
  /** Byte offset. @default 0 */
  readonly offset?: number;
  /** Bytes. @default up to the end */
  readonly length?: number;
}

/**
 * An open export. Calls may overlap: they are pipelined on one connection and NBD orders nothing, so writes
 * to the same range must be awaited one after the other. Offsets and lengths are bytes, multiples of
 * `info.blockSizeMinimum`, within the export.
 *
 * Calls reject with an `NbdError`: `INVALID_ARGUMENT` for a range that cannot be (nothing is sent), the server's
 * `NBD_E...`, `NBD_TIMEOUT` and `NBD_DISCONNECTED`, `CLOSED` after `close()`.
 */
export interface NbdHandle extends AsyncDisposable {
  /** Bytes of the export. */
  readonly size: number;
  readonly info: ExportInfo;
  /** At most `info.blockSizeMaximum` bytes. With `whole` the server answers in one piece, where `info.canDf`. */
  read(offset: number, length: number, options?: { readonly whole?: boolean }): Promise<Buffer>;
  /** Acknowledged, with `fua` on stable storage. As long as a read may be. The bytes are copied before the call returns. */
  write(offset: number, data: Uint8Array, options?: { readonly fua?: boolean }): Promise<void>;
  /** Makes the range read as zeros; `allocate` keeps its space, `fast` fails (`NBD_ENOTSUP`) rather than be slow. */
  zero(
    offset: number,
    length: number,
    options?: { readonly allocate?: boolean; readonly fast?: boolean; readonly fua?: boolean },
  ): Promise<void>;
  /** Gives the range's space back; it may read as anything afterwards. */
  trim(offset: number, length: number, options?: { readonly fua?: boolean }): Promise<void>;
  /** Resolves when everything acknowledged before is on stable storage. */
  flush(): Promise<void>;
  /** Asks the server to read ahead. */
  cache(offset: number, length: number): Promise<void>;
  /** Consecutive extents of a range, neighbours with equal flags joined. */
  extents(options?: ExtentsOptions): AsyncGenerator<ContextExtent, void, undefined>;
  /** Disconnects; requests in flight are answered first. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Opens an export.
 *
 * @throws {NbdError} `NBD_CONNECT`, `NBD_EXPORT_NOT_FOUND`, `NBD_HANDSHAKE`, `NBD_TLS_...` and the other `NBD_*`; `INVALID_ARGUMENT`
 * for a bad URI; `ABORTED` after `signal`.
 */
export async function connect(
  uri: string,
  options: ConnectOptions & { readonly tlsRecordsPerKey?: number } = {},
): Promise<NbdHandle> {
  if (options.signal?.aborted) throw aborted(options.signal);
  const contexts = [...(options.contexts ?? ['base:allocation'])];
  const opening = connectNative(withCredentials(uri, options.tls), contexts, {
    ...checkTimeouts(options),
    ...given({ tlsRecordsPerKey: options.tlsRecordsPerKey }),
  });
  return untilAborted(
    opening.then((opened) => new Handle(unwrap(opened))),
    options.signal,
  );
}

class Handle implements NbdHandle {
  readonly info: ExportInfo;
  readonly #native: BindingConnection;
  #closed: Promise<void> | undefined;

  constructor(native: BindingConnection) {
    this.#native = native;
    this.info = toExportInfo(native.export);
  }

  get size(): number {
    return this.info.size;
  }

  async read(offset: number, length: number, options: { readonly whole?: boolean } = {}): Promise<Buffer> {
    this.#check(offset, length, this.info.blockSizeMaximum);
    return unwrap(await this.#native.read(offset, length, options.whole ?? false)).data;
  }

  async write(offset: number, data: Uint8Array, options: { readonly fua?: boolean } = {}): Promise<void> {
    if (!isUint8Array(data)) throw new NbdError('INVALID_ARGUMENT', 'Give the data as a Uint8Array.');
    this.#check(offset, data.length, this.info.blockSizeMaximum);
    unwrap(await this.#native.write(offset, data, options.fua ?? false));
  }

  async zero(
    offset: number,
    length: number,
    options: { readonly allocate?: boolean; readonly fast?: boolean; readonly fua?: boolean } = {},
  ): Promise<void> {
    this.#check(offset, length);
    const { allocate = false, fast = false, fua = false } = options;
    unwrap(await this.#native.zero(offset, length, !allocate, fast, fua));
  }

  async trim(offset: number, length: number, options: { readonly fua?: boolean } = {}): Promise<void> {
    this.#check(offset, length);
    unwrap(await this.#native.trim(offset, length, options.fua ?? false));
  }

  async flush(): Promise<void> {
    this.#checkOpen();
    unwrap(await this.#native.flush());
  }

  async cache(offset: number, length: number): Promise<void> {
    this.#check(offset, length);
    unwrap(await this.#native.cache(offset, length));
  }

  async *extents(options: ExtentsOptions = {}): AsyncGenerator<ContextExtent, void, undefined> {
    const context = options.context ?? 'base:allocation';
    if (!this.info.contexts.includes(context)) {
      throw new NbdError(
        'NBD_UNSUPPORTED',
        `The meta context ${context} was not agreed on with the server (agreed: ${this.info.contexts.join(', ') || 'none'}): name it in "contexts" when connecting.`,
      );
    }
    const start = options.offset ?? 0;
    const end = options.length === undefined ? this.size : start + options.length;
    this.#checkOpen();
    this.#checkRange(start, end - start);
    let pending: ContextExtent | undefined;
    for (let at = start; at < end; ) {
      const length = this.info.extendedHeaders ? end - at : Math.min(end - at, STATUS_STEP);
      for (const found of unwrap(await this.#native.blockStatus(context, at, length)).extents) {
        const taken = Math.min(found.length, end - at);
        if (pending !== undefined && pending.flags === found.flags) {
          pending = { ...pending, length: pending.length + taken };
        } else {
          if (pending !== undefined) yield pending;
          pending = { offset: at, length: taken, flags: found.flags };
        }
        at += taken;
        if (at >= end) break;
      }
    }
    if (pending !== undefined) yield pending;
  }

  close(): Promise<void> {
    this.#closed ??= this.#native.close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A request is of some bytes; without extended headers its length has 32 bits. One that carries data is shorter. */
  #check(offset: number, length: number, longest?: number): void {
    this.#checkOpen();
    this.#checkRange(offset, length);
    const representable = this.info.extendedHeaders ? Number.MAX_SAFE_INTEGER : 2 ** 32 - 1;
    checkInteger('The length', length, 1, longest ?? representable);
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new NbdError('CLOSED', 'This handle is closed: connect again.');
  }

  #checkRange(offset: number, length: number): void {
    checkInteger('The offset', offset, 0, Number.MAX_SAFE_INTEGER);
    checkInteger('The length', length, 0, Number.MAX_SAFE_INTEGER);
    if (offset + length > this.size) {
      throw new NbdError(
        'INVALID_ARGUMENT',
        `The range ends at ${offset + length}, the export at ${this.size}.`,
        {
          offset,
          length,
        },
      );
    }
  }
}

/** Within the 32 bits of a length. */
const STATUS_STEP = 1024 ** 3;
