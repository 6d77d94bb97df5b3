/** The states of a storage pool, by number. Source: libvirt, virStoragePoolState. */
export const poolStates = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const;

/** The state of a storage pool. */
export type PoolState = (typeof poolStates)[number] | 'unknown';

/** What a volume is, by number. Source: libvirt, virStorageVolType. */
export const volumeTypes = ['file', 'block', 'dir', 'network', 'netdir', 'ploop'] as const;

/** What a volume is. */
export type VolumeType = (typeof volumeTypes)[number] | 'unknown';

/** How a pool is defined: the bit of each flag, from 0. Source: libvirt, virStoragePoolDefineFlags. */
export const poolDefineFlags = {
  VALIDATE: 0,
} as const;

/** How a pool is defined: VALIDATE holds its XML against the schema first. */
export type PoolDefineFlag = keyof typeof poolDefineFlags;

/** How a pool is started: the bit of each flag, from 0. Source: libvirt, virStoragePoolCreateFlags. */
export const poolCreateFlags = {
  WITH_BUILD: 0,
  WITH_BUILD_OVERWRITE: 1,
  WITH_BUILD_NO_OVERWRITE: 2,
} as const;

/** How a pool is started: WITH_BUILD makes its directory or file system first. */
export type PoolCreateFlag = keyof typeof poolCreateFlags;

/** How a pool's storage is made: the bit of each flag, from 0. Source: libvirt, virStoragePoolBuildFlags. */
export const poolBuildFlags = {
  REPAIR: 0,
  RESIZE: 1,
  NO_OVERWRITE: 2,
  OVERWRITE: 3,
} as const;

/** How a pool's storage is made. */
export type PoolBuildFlag = keyof typeof poolBuildFlags;

/** How a pool's storage is deleted: the bit of each flag, from 0. Source: libvirt, virStoragePoolDeleteFlags. */
export const poolDeleteFlags = {
  ZEROED: 0,
} as const;

/** How a pool's storage is deleted: ZEROED overwrites it. */
export type PoolDeleteFlag = keyof typeof poolDeleteFlags;

/** Which description of a pool: the bit of each flag, from 0. Source: libvirt, virStorageXMLFlags. */
export const storageXmlFlags = {
  INACTIVE: 0,
} as const;

/** Which description of a pool: INACTIVE as for its next start. */
export type StorageXmlFlag = keyof typeof storageXmlFlags;

/** How a volume is made: the bit of each flag, from 0. Source: libvirt, virStorageVolCreateFlags. */
export const volumeCreateFlags = {
  PREALLOC_METADATA: 0,
  REFLINK: 1,
  VALIDATE: 2,
} as const;

/** How a volume is made. */
export type VolumeCreateFlag = keyof typeof volumeCreateFlags;

/** How a volume is deleted: the bit of each flag, from 0. Source: libvirt, virStorageVolDeleteFlags. */
export const volumeDeleteFlags = {
  ZEROED: 0,
  WITH_SNAPSHOTS: 1,
} as const;

/** How a volume is deleted: ZEROED overwrites it. */
export type VolumeDeleteFlag = keyof typeof volumeDeleteFlags;

/** What is told of a volume: the bit of each flag, from 0. Source: libvirt, virStorageVolInfoFlags. */
export const volumeInfoFlags = {
  GET_PHYSICAL: 0,
} as const;

/** What is told of a volume: GET_PHYSICAL the size of its file in place of what it has allocated. */
export type VolumeInfoFlag = keyof typeof volumeInfoFlags;
