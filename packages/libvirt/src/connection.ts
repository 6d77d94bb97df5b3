import type {
  BindingConnection,
  BindingDomain,
  BindingPool,
  BindingVolume,
} from '@blockferry/libvirt-native';
import type { TypedParams } from '@blockferry/typed-params';
import type { CallOptions } from './call.js';
import { Calls } from './calls.js';
import { Domain } from './domain.js';
import type { EventStream } from './event-stream.js';
import type { DomainEventKind, DomainEvents } from './events.js';
import { type FlagTable, flagBits } from './flags.js';
import { registerConnection } from './handles.js';
import { checkInteger } from './integers.js';
import { nameOf } from './names.js';
import { paramsOf } from './params.js';
import { StoragePool, StorageVolume } from './storage.js';
import { type EventOptions, Subscriptions } from './subscriptions.js';
import { type CloseReason, closeReasons } from './tables/close-reasons.js';
import {
  type DomainStatsFlag,
  type DomainStatsType,
  domainStatsFlags,
  domainStatsTypes,
  type ListDomainsFlag,
  type ListPoolsFlag,
  listDomainsFlags,
  listPoolsFlags,
} from './tables/connection-flags.js';
import {
  type DomainCreateFlag,
  type DomainDefineFlag,
  domainCreateFlags,
  domainDefineFlags,
} from './tables/domain-flags.js';
import {
  type PoolCreateFlag,
  type PoolDefineFlag,
  poolCreateFlags,
  poolDefineFlags,
} from './tables/storage.js';
import { toVersion, type Version } from './version.js';

/** Statistics of a domain. */
export interface DomainStats {
  readonly domain: Domain;
  /** By names such as `state.state` and `block.0.name`. */
  readonly params: TypedParams;
}

/**
 * A connection to a hypervisor; `connect` makes it.
 *
 * Calls may overlap, and none of them blocks the event loop. They reject with a `LibvirtError`: libvirt's own codes,
 * `CLOSED` after `close()`, `ABORTED` after their signal. When the daemon is gone, or does not answer any more, calls in
 * flight and later ones fail with libvirt's code and `retryable`. An open connection does not keep Node alive, a call in
 * flight does.
 */
export class Connection implements AsyncDisposable {
  /** Resolves, and never rejects, when the connection is gone: with why. */
  readonly closed: Promise<CloseReason>;
  readonly #binding: BindingConnection;
  readonly #calls: Calls;
  readonly #subscriptions: Subscriptions;
  readonly #end: (reason: CloseReason) => void;

