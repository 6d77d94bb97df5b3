import { join } from 'node:path';
import { type GuestFiles, kernelCommandLine } from './guest.js';
import { type GuestDisk, workloadOf } from './guest-disks.js';
import { CONSOLE } from './libvirt-host.js';

export interface DomainOptions {
  readonly name: string;
  /** The folder of images, as the hosts see it. */
  readonly images: string;
  readonly disks: readonly GuestDisk[];
  readonly boot: Pick<GuestFiles, 'kernel' | 'initrd'>;
}

/** The lab's guest as a libvirt domain: emulated, 128 MiB of RAM, raw images, its console to the lab. */
export function domainXml({ name, images, disks, boot }: DomainOptions): string {
  return `<domain type='qemu'>
  <name>${xmlText(name)}</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>${xmlText(boot.kernel)}</kernel>
    <initrd>${xmlText(boot.initrd)}</initrd>
    <cmdline>${xmlText(kernelCommandLine(workloadOf(disks)))}</cmdline>
  </os>
  <features><acpi/></features>
  <devices>
${disks.map((disk) => diskXml(disk.name, join(images, imageFile(disk.name)))).join('')}\
    <serial type='unix'><source mode='connect' path='${xmlText(join(images, CONSOLE))}'/></serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>
`;
}

/** In the folder of images. */
export function imageFile(disk: string): string {
  return `${disk}.raw`;
}

function diskXml(target: string, path: string): string {
  return `    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none' discard='unmap'/>
      <source file='${xmlText(path)}'/>
      <target dev='${xmlText(target)}' bus='virtio'/>
    </disk>
`;
}

function xmlText(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
