import { type BlockDeviceInfo, type BlockInfo, type QmpClient, QmpError } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { SourceDisk } from '../../ports.js';

/** A disk and the QEMU objects behind it. */
export interface QemuDisk extends SourceDisk {
  /** The root node's name: what is exported and carries our bitmap. */
  readonly node: string;
}

/** The guest's disks, in QEMU's order. */
export async function queryDisks(qmp: QmpClient): Promise<QemuDisk[]> {
  const drives = await qmp.execute('query-block');
  return Promise.all(drives.map(async (drive) => toDisk(drive, await isShareable(qmp, drive.qdev))));
}

function toDisk(drive: BlockInfo, shareable: boolean): QemuDisk {
  const node = drive.inserted?.['node-name'] ?? '';
  const device = deviceId(drive.qdev);
  const names = [drive.device, device ?? '', node].filter((name) => name !== '');
  const made = node.startsWith('#block');
  return {
    id: drive.qdev ?? drive.device,
    disk: drive.device || (made ? '' : node) || device || node || (drive.qdev ?? '?'),
    names: [...new Set(names)],
    node,
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
function deviceId(qdev: string | undefined): string | undefined {
  if (qdev === undefined) return undefined;
  const inTree = /^\/machine\/peripheral\/([^/]+)/.exec(qdev)?.[1];
  return inTree ?? (qdev.startsWith('/') ? undefined : qdev);
}

async function isShareable(qmp: QmpClient, qdev: string | undefined): Promise<boolean> {
  if (qdev === undefined) return false;
  const path = qdev.startsWith('/') ? qdev : `/machine/peripheral/${qdev}`;
  try {
    return (await qmp.execute('qom-get', { path, property: 'share-rw' })) === true;
  } catch (error) {
    // A device without the property, such as a flash chip, cannot be shared. No answer is no "no".
    if (QmpError.is(error) && error.code === 'QMP_COMMAND') return false;
    throw error;
  }
}
