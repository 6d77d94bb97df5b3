import type { DirtyMap, Endpoint } from '@blockferry/nbd';
import type { DiskInfo } from './disk-info.js';
import type { Problem } from './problem.js';

/**
 * What the strategy `engine` needs of a hypervisor. Adapters implement these; policy and phases import no adapter.
 */

/** A disk that moves: the source's, the destination's, and what users call it. */
export interface DiskPair {
  readonly disk: string;
  readonly source: SourceDisk;
  readonly destination: DiskInfo;
}

/** A disk with the adapter's own handle to it. */
export interface SourceDisk extends DiskInfo {
  /** Unique among the domain's disks, stable while it is the same disk. */
  readonly id: string;
}

/** The side that the guest leaves. */
export interface SourcePort {
  readonly strategy: 'engine';
  readonly adapter: string;
  /**
   * Whether it takes all of libvirt's typed parameters, and not those alone that the old calls can say.
   *
   * @default true
   */
  readonly takesExtensibleParameters?: boolean;
  /** Reads only. */
  disks(): Promise<SourceDisk[]>;
  /** Why no migration can start now, of disks (`copies`) or without; reads only. */
  problems(copies: boolean): Promise<Problem[]>;
  /** Throws `INVALID_ARGUMENT` for an address that cannot be, or that follows from nothing. Changes nothing. */
  checkAddresses(host: HostPort, addresses: Addresses): void;
  /** A migration from here to `host`; `INVALID_ARGUMENT` where that is of another kind. Changes nothing yet. */
  open(host: HostPort, options: SessionOptions): Session;
}

/** The side that it goes to. */
export interface HostPort {
  readonly strategy: 'engine';
  readonly adapter: string;
  /** As on the other side. @default true */
  readonly takesExtensibleParameters?: boolean;
  disks(): Promise<DiskInfo[]>;
  problems(copies: boolean): Promise<Problem[]>;
}

/** Where a disk's copier reads and writes. */
export interface EndpointPair {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

/** Where things listen; `undefined`: the adapter's default. */
export interface Addresses {
  readonly sourceNbd?: string | undefined;
  readonly destinationNbd?: string | undefined;
  readonly stateUri?: string | undefined;
  /** Port of the destination's NBD server, as the parameter `disks_port` gives it. */
  readonly disksPort?: number | undefined;
  /** What the destination listens on, as the parameter `listen_address` gives it. */
  readonly listenAddress?: string | undefined;
  readonly portRange: readonly [number, number];
  /** All that goes between the hosts goes over TLS. `undefined`: plain text. */
  readonly tls?: StreamTls | undefined;
}

/** Certificates for what goes between the hosts. */
export interface StreamTls {
  /** The folder, on the host of each QEMU and on this one. */
  readonly directory: string;
  /** Whom the destination's certificate is for, where that is not the host by which it is reached. */
  readonly hostname?: string | undefined;
}

export interface SessionOptions {
  readonly id: string;
  readonly disks: readonly DiskPair[];
  readonly addresses: Addresses;
  readonly maxDowntimeMs: number;
  /** Takes what has to be undone; run in reverse on failure. `here`: in this process, whatever became of the hosts. */
  readonly undo: (what: string, action: () => Promise<void>, where?: 'hosts' | 'here') => void;
  readonly log: (level: 'info' | 'warning', message: string) => void;
  /** The session calls this when a side dies or fails by itself. */
  readonly fail: (error: Error) => void;
  /** How long both sides may take to say what became of the guest. Milliseconds. */
  readonly handOverTimeoutMs: number;
}

/** How a guest came to the destination. Moments of performance.now(). */
export interface Arrival {
  /** All of it was there. */
  readonly arrivedAt: number;
  /** It ran on; of a paused guest: could run on. */
  readonly resumedAt: number;
}

/**
 * One migration between two hosts of the same kind. The phases call it in this order; every method may be the
 * last one, after which only what was given to `undo` runs.
 */
export interface Session {
  /** To the destination and back, in milliseconds, as `prepare` found it. */
  readonly roundTripMs: number;
  /** Starts recording on all disks at once, then opens the exports. Nothing was changed before. */
  prepare(): Promise<ReadonlyMap<string, EndpointPair>>;
  /**
   * Takes what has become dirty since the last call, on all disks at one moment; the maps rest until `release`.
   *
   * @param next how finely the marks that follow are kept: `fine` costs memory, and spares bytes in a round of little.
   */
  rotate(next: 'coarse' | 'fine'): Promise<Map<string, DirtyMap>>;
  /** The round is done: its maps are not needed any more. */
  release(): Promise<void>;
  /** Starts the state stream. */
  startState(): Promise<void>;
  /**
   * How long the stream takes at least before the guest can stop, in milliseconds, as far as it can be told; 0 when
   * it may be any moment.
   */
  stateLeftMs(): Promise<number>;
  /** Resolves when the guest has stopped for the switch, with the moment (performance.now()) of its stop. */
  stopped(signal: AbortSignal): Promise<number>;
  /** Like `rotate`, of the stopped guest: nothing records any more. The maps before it may still be in use. */
  freeze(): Promise<Map<string, DirtyMap>>;
  /** After `freeze`: throws `SOURCE_CHANGED` unless the source was then what it was at the start. */
  checkSource(): Promise<void>;
  /** Ends the destination's exports: nobody may write there any more. */
  sealDestination(): Promise<void>;
  /** What `failure` comes from, where that is known better than it says: a source that has changed, as `SOURCE_CHANGED`. */
  explain(failure: unknown): Promise<unknown>;
  /**
   * Hands the guest over, or throws `STREAM_FAILED` (it runs on the source) or `OUTCOME_UNCERTAIN`. From the call on
   * nothing is undone but by outcome.
   */
  handOver(): Promise<Arrival>;
  /** Removes what is left of the session on both sides after success. */
  cleanUp(): Promise<void>;
}
