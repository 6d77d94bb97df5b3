import type { RateLimiter } from './rate-limiter.js';
import type { Replies } from './replies.js';
import type { TlsCredentials } from './tls.js';

/** How a copy goes about it. Every number is checked when the copy is started. */
export interface CopyOptions {
  /** Connections to each side; fewer where a server does not offer multi-conn. 1 to 64. @default 4 */
  readonly connections?: number;
  /** Requests in flight a connection, 1 to 1024. @default 16 */
  readonly requests?: number;
  /** Bytes of one read or write, 4096 to 32 MiB, a power of two. @default 524288 */
  readonly requestSize?: number;
  /** Bytes per second, at least 1; `limiter` shares one limit among several copies instead. @default unlimited */
  readonly bandwidth?: number;
  /** One limit for several copies, changed while they run; then `bandwidth` is of no effect. */
  readonly limiter?: RateLimiter;
  /** Ask the source which parts are holes or zeros. Without it everything is read. @default true */
  readonly extents?: boolean;
  /** The destination is known to read as zeros everywhere. Wrong use loses zeros. @default false */
  readonly destinationIsZero?: boolean;
  /**
   * Takes checksums of what is written, and afterwards reads the destination back and holds it against them. The
   * source is read once only, and may be written to meanwhile. @default false
   */
  readonly verify?: boolean;
  /** How long one NBD request may take, in milliseconds. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** How long connecting may take, in milliseconds. @default 10000 */
  readonly handshakeTimeoutMs?: number;
  /** Certificates for those of the two ends that are URIs with TLS; parameters in a URI come first. */
  readonly tls?: TlsCredentials;
  /** The newest form of replies to ask NBD servers for; see `Replies`. @default 'extended' */
  readonly replies?: Replies;
  /** Lets a larger NBD destination pass: its tail is zeroed. Files and devices may be larger anyway. @default false */
  readonly allowLarger?: boolean;
  /** Cancels: what is in flight is answered first, then `done` rejects with `ABORTED`. */
  readonly signal?: AbortSignal;
}