  /** What `connect` does once libvirt has connected. */
  constructor(binding: BindingConnection) {
    this.#binding = binding;
    this.#calls = new Calls(binding, () => this.#end('keepalive'));
    this.#subscriptions = new Subscriptions(binding, this.#calls);
    registerConnection(this, { binding, calls: this.#calls });
    let resolve = (_: CloseReason): void => {};
    this.closed = new Promise((settle) => {
      resolve = settle;
    });
    // Held by the addon while the connection is open: with a reference a forgotten one would stay open for ever.
    const subscriptions = new WeakRef(this.#subscriptions);
    this.#end = (reason) => {
      resolve(reason);
      subscriptions.deref()?.end(reason);
    };
    const end = this.#end;
    binding.onClose((number) => end(nameOf(closeReasons, number)));
  }

  /** Whether `close` was called. A connection that was lost is still to be closed. */
  get isClosed(): boolean {
    return this.#binding.isClosed;
  }

  /** Ends the connection, its event streams, and all objects that came from it. Idempotent. */
  async close(): Promise<void> {
    this.#end('client');
    await this.#calls.run(undefined, () => this.#binding.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Where it leads, in libvirt's form. Source: libvirt, virConnectGetURI. */
  uri(options?: CallOptions): Promise<string> {
    return this.#call(options, (binding) => binding.uri());
  }

  /** The host's name. Source: libvirt, virConnectGetHostname. */
  hostname(options?: CallOptions): Promise<string> {
    return this.#call(options, (binding) => binding.hostname());
  }

  /** The driver: `QEMU`, `TEST`, ... Source: libvirt, virConnectGetType. */
  type(options?: CallOptions): Promise<string> {
    return this.#call(options, (binding) => binding.type());
  }

  /** What host and hypervisor can do, as XML. Source: libvirt, virConnectGetCapabilities. */
  capabilities(options?: CallOptions): Promise<string> {
    return this.#call(options, (binding) => binding.capabilities());
  }

  /** The daemon's release of libvirt. Source: libvirt, virConnectGetLibVersion. */
  async libvirtVersion(options?: CallOptions): Promise<Version> {
    return toVersion(await this.#call(options, (binding) => binding.libraryVersion()));
  }

  /** The hypervisor's release. Source: libvirt, virConnectGetVersion. */
  async hypervisorVersion(options?: CallOptions): Promise<Version> {
    return toVersion(await this.#call(options, (binding) => binding.hypervisorVersion()));
  }

  /** Whether the daemon can still be reached, as far as is known. Source: libvirt, virConnectIsAlive. */
  isAlive(options?: CallOptions): Promise<boolean> {
    return this.#call(options, (binding) => binding.isAlive());
  }

  /** Whether nobody can listen: encrypted, or local. Source: libvirt, virConnectIsSecure. */
  isSecure(options?: CallOptions): Promise<boolean> {
    return this.#call(options, (binding) => binding.isSecure());
  }

  /** Whether what is sent is encrypted. Source: libvirt, virConnectIsEncrypted. */
  isEncrypted(options?: CallOptions): Promise<boolean> {
    return this.#call(options, (binding) => binding.isEncrypted());
  }

  /** Domains, all of them unless flags say which. Source: libvirt, virConnectListAllDomains. */
  async domains(flags?: readonly ListDomainsFlag[], options?: CallOptions): Promise<Domain[]> {
    const found = await this.#withFlags(options, listDomainsFlags, flags, (binding, bits) =>
      binding.domains(bits),
    );
    return found.map(this.#domain);
  }

  /** The domain of a name; `NO_DOMAIN` if there is none. Source: libvirt, virDomainLookupByName. */
  domainByName(name: string, options?: CallOptions): Promise<Domain> {
    return this.#call(options, (binding) => binding.domainByName(name)).then(this.#domain);
  }

  /** The domain of a UUID, with or without hyphens; `NO_DOMAIN` if there is none. Source: libvirt, virDomainLookupByUUIDString. */
  domainByUuid(uuid: string, options?: CallOptions): Promise<Domain> {
    return this.#call(options, (binding) => binding.domainByUuid(uuid)).then(this.#domain);
  }

  /** The running domain of an id, 0 to 2^31-1; `NO_DOMAIN` if there is none. Source: libvirt, virDomainLookupByID. */
  domainById(id: number, options?: CallOptions): Promise<Domain> {
    const start = (binding: BindingConnection): Promise<BindingDomain> =>
      binding.domainById(checkInteger('the id', id, 0, MAX_INT));
    return this.#call(options, start).then(this.#domain);
  }

  /** Defines a domain, or another definition of it, without starting it. Source: libvirt, virDomainDefineXMLFlags. */
  async defineDomain(
    xml: string,
    flags?: readonly DomainDefineFlag[],
    options?: CallOptions,
  ): Promise<Domain> {
    const defined = await this.#withFlags(options, domainDefineFlags, flags, (binding, bits) =>
      binding.defineDomain(xml, bits),
    );
    return this.#domain(defined);
  }

  /** Starts a domain that is gone when it ends, unless it is defined as well. Source: libvirt, virDomainCreateXML. */
  async createDomain(
    xml: string,
    flags?: readonly DomainCreateFlag[],
    options?: CallOptions,
  ): Promise<Domain> {
    const started = await this.#withFlags(options, domainCreateFlags, flags, (binding, bits) =>
      binding.createDomain(xml, bits),
    );
    return this.#domain(started);
  }

  /**
   * Statistics of all domains; of all groups unless some are named. Source: libvirt, virConnectGetAllDomainStats.
   */
  async stats(
    types?: readonly DomainStatsType[],
    flags?: readonly DomainStatsFlag[],
    options?: CallOptions,
  ): Promise<DomainStats[]> {
    const found = await this.#withFlags(options, domainStatsFlags, flags, (binding, bits) =>
      binding.stats(flagBits(domainStatsTypes, types), bits),
    );
    return found.map(({ domain, params }) => ({ domain: this.#domain(domain), params: paramsOf(params) }));
  }

  /** Storage pools, all of them unless flags say which. Source: libvirt, virConnectListAllStoragePools. */
  async pools(flags?: readonly ListPoolsFlag[], options?: CallOptions): Promise<StoragePool[]> {
    const found = await this.#withFlags(options, listPoolsFlags, flags, (binding, bits) =>
      binding.pools(bits),
    );
    return found.map(this.#pool);
  }

  /** The pool of a name; `NO_STORAGE_POOL` if there is none. Source: libvirt, virStoragePoolLookupByName. */
  poolByName(name: string, options?: CallOptions): Promise<StoragePool> {
    return this.#call(options, (binding) => binding.poolByName(name)).then(this.#pool);
  }

  /** The pool of a UUID; `NO_STORAGE_POOL` if there is none. Source: libvirt, virStoragePoolLookupByUUIDString. */
  poolByUuid(uuid: string, options?: CallOptions): Promise<StoragePool> {
    return this.#call(options, (binding) => binding.poolByUuid(uuid)).then(this.#pool);
  }

  /**
   * The pool whose volumes are in a directory; `NO_STORAGE_POOL` if there is none. Source: libvirt,
   * virStoragePoolLookupByTargetPath.
   */
  poolByTargetPath(path: string, options?: CallOptions): Promise<StoragePool> {
    return this.#call(options, (binding) => binding.poolByTargetPath(path)).then(this.#pool);
  }

  /** Defines a pool without starting it. Source: libvirt, virStoragePoolDefineXML. */
  async definePool(
    xml: string,
    flags?: readonly PoolDefineFlag[],
    options?: CallOptions,
  ): Promise<StoragePool> {
    const defined = await this.#withFlags(options, poolDefineFlags, flags, (binding, bits) =>
      binding.definePool(xml, bits),
    );
    return this.#pool(defined);
  }

  /** Starts a pool that is forgotten when it ends. Source: libvirt, virStoragePoolCreateXML. */
  async createPool(
    xml: string,
    flags?: readonly PoolCreateFlag[],
    options?: CallOptions,
  ): Promise<StoragePool> {
    const started = await this.#withFlags(options, poolCreateFlags, flags, (binding, bits) =>
      binding.createPool(xml, bits),
    );
    return this.#pool(started);
  }

  /** The volume at a path, of any active pool; `NO_STORAGE_VOL` if there is none. Source: libvirt, virStorageVolLookupByPath. */
  volumeByPath(path: string, options?: CallOptions): Promise<StorageVolume> {
    return this.#call(options, (binding) => binding.volumeByPath(path)).then(this.#volume);
  }

  /** The volume of a key; `NO_STORAGE_VOL` if there is none. Source: libvirt, virStorageVolLookupByKey. */
  volumeByKey(key: string, options?: CallOptions): Promise<StorageVolume> {
    return this.#call(options, (binding) => binding.volumeByKey(key)).then(this.#volume);
  }

  /**
   * Subscribes to the events of domains. What happens after the promise has resolved is in the stream, in order, and what
   * happened just before may be; none is lost in silence. All lifecycle events are kept until they are read; of the other kinds 10 000, and a reader that falls further
   * behind gets `OVERFLOW` in place of the first that had no room.
   *
   * The stream ends when its loop is left, when it or the connection is closed; it throws `ABORTED` after its signal, and
   * `CLOSED` when the connection was lost. Until it is read it does not keep Node alive.
   *
   * Source: libvirt, virConnectDomainEventRegisterAny.
   */
  events<K extends DomainEventKind>(
    kind: K,
    options: EventOptions = {},
  ): Promise<EventStream<DomainEvents[K]>> {
    return this.#subscriptions.open(kind, options);
  }

  readonly #domain = (binding: BindingDomain): Domain => new Domain(binding, this);
  readonly #pool = (binding: BindingPool): StoragePool => new StoragePool(binding, this);
  readonly #volume = (binding: BindingVolume): StorageVolume => new StorageVolume(binding, this);

  #call<T>(options: CallOptions | undefined, start: (binding: BindingConnection) => Promise<T>): Promise<T> {
    return this.#calls.run(options, () => start(this.#binding));
  }

  #withFlags<T, F extends FlagTable>(
    options: CallOptions | undefined,
    table: F,
    flags: readonly (keyof F & string)[] | undefined,
    start: (binding: BindingConnection, bits: number) => Promise<T>,
  ): Promise<T> {
    return this.#call(options, (binding) => start(binding, flagBits(table, flags)));
  }
}

const MAX_INT = 2 ** 31 - 1;
