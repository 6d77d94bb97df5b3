import type { BindingExportOptions, BindingServer } from '@blockferry/engine';
import { checkInteger } from './check-integer.js';
import { DirtyBitmap } from './dirty-bitmap.js';
import { NbdError } from './error.js';
import { given } from './given.js';

/** A device to serve, `file` or `memory`, and how. */
export interface ExportOptions {
  /** The name that clients ask for; at most 4096 bytes. */
  readonly name: string;
  /** The file or block device to serve; or `memory`. */
  readonly file?: string;
  /** Serve that many bytes of memory, zeros at first; pages take room once they are written. */
  readonly memory?: number;
  /** A line for humans. */
  readonly description?: string;
  /** Refuse writes. @default false */
  readonly readOnly?: boolean;
  /** Tell clients that the medium rotates. @default false */
  readonly rotational?: boolean;
  /**
   * Dirty bitmaps that record every write, zero and trim from the start; served as `qemu:dirty-bitmap:NAME`.
   * The granularity is bytes a bit, a power of two from 512 to 64 MiB, 65536 unless given.
   */
  readonly bitmaps?: readonly { readonly name: string; readonly granularity?: number }[];
}

/** An export of a running server. */
export interface ServedExport {
  readonly name: string;
  /** What a client gives to connect. */
  readonly uri: string;
  /** Bytes. */
  readonly size: number;
  /** Those asked for, by name. */
  readonly bitmaps: ReadonlyMap<string, DirtyBitmap>;
}

/** @throws {NbdError} `INVALID_ARGUMENT` */
export function toBindingExport(options: ExportOptions): BindingExportOptions {
  const {
    name,
    file,
    memory,
    description = '',
    readOnly = false,
    rotational = false,
    bitmaps = [],
  } = options;
  if ((file === undefined) === (memory === undefined)) {
    throw new NbdError('INVALID_ARGUMENT', 'Give either a file or a size of memory to serve.');
  }
  return given({
    name,
    file,
    memory: checkInteger('The size of memory', memory, 0, Number.MAX_SAFE_INTEGER),
    description,
    readOnly,
    rotational,
    bitmaps: bitmaps.map((bitmap) => ({
      name: bitmap.name,
      granularity: checkInteger('The granularity', bitmap.granularity, 512, 64 * 1024 * 1024) ?? 65536,
    })),
  });
}

/** What a server serves, in order. */
export function servedExports(native: BindingServer): ServedExport[] {
  return native.exports.map(({ bitmaps, ...served }, at) => ({
    ...served,
    bitmaps: new Map(
      bitmaps.map((name, index) => [name, DirtyBitmap.adopt(native.bitmap(at, index))] as const),
    ),
  }));
}
