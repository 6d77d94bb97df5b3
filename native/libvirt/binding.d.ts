/**
 * The addon, as it is: numbers for libvirt's constants, plain data for its errors. `@blockferry/libvirt` makes an API of it.
 *
 * Every call that may block runs on a thread of the addon's own and gives a promise. What libvirt refuses rejects with a
 * {@link BindingFailure}, what is closed already with a {@link BindingClosed}: plain data, no Error. An argument of the wrong
 * type throws a TypeError at once, one out of range a RangeError. 64-bit numbers are bigint. Typed parameters are XDR bytes, as
 * `TypedParams.toXdr()` makes and `TypedParams.fromXdr()` takes them, but for the limit of 64.
 */

/** libvirt's error: the numbers of `virErrorNumber`, `virErrorDomain` and `virErrorLevel`. Source: libvirt, virterror.h. */
export interface BindingFailure {
  readonly code: number;
  readonly domain: number;
  readonly level: number;
  readonly message: string;
  readonly str1?: string;
  readonly str2?: string;
  readonly str3?: string;
  readonly int1: number;
  readonly int2: number;
}

/** What was closed before the call: the object itself or, of a migration, the destination's connection. */
export interface BindingClosed {
  readonly closed: 'connection' | 'domain' | 'checkpoint' | 'pool' | 'volume';
}

/** The version of libvirt's client library: 1 000 000 * major + 1000 * minor + release. Source: virGetVersion. */
export function version(): number;

/** What a connection wants to know while it opens; `type` is one of `virConnectCredentialType`. */
export interface BindingCredential {
  readonly type: number;
  readonly prompt: string;
  readonly challenge: string | null;
  readonly defaultResult: string | null;
}

export interface BindingConnectOptions {
  readonly readOnly: boolean;
  /** Which credentials `auth` can give; none: the connection is opened without asking. */
  readonly credentialTypes: readonly number[];
  /**
   * Answers what is asked, in its own time, by one call of `answer`: a text, or null for none, for each credential; null
   * alone refuses, and so does a throw. Needed if there are credential types.
   */
  readonly auth?: (
    asked: BindingCredential[],
    answer: (answers: readonly (string | null)[] | null) => void,
  ) => void;
  /**
   * Is called at once, with what gives the connecting up: it keeps Node alive no more, nor counts its thread. For a peer
   * that hangs before there is a connection.
   */
  readonly onOpening?: (giveUp: () => void) => void;
}

/** Opens a connection; `uri` null is libvirt's default. Source: virConnectOpenAuth. */
export function connect(uri: string | null, options: BindingConnectOptions): Promise<BindingConnection>;

/** An object that is garbage is closed as well, some time later. Open ones do not keep Node alive; calls in flight do. */
export interface BindingConnection {
  readonly isClosed: boolean;
  /**
   * Closes all objects that came from it, and then itself. Calls in flight are not disturbed: the last one to end closes
   * the connection. Any number of times.
   */
  close(): Promise<void>;
  /**
   * For a peer that hangs for good: the calls in flight, of which libvirt's client forgets some when keep-alive gives the
   * peer up, keep Node alive no more, and their threads do not count among those that there may be.
   */
  giveUp(): void;
  uri(): Promise<string>;
  hostname(): Promise<string>;
  type(): Promise<string>;
  capabilities(): Promise<string>;
  /** Of the peer's libvirt, in the form of {@link version}; so is the hypervisor's. */
  libraryVersion(): Promise<number>;
  hypervisorVersion(): Promise<number>;
  isAlive(): Promise<boolean>;
  isSecure(): Promise<boolean>;
  isEncrypted(): Promise<boolean>;
  /** Resolves with false if the peer does not know how. Drivers without a peer refuse. Source: virConnectSetKeepAlive. */
  setKeepAlive(intervalSeconds: number, count: number): Promise<boolean>;
  /**
   * Has `callback` told, once, why the peer was lost (`virConnectCloseReason`), at the latest call's callback only; not by
   * our own `close()`. Drivers without a peer never tell. It is held until then or until `close()`: if it refers to the
   * connection, that one is never garbage.
   */
  onClose(callback: (reason: number) => void): void;
  domains(flags: number): Promise<BindingDomain[]>;
  domainByName(name: string): Promise<BindingDomain>;
  domainByUuid(uuid: string): Promise<BindingDomain>;
  domainById(id: number): Promise<BindingDomain>;
  defineDomain(xml: string, flags: number): Promise<BindingDomain>;
  createDomain(xml: string, flags: number): Promise<BindingDomain>;

