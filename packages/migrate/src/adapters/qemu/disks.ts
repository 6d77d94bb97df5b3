import { type BlockDeviceInfo, type BlockInfo, type QmpClient, QmpError } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { SourceDisk } from '../../ports.js';
import { BlockGraph } from './block-graph.js';

/** A disk and the QEMU objects behind it. */
export interface QemuDisk extends SourceDisk {
  /** The node that the guest's device stands on: a filter, or `node` itself; empty where there is no medium. */
  readonly root: string;
  /** The first node below filters: what is exported and carries our bitmap. */
  readonly node: string;
}

/**
 * The guest's disks, in QEMU's order. Two kinds of drive are none: one that no guest device uses, for the guest cannot
 * have written to it; and flash (firmware, UEFI variables), which is device state: the state stream carries it as
 * memory, and the destination writes it to its own drive.
 */
export async function queryDisks(qmp: QmpClient): Promise<QemuDisk[]> {
  const [drives, graph] = await Promise.all([qmp.execute('query-block'), BlockGraph.query(qmp)]);
  const disks = await Promise.all(
    drives.map(async (drive) => {
      if (drive.qdev === undefined || (await isFlash(qmp, drive.qdev))) return undefined;
      return toDisk(drive, drive.qdev, graph, await isShareable(qmp, drive.qdev));
    }),
  );
  return disks.filter((disk) => disk !== undefined);
}

function toDisk(drive: BlockInfo, qdev: string, graph: BlockGraph, shareable: boolean): QemuDisk {
  const root = drive.inserted?.['node-name'] ?? '';
  const device = deviceId(qdev);
  const names = [drive.device, device ?? '', root].filter((name) => name !== '');
  const made = root.startsWith('#block');
  return {
    id: qdev,
    disk: drive.device || (made ? '' : root) || device || root || qdev,
    names: [...new Set(names)],
    root,
    node: graph.belowFilters(root),
    size: drive.inserted === undefined ? 0 : virtualSize(drive.inserted),
    readOnly: drive.inserted?.ro ?? false,
    shareable,
    empty: drive.inserted === undefined,
    allocatedBytes: drive.inserted?.image['actual-size'] ?? 0,
  };
}

/** A medium's size in bytes; one that JavaScript could not count is refused. */
export function virtualSize(medium: Pick<BlockDeviceInfo, 'image'>): number {
  const size = medium.image['virtual-size'];
  if (typeof size === 'number' && Number.isSafeInteger(size)) return size;
  throw new MigrationError(
    'NBD_UNSUPPORTED',
    `A disk has ${size} bytes, more than can be counted exactly (2^53-1).`,
  );
}

/** The device's id out of its path in QEMU's object tree: `/machine/peripheral/ID/virtio-backend`. */
function deviceId(qdev: string): string | undefined {
  const inTree = /^\/machine\/peripheral\/([^/]+)/.exec(qdev)?.[1];
  return inTree ?? (qdev.startsWith('/') ? undefined : qdev);
}

async function isFlash(qmp: QmpClient, qdev: string): Promise<boolean> {
  return /^cfi\.pflash/.test(String(await property(qmp, qdev, 'type')));
}

async function isShareable(qmp: QmpClient, qdev: string): Promise<boolean> {
  return (await property(qmp, qdev, 'share-rw')) === true;
}

/** A property of a device; `undefined` where it has none of that name. */
async function property(qmp: QmpClient, qdev: string, name: string): Promise<unknown> {
  const path = qdev.startsWith('/') ? qdev : `/machine/peripheral/${qdev}`;
  try {
    return await qmp.execute('qom-get', { path, property: name });
  } catch (error) {
    // No answer is no "no".
    if (QmpError.is(error) && error.code === 'QMP_COMMAND') return undefined;
    throw error;
  }
}
