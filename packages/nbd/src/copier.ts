import {
  type BindingCopier,
  type BindingFailure,
  type BindingPass,
  type BindingServerMap,
  type BindingVerification,
  openCopier as openNative,
} from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import { DirtyBitmap } from './dirty-bitmap.js';
import { type Endpoint, toBindingEndpoints } from './endpoint.js';
import { NbdError } from './error.js';
import { given } from './given.js';
import { aborted, cancellable, isFailure, unwrap } from './native.js';
import type { CopyOptions } from './options.js';
import { RateLimiter } from './rate-limiter.js';
import { checkReplies } from './replies.js';

/** What one pass did, in bytes. The three add up to what it was asked to cover. */
export interface PassResult {
  /** Read from the source, written to the destination and acknowledged. */
  readonly bytesMoved: number;
  /** Zeroed on the destination. */
  readonly bytesZeroed: number;
  /** Left alone: both sides read as zeros already. */
  readonly bytesSkipped: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Of `ms`: the flush at its end. */
  readonly flushMs: number;
}

/** Whether the destination reads as what was written to it. */
export type Verification =
  | { readonly verified: true }
  | {
      readonly verified: false;
      /** The first range, of 64 MiB or more, that does not; both in bytes. */
      readonly region: { readonly offset: number; readonly length: number };
      /**
       * The first byte in it that differs from the source now; it may be a byte that the source has changed
       * meanwhile. None where both sides agree by now.
       */
      readonly firstDifference?: number;
    };

/** How far the running pass (or the last one) is. */
export interface PassProgress {
  /** Bytes acknowledged: moved, zeroed or skipped. */
  readonly bytesDone: number;
  /** Bytes of this pass: the device's size in a bulk, the dirty bytes known so far in a round. */
  readonly bytesTotal: number;
  /** Of `bytesDone`, those read from the source and written. */
  readonly bytesMoved: number;
}

/**
 * What is dirty: an NBD export that serves a bitmap that records no more (context
 * `qemu:dirty-bitmap:NAME`), or a bitmap in this process.
 */
export type DirtyMap = ServedMap | DirtyBitmap;

/** A bitmap that an NBD export serves. */
export interface ServedMap {
  /** The export, of the source's size. */
  readonly uri: string;
  /** `qemu:dirty-bitmap:NAME` */
  readonly context: string;
}

/** A served map that is connected to, and begun to be read; good for one round. `Copier.openMap` makes it. */
export class OpenMap implements Disposable {
  /** @internal */
  readonly native: BindingServerMap;

  /** @internal */
  constructor(native: BindingServerMap) {
    this.native = native;
  }

