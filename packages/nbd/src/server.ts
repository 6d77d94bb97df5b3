import { type BindingServer, serve as serveNative } from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import type { DirtyBitmap } from './dirty-bitmap.js';
import { NbdError } from './error.js';
import { given } from './given.js';
import { aborted, untilAborted, unwrap } from './native.js';
import { checkReplies, type Replies } from './replies.js';
import { type ExportOptions, type ServedExport, servedExports, toBindingExport } from './served-export.js';
import { checkDescriptor } from './sockets.js';
import type { TlsCredentials } from './tls.js';

/**
 * What to serve, and where. One export: `file` or `memory`; further ones, or all, in `exports`.
 *
 * Time-outs are in milliseconds, 1 to 2^31-1.
 */
export interface ServeOptions extends Partial<Omit<ExportOptions, 'name'>> {
  /**
   * Where to listen, as an NBD URI: `nbd+unix:///?socket=PATH`, `nbd://127.0.0.1:0` (any free port). Or the
   * descriptors of stream sockets that listen already, such as `systemdSockets()` finds: they are the server's
   * once it runs.
   */
  readonly listen: string | { readonly sockets: readonly number[] };
  /** The name that clients ask for. @default '' the default export */
  readonly exportName?: string;
  /** More exports; no two have the same name. */
  readonly exports?: readonly ExportOptions[];
  /** The newest form of replies to offer; see `Replies`. @default 'extended' */
  readonly replies?: Replies;
  /** Clients at a time, 1 to 10000; one more is disconnected. @default 100 */
  readonly maxConnections?: number;
  /** For a client to negotiate. @default 10000 */
  readonly handshakeTimeoutMs?: number;
  /**
   * For a client to take each MiB of a reply, and to send each MiB of a request that it has begun; then it is
   * disconnected. @default 60000
   */
  readonly stallTimeoutMs?: number;
  /** That a client may be silent between two requests; then it is disconnected. @default for ever */
  readonly idleTimeoutMs?: number;
  /**
   * Demand TLS of every client. With a URI `nbds://` or `nbds+unix://` to listen on, its parameter `tls-certificates`
   * may be given instead. Read once, when the server starts. @default plain text, except with such a URI
   */
  readonly tls?: Omit<TlsCredentials, 'hostname'>;
  /** Aborted before the server runs, `serve` rejects with `ABORTED`; later, the server closes. */
  readonly signal?: AbortSignal;
}

/** A server of one or more exports. `uri`, `size` and `bitmaps` are those of the first. */
export interface NbdServer extends AsyncDisposable {
  /** What a client gives to connect, with the real port. */
  readonly uri: string;
  /** Bytes of the export. */
  readonly size: number;
  /** Those asked for in `ServeOptions.bitmaps`, by name. */
  readonly bitmaps: ReadonlyMap<string, DirtyBitmap>;
  /** All exports by name, in the order given. */
  readonly exports: ReadonlyMap<string, ServedExport>;
  /** Clients that are connected. */
  readonly connections: number;
  /**
   * Finishes and answers what is being executed, fails with `NBD_ESHUTDOWN` what waits, ends all connections,
   * flushes, and removes the socket. A second call does nothing more.
   *
   * @throws {NbdError} `NBD_ENOSPC`, `NBD_EIO`, where something cannot be flushed; it is closed all the same.
   */
  close(): Promise<void>;
}

/**
 * Serves files, block devices and memory over NBD; resolves when clients can connect.
 *
 * @throws {NbdError} `NBD_LISTEN` where it cannot listen there, `IO_*` where a file cannot be opened,
 *   `NBD_TLS_CREDENTIALS` where the certificates are of no use, `INVALID_ARGUMENT`, `ABORTED`.
 */
export async function serve(options: ServeOptions): Promise<NbdServer> {
  const { listen, signal } = options;
  if (signal?.aborted) throw aborted(signal);
  const opening = serveNative(
    given({
      exports: allExports(options).map(toBindingExport),
      listen: typeof listen === 'string' ? listen : undefined,
      sockets: typeof listen === 'string' ? undefined : listen.sockets.map(checkDescriptor),
      replies: checkReplies(options.replies),
      tlsDirectory: options.tls?.directory,
      tlsVerifyPeer: options.tls?.verifyPeer,
      maxConnections: checkInteger('maxConnections', options.maxConnections, 1, 10_000),
      handshakeTimeoutMs: checkTimeout('handshakeTimeoutMs', options.handshakeTimeoutMs),
      stallTimeoutMs: checkTimeout('stallTimeoutMs', options.stallTimeoutMs),
      idleTimeoutMs: checkTimeout('idleTimeoutMs', options.idleTimeoutMs),
    }),
  );
  return untilAborted(
    opening.then((native) => new Server(unwrap(native), signal)),
    signal,
  );
}

/** The one that the options themselves describe, if they do, and all further ones. */
function allExports(options: ServeOptions): ExportOptions[] {
  const { file, memory, exportName = '', exports = [] } = options;
  const { description, readOnly, rotational, bitmaps } = options;
  const own = given({ name: exportName, file, memory, description, readOnly, rotational, bitmaps });
  const all = file === undefined && memory === undefined && exports.length > 0 ? [] : [own];
  return [...all, ...exports];
}

function checkTimeout(what: string, value: number | undefined): number | undefined {
  return checkInteger(what, value, 1, 0x7fffffff);
}

class Server implements NbdServer {
  readonly exports: ReadonlyMap<string, ServedExport>;
  readonly #native: BindingServer;
  readonly #first: ServedExport;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => {
    // Whoever wants to know what became of it calls close(), too.
    this.close().catch(() => undefined);
  };
  #closed: Promise<void> | undefined;

  constructor(native: BindingServer, signal: AbortSignal | undefined) {
    this.#native = native;
    const served = servedExports(native);
    const [first] = served;
    if (first === undefined) throw new NbdError('INTERNAL', 'A server without an export.');
    this.#first = first;
    this.exports = new Map(served.map((one) => [one.name, one]));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get uri(): string {
    return this.#first.uri;
  }

  get size(): number {
    return this.#first.size;
  }

  get bitmaps(): ReadonlyMap<string, DirtyBitmap> {
    return this.#first.bitmaps;
  }

  get connections(): number {
    return this.#native.connections;
  }

  close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#closed ??= this.#native.close().then((outcome) => {
      unwrap(outcome);
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
