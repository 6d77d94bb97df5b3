import { type BindingServer, serve as serveNative } from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import { DirtyBitmap } from './dirty-bitmap.js';
import { NbdError } from './error.js';
import { given } from './given.js';
import { unwrap } from './native.js';
import { checkReplies, type Replies } from './replies.js';

/** What to serve, and where: `file` or `memory`, and `listen`. */
export interface ServeOptions {
  /** The file or block device to serve; or `memory`. */
  readonly file?: string;
  /** Serve that many bytes of memory, zeros at first; pages take room once they are written. */
  readonly memory?: number;
  /** Where to listen, as an NBD URI: `nbd+unix:///?socket=PATH`, `nbd://127.0.0.1:0` (any free port). */
  readonly listen: string;
  /** The name that clients ask for. @default '' the default export */
  readonly exportName?: string;
  readonly description?: string;
  /** Refuse writes. @default false */
  readonly readOnly?: boolean;
  /**
   * Dirty bitmaps that record every write, zero and trim from the start; served as `qemu:dirty-bitmap:NAME`.
   * The granularity is bytes a bit, a power of two from 512 to 64 MiB, 65536 unless given.
   */
  readonly bitmaps?: readonly { readonly name: string; readonly granularity?: number }[];
  /** Tell clients that the medium rotates. @default false */
  readonly rotational?: boolean;
  /** The newest form of replies to offer; see `Replies`. @default 'extended' */
  readonly replies?: Replies;
  /** Clients at a time, 1 to 10000; one more is disconnected. @default 100 */
  readonly maxConnections?: number;
}

/** A server of one export. */
export interface NbdServer extends AsyncDisposable {
  /** What a client gives to connect, with the real port. */
  readonly uri: string;
  /** Bytes of the export. */
  readonly size: number;
  /** Those asked for in `ServeOptions.bitmaps`, by name. */
  readonly bitmaps: ReadonlyMap<string, DirtyBitmap>;
  /** Clients that are connected. */
  readonly connections: number;
  /** Ends all connections, flushes, and removes the socket. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Serves a file, a block device or memory over NBD; resolves when clients can connect.
 *
 * @throws {NbdError} `NBD_LISTEN` where it cannot listen there, `IO_*` where the file cannot be opened, `INVALID_ARGUMENT`.
 */
export async function serve(options: ServeOptions): Promise<NbdServer> {
  if ((options.file === undefined) === (options.memory === undefined)) {
    throw new NbdError('INVALID_ARGUMENT', 'Give either a file or a size of memory to serve.');
  }
  const bitmaps = (options.bitmaps ?? []).map(({ name, granularity }) => ({
    name,
    granularity: checkInteger('The granularity', granularity, 512, 64 * 1024 * 1024) ?? 65536,
  }));
  const native = await serveNative(
    given({
      file: options.file,
      memory: checkInteger('The size of memory', options.memory, 0, Number.MAX_SAFE_INTEGER),
      listen: options.listen,
      exportName: options.exportName ?? '',
      description: options.description ?? '',
      readOnly: options.readOnly ?? false,
      rotational: options.rotational ?? false,
      replies: checkReplies(options.replies),
      bitmaps,
      maxConnections: checkInteger('maxConnections', options.maxConnections, 1, 10_000),
    }),
  );
  return new Server(unwrap(native));
}

class Server implements NbdServer {
  readonly bitmaps: ReadonlyMap<string, DirtyBitmap>;
  readonly #native: BindingServer;
  #closed: Promise<void> | undefined;

  constructor(native: BindingServer) {
    this.#native = native;
    this.bitmaps = new Map(
      native.bitmapNames.map((name, index) => [name, DirtyBitmap.adopt(native.bitmap(index))] as const),
    );
  }

  get uri(): string {
    return this.#native.uri;
  }

  get size(): number {
    return this.#native.size;
  }

  get connections(): number {
    return this.#native.connections;
  }

  close(): Promise<void> {
    this.#closed ??= this.#native.close().then((outcome) => {
      unwrap(outcome);
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