  pools(flags: number): Promise<BindingPool[]>;
  poolByName(name: string): Promise<BindingPool>;
  poolByUuid(uuid: string): Promise<BindingPool>;
  poolByTargetPath(path: string): Promise<BindingPool>;
  definePool(xml: string, flags: number): Promise<BindingPool>;
  createPool(xml: string, flags: number): Promise<BindingPool>;
  volumeByPath(path: string): Promise<BindingVolume>;
  volumeByKey(key: string): Promise<BindingVolume>;

  /** Of all domains, in XDR; there may be more than 64 parameters. Source: virConnectGetAllDomainStats. */
  stats(statsTypes: number, flags: number): Promise<BindingDomainStats[]>;

  /**
   * Calls `callback` for each event of the kind `event` (`virDomainEventID`), of one domain or, with null, of all; the first
   * ones may come before the promise resolves. It resolves with a number for {@link offDomainEvent}. The callback is held
   * until then or until `close()`: if it refers to the connection, that one is never garbage. It does not keep Node alive.
   *
   * @throws {RangeError} for kinds other than those of {@link BindingDomainEvents}; {TypeError} for a domain of another
   * connection.
   * Source: virConnectDomainEventRegisterAny.
   */
  onDomainEvent<Kind extends keyof BindingDomainEvents>(
    event: Kind,
    domain: BindingDomain | null,
    callback: (event: BindingDomainEvent & BindingDomainEvents[Kind]) => void,
  ): Promise<number>;
  /** From now on the callback is not called. Does nothing for a number that is gone. */
  offDomainEvent(id: number): Promise<void>;
}

export interface BindingDomainStats {
  readonly domain: BindingDomain;
  readonly params: Uint8Array;
}

/** What every event has: the domain at that time, `id` -1 if it did not run. */
export interface BindingDomainEvent {
  readonly domain: { readonly name: string; readonly uuid: string; readonly id: number };
}

/** What the kinds of event have besides, by their number in `virDomainEventID`. */
export interface BindingDomainEvents {
  /** VIR_DOMAIN_EVENT_ID_LIFECYCLE */
  0: { readonly event: number; readonly detail: number };
  /** VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED: the device's alias */
  15: { readonly device: string };
  /** VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2: the disk's target, as `vda` */
  16: { readonly disk: string; readonly type: number; readonly status: number };
  /** VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION: which pass over memory begins, from 1 */
  20: { readonly iteration: number };
  /** VIR_DOMAIN_EVENT_ID_JOB_COMPLETED: statistics in XDR */
  21: { readonly params: Uint8Array };
}

/** Source: virDomainInfo; memory in KiB, processor time in ns. */
export interface BindingDomainInfo {
  readonly state: number;
  readonly maxMem: bigint;
  readonly memory: bigint;
  readonly vcpus: number;
  readonly cpuTime: bigint;
}

/** Source: virDomainJobInfo; times in ms, the rest in bytes. */
export interface BindingJobInfo {
  readonly type: number;
  readonly timeElapsed: bigint;
  readonly timeRemaining: bigint;
  readonly dataTotal: bigint;
  readonly dataProcessed: bigint;
  readonly dataRemaining: bigint;
  readonly memTotal: bigint;
  readonly memProcessed: bigint;
  readonly memRemaining: bigint;
  readonly fileTotal: bigint;
  readonly fileProcessed: bigint;
  readonly fileRemaining: bigint;
}

export interface BindingDomain {
  readonly name: string;
  readonly uuid: string;
  readonly isClosed: boolean;
  /** As of the lookup: -1 for a domain that did not run, and for a closed object. */
  id(): number;
  close(): void;
  state(): Promise<{ readonly state: number; readonly reason: number }>;
  info(): Promise<BindingDomainInfo>;
  xml(flags: number): Promise<string>;
  isActive(): Promise<boolean>;
  isPersistent(): Promise<boolean>;
  create(flags: number): Promise<void>;
  destroy(flags: number): Promise<void>;
  shutdown(flags: number): Promise<void>;
  suspend(): Promise<void>;
  resume(): Promise<void>;
  undefine(flags: number): Promise<void>;

  /** The six calls, with libvirt's arguments; `bandwidth` in MiB/s, 0 for no limit. Each has a thread to itself. */
  migrate(
    dest: BindingConnection,
    flags: number,
    dname: string | null,
    uri: string | null,
    bandwidth: bigint,
  ): Promise<BindingDomain>;
  migrate2(
    dest: BindingConnection,
    dxml: string | null,
    flags: number,
    dname: string | null,
    uri: string | null,
    bandwidth: bigint,
  ): Promise<BindingDomain>;
  migrate3(dest: BindingConnection, params: Uint8Array, flags: number): Promise<BindingDomain>;
  migrateToUri(duri: string | null, flags: number, dname: string | null, bandwidth: bigint): Promise<void>;
  migrateToUri2(
    dconnuri: string | null,
    miguri: string | null,
    dxml: string | null,
    flags: number,
    dname: string | null,
    bandwidth: bigint,
  ): Promise<void>;
  migrateToUri3(dconnuri: string | null, params: Uint8Array, flags: number): Promise<void>;

