import type { Side } from './error-code.js';
import type { LibvirtCall } from './libvirt-call.js';
import type { SourceDisk } from './ports.js';

/**
 * What the strategy `delegate` needs of a hypervisor's daemon, which moves the guest and its disks itself. The adapter
 * implements these; policy and strategy import no adapter.
 */

/** The side that the guest leaves. */
export interface DelegateSource {
  readonly strategy: 'delegate';
  /** The disks of the domain as it runs, in definition order. Reads only. */
  disks(): Promise<DelegateDisk[]>;
  /** The disks of another definition of the domain, such as `destination_xml`; `INVALID_ARGUMENT` for what is none. */
  disksOf(xml: string): DiskDefinition[];
  /** All else that a plan has to know of this side. Reads only. */
  survey(): Promise<SourceSurvey>;
  /**
   * One of the daemon's calls, prepared. Changes nothing yet. `host` is the destination of a call that has but its URI,
   * where there is a connection to it.
   */
  open(call: DelegateCall, host?: DelegateHost): Promise<DelegateSession>;
}

/** The side that it goes to. */
export interface DelegateHost {
  readonly strategy: 'delegate';
  /** What stands in the way there of a domain of this name and UUID. Reads only. */
  survey(domain: { readonly name: string; readonly uuid: string }): Promise<HostSurvey>;
  /** What the host shows at a place where such an image is to be. Reads only. */
  image(
    place: ImagePlace,
    expected: { readonly size: number; readonly format: string },
  ): Promise<ImageSighting>;
  /** Makes an image, thin, at a place that was `missing`; fails where there is one. */
  createImage(place: ImagePlace, image: { readonly size: number; readonly format: string }): Promise<void>;
  /** Removes one that `createImage` has made. Connects anew if the connection is lost. */
  removeImage(place: ImagePlace): Promise<void>;
}

/** Where an image is, as a domain's definition says. */
export type ImagePlace =
  | { readonly kind: 'file' | 'block'; readonly path: string }
  | { readonly kind: 'volume'; readonly pool: string; readonly volume: string }
  /** Reached over the network by the hypervisor itself: the same from every host. */
  | { readonly kind: 'network'; readonly location: string }
  /** `dir`, `nvme`, `vhostuser`, ... */
  | { readonly kind: 'other'; readonly type: string };

/** A disk of a domain, and what is defined of it. Its id and its one name are its target. */
export interface DelegateDisk extends SourceDisk, DiskDefinition {}

/** A disk as a domain's definition has it. */
export interface DiskDefinition {
  /** What the guest is to call it, such as `vda`. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly shareable: boolean;
  /** `undefined`: empty. */
  readonly place: ImagePlace | undefined;
  /** Of the top image, such as `raw` and `qcow2`. */
  readonly format: string;
  /** What is written there does not outlive the domain. */
  readonly transient: boolean;
}

/** What is at an {@link ImagePlace}. */
export type ImageSighting =
  /** `format` as the pool has found it; `undefined` where it tells none. */
  | { readonly state: 'present'; readonly size: number; readonly format: string | undefined }
  /** Surely not there. `creatable`: a pool of the host can make it. `reason`: where it was looked for. */
  | { readonly state: 'missing'; readonly creatable: boolean; readonly reason: string }
  /** No pool shows that place. `folder`: what a pool that did would have as its target. */
  | { readonly state: 'unknown'; readonly folder: string | undefined };

export interface SourceSurvey {
  /** Of the host, as libvirt numbers it. */
  readonly hostUuid: string | undefined;
  readonly name: string;
  readonly uuid: string;
  /** `running`, `paused`, `shutoff`, ... */
  readonly state: string;
  /** A job that works on the domain, such as `migration-out`. */
  readonly job: string | undefined;
  /** Targets of the disks on which block jobs work. */
  readonly blockJobs: readonly string[];
}

export interface HostSurvey {
  readonly hostUuid: string | undefined;
  /** Domains of that name or UUID which are there already. */
  readonly sameDomain: readonly { readonly name: string; readonly uuid: string; readonly state: string }[];
}

/** What the daemon is asked for. */
export type DelegateCall = LibvirtCall<DelegateHost>;

/** One call, from before it is made until both daemons were asked what became of the guest. */
export interface DelegateSession extends AsyncDisposable {
  /** Makes the call, once. Rejects with a `MigrationError` that has the daemon's code and message. */
  run(): Promise<void>;
  /** Asks the daemon to give the migration up. Does nothing where none runs (yet, or any more). */
  abort(): Promise<void>;
  /** Whether this process manages the migration, and not the source's daemon. */
  readonly managed: boolean;
  /** Calls `onSign` with what the daemons tell of the guest, from now on. */
  watch(onSign: (sign: DelegateSign) => void): Promise<void>;
  /** How far the copy is. */
  look(disks: readonly string[]): Promise<CopySighting>;
  /** What each side's daemon says of the guest. Connects anew, once, where the connection is lost. */
  locate(): Promise<Readonly<Record<Side, GuestSighting>>>;
  /** How long the guest stood still, in milliseconds, after a success; as far as a daemon tells. */
  downtimeMs(): Promise<number | undefined>;
  /** Limits memory from now on, in MiB/s; 0: no limit. The speed of a disk is fixed when its copy begins. */
  setMemorySpeed(mebibytesPerSecond: bigint): Promise<void>;
  /** Sets the downtime that the hypervisor aims at, in milliseconds; resolves with what it was. */
  setMaxDowntime(ms: number): Promise<number>;
}

/** What a daemon has told. */
export type DelegateSign =
  /** The guest stands still on the source for the switch. */
  | { readonly sign: 'suspended' }
  /** It runs, or could run, on the destination. */
  | { readonly sign: 'arrived' }
  /** A disk's copy is the same as the disk, and is kept so. */
  | { readonly sign: 'ready'; readonly target: string }
  /** It is gone from the source. */
  | { readonly sign: 'left' }
  /** A connection of ours is lost. */
  | { readonly sign: 'lost'; readonly side: Side; readonly reason: string };

/** How far a copy is; byte counts. */
export interface CopySighting {
  /** Of the disks asked for, those that are being copied now. */
  readonly disks: ReadonlyMap<string, { readonly current: number; readonly end: number }>;
  /** Of the guest's memory, once it is sent. */
  readonly memory:
    | {
        readonly total: number;
        readonly processed: number;
        readonly remaining: number;
        readonly iteration: number;
      }
    | undefined;
}

/** What a side's daemon says of the guest. */
export type GuestSighting =
  | {
      readonly answers: true;
      /**
       * `absent`: there is no such domain, or it does not run. `migrating`: it stands still for a migration, or one of
       * it is under way.
       */
      readonly guest: 'running' | 'paused' | 'incoming' | 'migrating' | 'absent';
      /** In the daemon's words. */
      readonly state: string;
    }
  | { readonly answers: false; readonly reason: string };
