import type { BindingPool, BindingVolume } from '@blockferry/libvirt-native';
import type { CallOptions } from './call.js';
import type { Calls } from './calls.js';
import type { Connection } from './connection.js';
import { flagBits } from './flags.js';
import { connectionHandle } from './handles.js';
import { toNumber } from './integers.js';
import { nameOf } from './names.js';
import {
  type PoolBuildFlag,
  type PoolCreateFlag,
  type PoolDeleteFlag,
  type PoolState,
  poolBuildFlags,
  poolCreateFlags,
  poolDeleteFlags,
  poolStates,
  type StorageXmlFlag,
  storageXmlFlags,
  type VolumeCreateFlag,
  type VolumeDeleteFlag,
  type VolumeInfoFlag,
  type VolumeType,
  volumeCreateFlags,
  volumeDeleteFlags,
  volumeInfoFlags,
  volumeTypes,
} from './tables/storage.js';

/** State and room of a storage pool. */
export interface PoolInfo {
  readonly state: PoolState;
  /** Bytes. */
  readonly capacity: number;
  /** Bytes in use. */
  readonly allocation: number;
  /** Bytes that are free. */
  readonly available: number;
}

/** A storage pool; a `Connection` gives it. Errors are those of {@link Connection}. */
export class StoragePool implements AsyncDisposable {
  readonly connection: Connection;
  readonly name: string;
  readonly uuid: string;
  readonly #binding: BindingPool;
  readonly #calls: Calls;

  /** What a connection does with what libvirt gives. */
  constructor(binding: BindingPool, connection: Connection) {
    this.#binding = binding;
    this.#calls = connectionHandle(connection).calls;
    this.connection = connection;
    this.name = binding.name;
    this.uuid = binding.uuid;
  }

  /** Its description. Source: libvirt, virStoragePoolGetXMLDesc. */
  xml(flags?: readonly StorageXmlFlag[], options?: CallOptions): Promise<string> {
    return this.#call(options, (pool) => pool.xml(flagBits(storageXmlFlags, flags)));
  }

  /** Its state and room, as of its last refresh. Source: libvirt, virStoragePoolGetInfo. */
  info(options?: CallOptions): Promise<PoolInfo> {
    return this.#call(options, async (pool) => {
      const { state, capacity, allocation, available } = await pool.info();
      return {
        state: nameOf(poolStates, state),
        capacity: toNumber('the capacity', capacity),
        allocation: toNumber('the allocation', allocation),
        available: toNumber('the room', available),
      };
    });
  }

  /** Whether it is started. Source: libvirt, virStoragePoolIsActive. */
  isActive(options?: CallOptions): Promise<boolean> {
    return this.#call(options, (pool) => pool.isActive());
  }

  /** Starts it. Source: libvirt, virStoragePoolCreate. */
  create(flags?: readonly PoolCreateFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (pool) => pool.create(flagBits(poolCreateFlags, flags)));
  }

  /** Stops it; its volumes stay. Source: libvirt, virStoragePoolDestroy. */
  destroy(options?: CallOptions): Promise<void> {
    return this.#call(options, (pool) => pool.destroy());
  }

  /** Forgets its definition. Source: libvirt, virStoragePoolUndefine. */
  undefine(options?: CallOptions): Promise<void> {
    return this.#call(options, (pool) => pool.undefine());
  }

  /** Makes the storage of a stopped pool: its directory, file system, volume group. Source: libvirt, virStoragePoolBuild. */
  build(flags?: readonly PoolBuildFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (pool) => pool.build(flagBits(poolBuildFlags, flags)));
  }

  /** Deletes the storage of a stopped pool, for good. Source: libvirt, virStoragePoolDelete. */
  delete(flags?: readonly PoolDeleteFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (pool) => pool.delete(flagBits(poolDeleteFlags, flags)));
  }

  /** Looks again for what volumes there are. Source: libvirt, virStoragePoolRefresh. */
  refresh(options?: CallOptions): Promise<void> {
    return this.#call(options, (pool) => pool.refresh(0));
  }

  /** Its volumes. Source: libvirt, virStoragePoolListAllVolumes. */
  async volumes(options?: CallOptions): Promise<StorageVolume[]> {
    return (await this.#call(options, (pool) => pool.volumes(0))).map(this.#volume);
  }

  /** The volume of a name; `NO_STORAGE_VOL` if there is none. Source: libvirt, virStorageVolLookupByName. */
  volumeByName(name: string, options?: CallOptions): Promise<StorageVolume> {
    return this.#call(options, (pool) => pool.volumeByName(name)).then(this.#volume);
  }

  /** Makes a volume; `STORAGE_VOL_EXIST` if its name is taken. Source: libvirt, virStorageVolCreateXML. */
  createVolume(
    xml: string,
    flags?: readonly VolumeCreateFlag[],
    options?: CallOptions,
  ): Promise<StorageVolume> {
    const start = (pool: BindingPool): Promise<BindingVolume> =>
      pool.createVolume(xml, flagBits(volumeCreateFlags, flags));
    return this.#call(options, start).then(this.#volume);
  }

  /** Lets go of libvirt's object; the pool stays as it is. Idempotent. */
  async close(): Promise<void> {
    this.#binding.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #volume = (binding: BindingVolume): StorageVolume => new StorageVolume(binding, this.connection);

  #call<T>(options: CallOptions | undefined, start: (pool: BindingPool) => Promise<T>): Promise<T> {
    return this.#calls.run(options, () => start(this.#binding));
  }
}

