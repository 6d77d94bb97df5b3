import {
  type BindingExport,
  type BindingTimeouts,
  info as infoNative,
  list as listNative,
} from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import { given } from './given.js';
import { unwrap } from './native.js';
import { checkReplies, type Replies } from './replies.js';
import { type TlsCredentials, withCredentials } from './tls.js';

/** What a server tells of an export (NBD proto.md, NBD_INFO_EXPORT and NBD_INFO_BLOCK_SIZE). Sizes in bytes. */
export interface ExportInfo {
  readonly name: string;
  readonly description?: string;
  /** Bytes of the export. */
  readonly size: number;
  readonly readOnly: boolean;
  readonly rotational: boolean;
  readonly canFlush: boolean;
  readonly canFua: boolean;
  readonly canTrim: boolean;
  readonly canZero: boolean;
  readonly canFastZero: boolean;
  readonly canCache: boolean;
  readonly canDf: boolean;
  readonly canMultiConn: boolean;
  readonly structuredReplies: boolean;
  /** Requests and replies have 64-bit lengths; implies structured replies. */
  readonly extendedHeaders: boolean;
  /** Whether the server told its block sizes; else they are the protocol's defaults. */
  readonly blockSizeAdvertised: boolean;
  /** What offsets and lengths have to be multiples of, in bytes. */
  readonly blockSizeMinimum: number;
  /** What they had better be multiples of, in bytes. */
  readonly blockSizePreferred: number;
  /** The longest read or write, in bytes. */
  readonly blockSizeMaximum: number;
  /** Meta contexts that the server offers, or, of an open handle, those that were agreed on. */
  readonly contexts: readonly string[];
}

/** How to talk to a server. Deadlines are 1 to 2147483647. */
export interface ConnectTimeouts {
  /** How long connecting may take, in milliseconds. @default 10000 */
  readonly handshakeTimeoutMs?: number;
  /** How long one request may take, in milliseconds. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** The newest form of replies to ask for; the server may have an older one only. @default 'extended' */
  readonly replies?: Replies;
  /** Certificates for a URI with TLS (`nbds://`, `nbds+unix://`); parameters in the URI come first. @default as libnbd looks for them */
  readonly tls?: TlsCredentials;
}

/**
 * What the server tells of the export that the URI names. No data is read.
 *
 * @throws {NbdError} `NBD_EXPORT_NOT_FOUND`, `NBD_CONNECT` and the other `NBD_*`; `INVALID_ARGUMENT` for a bad URI.
 */
export async function info(uri: string, options: ConnectTimeouts = {}): Promise<ExportInfo> {
  return toExportInfo(unwrap(await infoNative(withCredentials(uri, options.tls), checkTimeouts(options))));
}

/**
 * All exports that the server lists, in its order.
 *
 * @throws {NbdError} `NBD_POLICY` or `NBD_UNSUPPORTED` where it does not list; the other `NBD_*`; `INVALID_ARGUMENT`.
 */
export async function list(uri: string, options: ConnectTimeouts = {}): Promise<ExportInfo[]> {
  return unwrap(await listNative(withCredentials(uri, options.tls), checkTimeouts(options))).exports.map(
    toExportInfo,
  );
}

export function toExportInfo(native: BindingExport): ExportInfo {
  const { description, ...rest } = native;
  return description === undefined || description === null ? rest : { ...rest, description };
}

export function checkTimeouts(options: ConnectTimeouts): BindingTimeouts {
  return given({
    handshakeTimeoutMs: checkInteger('handshakeTimeoutMs', options.handshakeTimeoutMs, 1, 0x7fffffff),
    requestTimeoutMs: checkInteger('requestTimeoutMs', options.requestTimeoutMs, 1, 0x7fffffff),
    replies: checkReplies(options.replies),
  });
}
