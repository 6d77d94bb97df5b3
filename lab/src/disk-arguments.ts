import type { ImageFormat } from './image-format.js';

/**
 * How the guest sees a disk. `virtio-blk`: device `disk-NAME` on node NAME over node NAME-file. `virtio-scsi`: the
 * same, and the guest calls it sda. `drive`: a virtio-blk disk by `-drive if=virtio`, all of whose names QEMU chose.
 */
export type DiskKind = 'virtio-blk' | 'virtio-scsi' | 'drive';

/** What a disk is like, but for its contents. */
export interface DiskShape {
  /** The guest calls its virtio-blk disks vda, vdb, ... and its SCSI disks sda, sdb, ... in the order given: name them so. */
  readonly name: string;
  /** @default 'virtio-blk' */
  readonly kind?: DiskKind;
  readonly readOnly?: boolean;
  /** Bytes a second that a throttle filter lets pass: node NAME-throttle above NAME. Not for `drive`. */
  readonly throttle?: number;
  /** More properties of the device, such as `share-rw=on`. Not for `drive`. */
  readonly device?: string;
}

/** A disk of one QEMU. */
export interface VmDisk extends DiskShape {
  readonly path: string;
  /** @default 'raw' */
  readonly format?: ImageFormat;
}

/** QEMU's arguments for disks, and for the controller that they need. */
export function diskArguments(disks: readonly VmDisk[]): string[] {
  const scsi = disks.some(({ kind }) => kind === 'virtio-scsi');
  return [...(scsi ? ['-device', 'virtio-scsi-pci,id=scsi'] : []), ...disks.flatMap(oneDisk)];
}

function oneDisk(disk: VmDisk): string[] {
  const { name, path, kind = 'virtio-blk', format = 'raw', readOnly = false } = disk;
  if (kind === 'drive') {
    const mode = readOnly ? 'on' : 'off';
    return ['-drive', `if=virtio,format=${format},file=${path},discard=unmap,read-only=${mode}`];
  }
  const common = { discard: 'unmap', 'read-only': readOnly };
  const file = { driver: 'file', 'node-name': `${name}-file`, filename: path, ...common };
  const node = { driver: format, 'node-name': name, file: `${name}-file`, ...common };
  return [
    ...['-blockdev', JSON.stringify(file), '-blockdev', JSON.stringify(node)],
    ...(disk.throttle === undefined ? [] : throttleArguments(name, disk.throttle)),
    ...['-device', deviceArgument(disk, kind)],
  ];
}

function throttleArguments(name: string, bytesPerSecond: number): string[] {
  const group = `${name}-limit`;
  const limit = { 'qom-type': 'throttle-group', id: group, limits: { 'bps-total': bytesPerSecond } };
  const filter = {
    driver: 'throttle',
    'node-name': `${name}-throttle`,
    'throttle-group': group,
    file: name,
  };
  return ['-object', JSON.stringify(limit), '-blockdev', JSON.stringify(filter)];
}

function deviceArgument(disk: VmDisk, kind: Exclude<DiskKind, 'drive'>): string {
  const root = disk.throttle === undefined ? disk.name : `${disk.name}-throttle`;
  const driver = kind === 'virtio-scsi' ? 'scsi-hd,bus=scsi.0' : 'virtio-blk-pci';
  return [`${driver},id=disk-${disk.name},drive=${root}`, disk.device ?? ''].filter(Boolean).join(',');
}