/** Kind and size of a volume. */
export interface VolumeInfo {
  readonly type: VolumeType;
  /** Bytes that a guest sees. */
  readonly capacity: number;
  /** Bytes that it takes up; with `GET_PHYSICAL` the size of its file or device. */
  readonly allocation: number;
}

/** A storage volume; a `StoragePool` or a `Connection` gives it. Errors are those of {@link Connection}. */
export class StorageVolume implements AsyncDisposable {
  readonly connection: Connection;
  readonly name: string;
  /** Unique among the host's volumes; mostly its path. */
  readonly key: string;
  readonly #binding: BindingVolume;
  readonly #calls: Calls;

  /** What a connection does with what libvirt gives. */
  constructor(binding: BindingVolume, connection: Connection) {
    this.#binding = binding;
    this.#calls = connectionHandle(connection).calls;
    this.connection = connection;
    this.name = binding.name;
    this.key = binding.key;
  }

  /** Where it is on its host. Source: libvirt, virStorageVolGetPath. */
  path(options?: CallOptions): Promise<string> {
    return this.#call(options, (volume) => volume.path());
  }

  /** Its description. Source: libvirt, virStorageVolGetXMLDesc. */
  xml(options?: CallOptions): Promise<string> {
    return this.#call(options, (volume) => volume.xml(0));
  }

  /** Its kind and size. Source: libvirt, virStorageVolGetInfoFlags. */
  info(flags?: readonly VolumeInfoFlag[], options?: CallOptions): Promise<VolumeInfo> {
    return this.#call(options, async (volume) => {
      const { type, capacity, allocation } = await volume.info(flagBits(volumeInfoFlags, flags));
      return {
        type: nameOf(volumeTypes, type),
        capacity: toNumber('the capacity', capacity),
        allocation: toNumber('the allocation', allocation),
      };
    });
  }

  /** Deletes it, data and all. Source: libvirt, virStorageVolDelete. */
  delete(flags?: readonly VolumeDeleteFlag[], options?: CallOptions): Promise<void> {
    return this.#call(options, (volume) => volume.delete(flagBits(volumeDeleteFlags, flags)));
  }

  /** The pool that it is in. Source: libvirt, virStoragePoolLookupByVolume. */
  async pool(options?: CallOptions): Promise<StoragePool> {
    return new StoragePool(await this.#call(options, (volume) => volume.pool()), this.connection);
  }

  /** Lets go of libvirt's object; the volume stays as it is. Idempotent. */
  async close(): Promise<void> {
    this.#binding.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #call<T>(options: CallOptions | undefined, start: (volume: BindingVolume) => Promise<T>): Promise<T> {
    return this.#calls.run(options, () => start(this.#binding));
  }
}