  /** Closes it, where no round has used it up. */
  close(): void {
    this.native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Faults for acceptance tests: what a verifier must find. Not for users.
 *
 * @internal
 */
export interface Sabotage {
  readonly skipZeroes?: boolean;
}

/**
 * Lasting connections from a source to a destination, for several passes: a bulk, then rounds of what
 * has become dirty. One pass at a time; each returns after its writes are acknowledged and flushed.
 */
export interface Copier extends AsyncDisposable {
  /** Bytes of the source. */
  readonly size: number;
  /** Copies the whole device; `ABORTED` after `signal` or `cancel()`, when nothing is in flight any more. */
  bulk(signal?: AbortSignal): Promise<PassResult>;
  /**
   * Reads back what the last pass, a `bulk` with the option `verify`, made of the destination; `INVALID_ARGUMENT`
   * after anything else. A pass like the others; `bytesMoved` of its progress are those read.
   */
  verify(signal?: AbortSignal): Promise<Verification>;
  /**
   * Connects to a served map and asks for the first of it, so that the round that is given it loses no time with that. A
   * pass may run meanwhile.
   *
   * @throws {NbdError} `NBD_UNSUPPORTED` of an export without that bitmap; `INVALID_ARGUMENT` of one of another size.
   */
  openMap(map: ServedMap): Promise<OpenMap>;
  /** Copies what `map` marks. A `DirtyBitmap` is rotated first, and gets its marks back if the pass fails. */
  round(map: DirtyMap | OpenMap, signal?: AbortSignal): Promise<PassResult>;
  /** How far the pass is; between passes, how far the last one came. */
  progress(): PassProgress;
  /** Ends the running pass with `ABORTED`, after what is in flight, and every later one: open a new copier then. */
  cancel(): void;
  /** Ends the connections, after a running pass has been cancelled. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Connects to both sides and compares their sizes. `createDestination` makes a missing destination file.
 *
 * @throws {NbdError} `SIZE_MISMATCH`, `DESTINATION_READ_ONLY` and `ENDPOINTS_SAME` where the two do not fit;
 * `NBD_*` or `IO_*` where a side cannot be opened; `INVALID_ARGUMENT`; `ABORTED` after `signal`.
 */
export async function openCopier(
  source: Endpoint,
  destination: Endpoint,
  options: CopyOptions & { readonly createDestination?: boolean; readonly sabotage?: Sabotage } = {},
): Promise<Copier> {
  const limiter = options.limiter ?? new RateLimiter(options.bandwidth);
  const requestSize = checkInteger('requestSize', options.requestSize, 4096, 32 * 1024 * 1024);
  if (requestSize !== undefined && (requestSize & (requestSize - 1)) !== 0) {
    throw new NbdError('INVALID_ARGUMENT', `requestSize is ${requestSize}: give a power of two.`);
  }
  const native = given({
    connections: checkInteger('connections', options.connections, 1, 64),
    requests: checkInteger('requests', options.requests, 1, 1024),
    requestSize,
    extents: options.extents,
    destinationIsZero: options.destinationIsZero,
    requestTimeoutMs: checkInteger('requestTimeoutMs', options.requestTimeoutMs, 1, 0x7fffffff),
    handshakeTimeoutMs: checkInteger('handshakeTimeoutMs', options.handshakeTimeoutMs, 1, 0x7fffffff),
    replies: checkReplies(options.replies),
    allowLarger: options.allowLarger,
    createDestination: options.createDestination,
    verify: options.verify,
    skipZeroes: options.sabotage?.skipZeroes,
  });
  const [from, to] = toBindingEndpoints([source, destination], options.tls);
  if (options.signal?.aborted) throw aborted(options.signal);
  return new NativeCopier(unwrap(await openNative(from, to, native, limiter.native)));
}

class NativeCopier implements Copier {
  readonly #native: BindingCopier;
  #running: Promise<unknown> | undefined;
  #closed: Promise<void> | undefined;

  constructor(native: BindingCopier) {
    this.#native = native;
  }

  get size(): number {
    return this.#native.size;
  }

  bulk(signal?: AbortSignal): Promise<PassResult> {
    return this.#pass<BindingPass>(signal, () => this.#native.bulk());
  }

  async verify(signal?: AbortSignal): Promise<Verification> {
    return toVerification(await this.#pass<BindingVerification>(signal, () => this.#native.verify()));
  }

  async openMap({ uri, context }: ServedMap): Promise<OpenMap> {
    if (this.#closed !== undefined) throw closed();
    return new OpenMap(unwrap(await this.#native.openMap(uri, context)));
  }

  async round(map: DirtyMap | OpenMap, signal?: AbortSignal): Promise<PassResult> {
    if (map instanceof DirtyBitmap) {
      return this.#pass<BindingPass>(signal, () => this.#native.dirtyBitmap(map.native));
    }
    return this.#pass<BindingPass>(signal, async () => {
      const open = map instanceof OpenMap ? map.native : await this.#native.openMap(map.uri, map.context);
      return isFailure(open) ? open : this.#native.dirtyServer(open);
    });
  }

  progress(): PassProgress {
    return this.#native.progress();
  }

  cancel(): void {
    this.#native.cancel();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #pass<T extends object>(
    signal: AbortSignal | undefined,
    start: () => Promise<T | BindingFailure>,
  ): Promise<T> {
    if (this.#closed !== undefined) throw closed();
    if (this.#running !== undefined) {
      throw new NbdError(
        'INVALID_ARGUMENT',
        'A pass is running on this copier: await it before the next one.',
      );
    }
    const running = cancellable<T>(signal, () => this.#native.cancel(), start);
    this.#running = running;
    try {
      return await running;
    } finally {
      this.#running = undefined;
    }
  }

  async #close(): Promise<void> {
    if (this.#running !== undefined) {
      this.#native.cancel();
      await this.#running.catch(() => undefined);
    }
    await this.#native.close();
  }
}

function closed(): NbdError {
  return new NbdError('CLOSED', 'This copier is closed: open another one.');
}

function toVerification(found: BindingVerification): Verification {
  const { regionOffset, regionLength, firstDifference } = found;
  if (regionOffset === undefined || regionLength === undefined) return { verified: true };
  const region = { offset: regionOffset, length: regionLength };
  return { verified: false, region, ...(firstDifference !== undefined && { firstDifference }) };
}