  jobInfo(): Promise<BindingJobInfo>;
  jobStats(flags: number): Promise<{ readonly type: number; readonly params: Uint8Array }>;
  abortJob(flags: number): Promise<void>;
  migrateSetMaxSpeed(mibPerSecond: bigint, flags: number): Promise<void>;
  migrateMaxSpeed(flags: number): Promise<bigint>;
  migrateSetMaxDowntime(ms: bigint, flags: number): Promise<void>;
  migrateMaxDowntime(flags: number): Promise<bigint>;

  /** Of a disk by its target or path, in bytes. Source: virDomainBlockInfo. */
  blockInfo(
    disk: string,
    flags: number,
  ): Promise<{ readonly capacity: bigint; readonly allocation: bigint; readonly physical: bigint }>;
  /** Null without a job. Source: virDomainBlockJobInfo. */
  blockJobInfo(disk: string, flags: number): Promise<BindingBlockJobInfo | null>;
  /** Waits until the job has gone, unless a flag says not to. */
  blockJobAbort(disk: string, flags: number): Promise<void>;
  blockJobSetSpeed(disk: string, bandwidth: bigint, flags: number): Promise<void>;

  backupBegin(backupXml: string, checkpointXml: string | null, flags: number): Promise<void>;
  backupXml(flags: number): Promise<string>;
  checkpointCreate(xml: string, flags: number): Promise<BindingCheckpoint>;
  checkpoints(flags: number): Promise<BindingCheckpoint[]>;
  checkpointByName(name: string, flags: number): Promise<BindingCheckpoint>;

  /** Typed parameters in XDR, both ways. */
  memoryParameters(flags: number): Promise<Uint8Array>;
  setMemoryParameters(params: Uint8Array, flags: number): Promise<void>;
  schedulerParameters(flags: number): Promise<Uint8Array>;
  setSchedulerParameters(params: Uint8Array, flags: number): Promise<void>;
  blkioParameters(flags: number): Promise<Uint8Array>;
  setBlkioParameters(params: Uint8Array, flags: number): Promise<void>;
  numaParameters(flags: number): Promise<Uint8Array>;
  setNumaParameters(params: Uint8Array, flags: number): Promise<void>;
  blockIoTune(disk: string, flags: number): Promise<Uint8Array>;
  setBlockIoTune(disk: string, params: Uint8Array, flags: number): Promise<void>;

  /** QEMU's own monitor: `command` in JSON, or with a flag in the form for people. Source: libvirt-qemu.h. */
  qemuMonitorCommand(command: string, flags: number): Promise<string>;
}

/** Source: virDomainBlockJobInfo; `current` and `end` in bytes, `bandwidth` in MiB/s unless a flag says bytes. */
export interface BindingBlockJobInfo {
  readonly type: number;
  readonly bandwidth: bigint;
  readonly current: bigint;
  readonly end: bigint;
}

export interface BindingCheckpoint {
  readonly name: string;
  readonly isClosed: boolean;
  close(): void;
  xml(flags: number): Promise<string>;
  delete(flags: number): Promise<void>;
}

export interface BindingPool {
  readonly name: string;
  readonly uuid: string;
  readonly isClosed: boolean;
  close(): void;
  xml(flags: number): Promise<string>;
  /** In bytes. Source: virStoragePoolInfo. */
  info(): Promise<{
    readonly state: number;
    readonly capacity: bigint;
    readonly allocation: bigint;
    readonly available: bigint;
  }>;
  isActive(): Promise<boolean>;
  create(flags: number): Promise<void>;
  destroy(): Promise<void>;
  undefine(): Promise<void>;
  delete(flags: number): Promise<void>;
  build(flags: number): Promise<void>;
  refresh(flags: number): Promise<void>;
  volumes(flags: number): Promise<BindingVolume[]>;
  volumeByName(name: string): Promise<BindingVolume>;
  createVolume(xml: string, flags: number): Promise<BindingVolume>;
}

export interface BindingVolume {
  readonly name: string;
  readonly key: string;
  readonly isClosed: boolean;
  close(): void;
  path(): Promise<string>;
  xml(flags: number): Promise<string>;
  /** In bytes. Source: virStorageVolInfo. */
  info(flags: number): Promise<{ readonly type: number; readonly capacity: bigint; readonly allocation: bigint }>;
  delete(flags: number): Promise<void>;
  pool(): Promise<BindingPool>;
}
