import type { QmpInteger } from '../json.js';

/** A guest device's drive, as `query-block` tells it. */
export interface BlockInfo {
  /** The drive's alias; empty where the node was given to the device by `-blockdev`. */
  readonly device: string;
  /** The guest device's id or QOM path. */
  readonly qdev?: string;
  readonly type: string;
  readonly removable: boolean;
  readonly locked: boolean;
  /** The medium; absent when there is none. */
  readonly inserted?: BlockDeviceInfo;
  readonly tray_open?: boolean;
  readonly 'io-status'?: 'ok' | 'failed' | 'nospace';
}

/** A block node, as `query-named-block-nodes` tells it, and `query-block` the root of a drive. */
export interface BlockDeviceInfo {
  readonly file: string;
  readonly 'node-name'?: string;
  /** Read-only. */
  readonly ro: boolean;
  /** The driver: `raw`, `qcow2`, `file`, `throttle`, ... */
  readonly drv: string;
  readonly backing_file?: string;
  readonly backing_file_depth: number;
  /** False while a migration comes in. Since QEMU 10.0. */
  readonly active?: boolean;
  readonly encrypted: boolean;
  readonly detect_zeroes: 'off' | 'on' | 'unmap';
  readonly image: ImageInfo;
  readonly cache: { readonly writeback: boolean; readonly direct: boolean; readonly 'no-flush': boolean };
  readonly 'dirty-bitmaps'?: readonly BlockDirtyInfo[];
  readonly write_threshold: number;
}

/** A drive or, with `query-nodes`, a node, in `query-blockstats`; its counters are left out. */
export interface BlockStats {
  /** The drive's alias. */
  readonly device?: string;
  /** The guest device's id or QOM path. */
  readonly qdev?: string;
  readonly 'node-name'?: string;
  /** In spite of its name the child: the node that stores this one's data, or to which a filter passes requests on. */
  readonly parent?: BlockStats;
  /** What it falls back to; told of drives only. */
  readonly backing?: BlockStats;
}

/** What an image file holds. */
export interface ImageInfo {
  readonly filename: string;
  readonly format: string;
  /** What the guest sees, in bytes. */
  readonly 'virtual-size': QmpInteger;
  /** What is allocated, in bytes; absent where the driver cannot tell. */
  readonly 'actual-size'?: number;
  readonly 'cluster-size'?: number;
  readonly 'dirty-flag'?: boolean;
  readonly encrypted?: boolean;
  readonly 'backing-filename'?: string;
  readonly 'full-backing-filename'?: string;
  readonly 'backing-filename-format'?: string;
  readonly 'format-specific'?: { readonly type: string; readonly data: unknown };
  readonly 'backing-image'?: ImageInfo;
}

/** A dirty bitmap of a node. */
export interface BlockDirtyInfo {
  readonly name?: string;
  /** Dirty bytes. */
  readonly count: number;
  /** Bytes a bit. */
  readonly granularity: number;
  readonly recording: boolean;
  /** In use by an export or a job: it can be neither changed nor removed. */
  readonly busy: boolean;
  readonly persistent: boolean;
  /** Only ever true: it was not saved cleanly, and can only be removed. */
  readonly inconsistent?: boolean;
}

/** A bitmap, by its node and its name. */
export interface BlockDirtyBitmap {
  readonly node: string;
  readonly name: string;
}

/** `block-dirty-bitmap-add`. */
export interface BlockDirtyBitmapAdd extends BlockDirtyBitmap {
  /** Bytes a bit: a power of two, at least 512. QEMU's default is the cluster size within 4 KiB to 64 KiB. */
  readonly granularity?: number;
  readonly persistent?: boolean;
  readonly disabled?: boolean;
}

/** `block-dirty-bitmap-merge`: the bits of `bitmaps` are added to `target`. */
export interface BlockDirtyBitmapMerge {
  readonly node: string;
  readonly target: string;
  readonly bitmaps: readonly BitmapReference[];
}

/** The name of a bitmap of the node at hand, or of another node. */
export type BitmapReference = string | BlockDirtyBitmap;

