/// <reference types="node" preserve="true" />
/**
 * NBD for Node.js: copy, serve, info, extents, dirty bitmaps. Block data stays in the native engine, unless
 * a handle's `read` or `write` is asked for it.
 *
 * @packageDocumentation
 */
export { type ComparisonResult, compare } from './compare.js';
export {
  type Copier,
  type DirtyMap,
  OpenMap,
  openCopier,
  type PassProgress,
  type PassResult,
  type Sabotage,
  type ServedMap,
  type Verification,
} from './copier.js';
export { type CopyEvent, type CopyJob, type CopyResult, type CopySnapshot, copy } from './copy.js';
export { DirtyBitmap, type DirtyRun, DirtySnapshot } from './dirty-bitmap.js';
export type { Endpoint } from './endpoint.js';
export { NbdError, type NbdErrorCode, type NbdErrorDetails, type Side } from './error.js';
export { EventLog } from './event-log.js';
export { type ConnectTimeouts, type ExportInfo, info, list } from './export-info.js';
export {
  type ConnectOptions,
  type ContextExtent,
  connect,
  type ExtentsOptions,
  type NbdHandle,
} from './handle.js';
export type { CopyOptions } from './options.js';
export { RateLimiter } from './rate-limiter.js';
export type { Replies } from './replies.js';
export type { ExportOptions, ServedExport } from './served-export.js';
export { type NbdServer, type ServeOptions, serve } from './server.js';
export { type ServerProcess, startServerProcess } from './server-process.js';
export { systemdSockets } from './sockets.js';
export type { TlsCredentials } from './tls.js';
