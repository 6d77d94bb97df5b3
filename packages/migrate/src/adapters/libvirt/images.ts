import { basename, dirname } from 'node:path/posix';
import type { Connection, StoragePool } from '@blockferry/libvirt';
import type { ImagePlace, ImageSighting } from '../../delegate-ports.js';
import { MigrationError } from '../../error.js';
import { unless } from './asked.js';
import { poolType, volumeFormat, volumeXml } from './host-xml.js';

/** What an image is to be. */
export interface Image {
  /** Bytes that the guest sees. */
  readonly size: number;
  readonly format: string;
}

/**
 * What a host's storage pools show at a place. They know what was there at their last refresh: a pool that does not
 * show the image as it is to be is asked to look again.
 *
 * Source: libvirt, virStorageVolLookupByPath, virStoragePoolLookupByTargetPath.
 */
export async function sightImage(
  connection: Connection,
  place: ImagePlace,
  expected: Image,
): Promise<ImageSighting> {
  if (place.kind === 'volume') return sightVolume(connection, place.pool, place.volume, expected);
  if (place.kind !== 'file' && place.kind !== 'block') return { state: 'unknown', folder: undefined };
  const folder = dirname(place.path);
  await using volume = await unless(NO_VOLUME, connection.volumeByPath(place.path));
  await using pool = volume
    ? await volume.pool()
    : await unless(NO_POOL, connection.poolByTargetPath(folder));
  if (pool === undefined || !(await pool.isActive())) return { state: 'unknown', folder };
  return await sightInPool(pool, volume?.name ?? basename(place.path), expected);
}

/** Makes an image, thin. Fails where there is one already. */
export async function createImage(connection: Connection, place: ImagePlace, image: Image): Promise<void> {
  await using pool = await poolOf(connection, place);
  await using _made = await pool.createVolume(volumeXml(volumeName(place), image));
}

/** Removes one that `createImage` has made; one that is gone is no fault. */
export async function removeImage(connection: Connection, place: ImagePlace): Promise<void> {
  await using pool = await poolOf(connection, place);
  await using volume = await unless(NO_VOLUME, pool.volumeByName(volumeName(place)));
  await volume?.delete();
}

async function sightVolume(
  connection: Connection,
  name: string,
  volume: string,
  expected: Image,
): Promise<ImageSighting> {
  await using pool = await unless(NO_POOL, connection.poolByName(name));
  if (pool === undefined)
    return { state: 'missing', creatable: false, reason: `it has no storage pool ${name}` };
  if (await pool.isActive()) return await sightInPool(pool, volume, expected);
  return { state: 'missing', creatable: false, reason: `its storage pool ${name} is not started` };
}

async function sightInPool(pool: StoragePool, name: string, expected: Image): Promise<ImageSighting> {
  const remembered = await describe(pool, name);
  if (remembered?.size === expected.size && remembered.format === expected.format) return remembered;
  // That needs rights that a look does not, and fails while the pool is busy: then what is known counts.
  await pool.refresh().catch(() => undefined);
  const found = await describe(pool, name);
  if (found !== undefined) return found;
  const creatable = FOLDER_POOLS.has(poolType(await pool.xml()));
  return { state: 'missing', creatable, reason: `its storage pool ${pool.name} does not have it` };
}

/** `undefined` also of a volume that the pool remembers, and that is gone. */
async function describe(
  pool: StoragePool,
  name: string,
): Promise<(ImageSighting & { state: 'present' }) | undefined> {
  await using volume = await unless(NO_VOLUME, pool.volumeByName(name));
  const info = volume && (await unless(NO_VOLUME, volume.info()));
  if (volume === undefined || info === undefined) return undefined;
  return { state: 'present', size: info.capacity, format: volumeFormat(await volume.xml()) };
}

function poolOf(connection: Connection, place: ImagePlace): Promise<StoragePool> {
  if (place.kind === 'volume') return connection.poolByName(place.pool);
  if (place.kind === 'file') return connection.poolByTargetPath(dirname(place.path));
  throw new MigrationError('INTERNAL', `No image of the kind ${place.kind} is made.`);
}

function volumeName(place: ImagePlace): string {
  return place.kind === 'volume' ? place.volume : place.kind === 'file' ? basename(place.path) : '';
}

/** Also where the daemon has no storage driver. */
const NO_VOLUME = ['NO_STORAGE_VOL', 'NO_SUPPORT'] as const;
const NO_POOL = ['NO_STORAGE_POOL', 'NO_SUPPORT'] as const;
/** Pools whose volumes are files in one folder: of any size and format, and thin. */
const FOLDER_POOLS: ReadonlySet<string> = new Set(['dir', 'fs', 'netfs']);