/** One action of a `transaction`: all happen at once, or none. */
export type TransactionAction =
  | { readonly type: 'abort'; readonly data: Readonly<Record<string, never>> }
  | { readonly type: 'block-dirty-bitmap-add'; readonly data: BlockDirtyBitmapAdd }
  | {
      readonly type:
        | 'block-dirty-bitmap-remove'
        | 'block-dirty-bitmap-clear'
        | 'block-dirty-bitmap-enable'
        | 'block-dirty-bitmap-disable';
      readonly data: BlockDirtyBitmap;
    }
  | { readonly type: 'block-dirty-bitmap-merge'; readonly data: BlockDirtyBitmapMerge };

/** `nbd-server-start`. A QEMU has one NBD server. */
export interface NbdServerOptions {
  readonly addr: SocketAddressLegacy;
  /** The id of a TLS credentials object. */
  readonly 'tls-creds'?: string;
  readonly 'tls-authz'?: string;
  /** 0 is no limit; 1 also turns multi-conn off. */
  readonly 'max-connections'?: number;
  /** Since QEMU 10.0. */
  readonly 'handshake-max-seconds'?: number;
}

/** An address in the nested form of older commands. A port is a string. */
export type SocketAddressLegacy =
  | { readonly type: 'inet'; readonly data: { readonly host: string; readonly port: string } }
  | { readonly type: 'unix'; readonly data: { readonly path: string } };

/** `block-export-add`, of type `nbd`. */
export interface BlockExportOptions {
  readonly type: 'nbd';
  readonly id: string;
  readonly 'node-name': string;
  /** The export's name for clients. Default: the node's. */
  readonly name?: string;
  readonly description?: string;
  readonly writable?: boolean;
  readonly writethrough?: boolean;
  readonly iothread?: string;
  readonly 'fixed-iothread'?: boolean;
  /** Served as `qemu:dirty-bitmap:NAME`. */
  readonly bitmaps?: readonly BitmapReference[];
  readonly 'allocation-depth'?: boolean;
  /** Since QEMU 10.0. */
  readonly 'allow-inactive'?: boolean;
}

/** An export, as `query-block-exports` tells it. */
export interface BlockExportInfo {
  readonly id: string;
  readonly type: string;
  readonly 'node-name': string;
  readonly 'shutting-down': boolean;
}

/** `block-export-del`. Mode `safe` (the default) refuses while a client is connected, `hard` disconnects it. */
export interface BlockExportDel {
  readonly id: string;
  readonly mode?: 'safe' | 'hard';
}

/** `blockdev-add`: the driver, the node's name, and whatever that driver takes. */
export interface BlockdevOptions {
  readonly driver: string;
  readonly 'node-name'?: string;
  readonly [option: string]: unknown;
}

/** Source: QEMU 10.0, qapi/job.json, JobStatus. */
export type JobStatus =
  | 'undefined'
  | 'created'
  | 'running'
  | 'paused'
  | 'ready'
  | 'standby'
  | 'waiting'
  | 'pending'
  | 'aborting'
  | 'concluded'
  | 'null';

/** A job, as `query-jobs` tells it. */
export interface JobInfo {
  readonly id: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly 'current-progress': number;
  readonly 'total-progress': number;
  readonly error?: string;
}

/** A block job, as `query-block-jobs` tells it. */
export interface BlockJobInfo {
  readonly type: string;
  /** The job's id. */
  readonly device: string;
  /** Bytes in all; grows while the guest writes. */
  readonly len: number;
  /** Bytes done. */
  readonly offset: number;
  readonly busy: boolean;
  readonly paused: boolean;
  /** Bytes per second; 0 is no limit. */
  readonly speed: QmpInteger;
  readonly 'io-status': 'ok' | 'failed' | 'nospace';
  readonly ready: boolean;
  readonly status: JobStatus;
  readonly 'auto-finalize': boolean;
  readonly 'auto-dismiss': boolean;
  readonly error?: string;
  /** Of a mirror. Since QEMU 8.2. */
  readonly 'actively-synced'?: boolean;
}
