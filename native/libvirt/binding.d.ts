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
  migrateToUri(duri: string, flags: number, dname: string | null, bandwidth: bigint): Promise<void>;
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
}
