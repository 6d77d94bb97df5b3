import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LibvirtPair, nbdkit, qemuImg, run } from '@blockferry/lab';

/**
 * Domains with disks of every kind on the source of a pair: `shapes`, which is paused, and `remote`, which is defined and
 * does not run. The source needs a storage pool `images`. They live as long as what this returns.
 */
export async function startShapes({ source, directory }: LibvirtPair): Promise<AsyncDisposable> {
  const { images } = source;
  for (const file of ['plain', 'shared', 'fixed', 'disc', 'base', 'pooled', 'device']) {
    await run('truncate', ['--size=1M', source.image(`${file}.img`)]);
  }
  await qemuImg('create', '-q', '-f', 'qcow2', source.image('overlay.qcow2'), '2M');
  // The host has its images elsewhere than the rest of the machine.
  await qemuImg('rebase', '-u', '-F', 'raw', '-b', `${images}/base.img`, source.image('overlay.qcow2'));
  await source.virsh('pool-refresh', 'images');
  const { stdout } = await run('losetup', ['--find', '--show', source.image('device.img')]);
  const device = stdout.trim();
  const server = await nbdkit('memory', '1M');
  const dispose = async (): Promise<void> => {
    await run('virsh', ['--quiet', '--connect', source.uri, 'destroy', 'shapes'], { statuses: [0, 1] });
    await run('losetup', ['--detach', device]);
    await server[Symbol.asyncDispose]();
  };
  try {
    const shapes = join(directory, 'shapes.xml');
    await writeFile(shapes, shapesXml(images, device, server.socketPath));
    await source.virsh('create', '--paused', shapes);
    const remote = join(directory, 'remote.xml');
    await writeFile(remote, REMOTE);
    await source.virsh('define', remote);
    return { [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function shapesXml(images: string, device: string, nbdSocket: string): string {
  return `<domain type='qemu'>
    <name>shapes</name>
    <memory unit='MiB'>16</memory>
    <os><type arch='x86_64' machine='q35'>hvm</type></os>
    <devices>
      <disk type='file' device='disk'>
        <driver name='qemu' type='raw' cache='none'/><source file='${images}/plain.img'/><target dev='vda' bus='virtio'/>
      </disk>
      <disk type='file' device='disk'>
        <driver name='qemu' type='qcow2'/><source file='${images}/overlay.qcow2'/><target dev='vdb' bus='virtio'/>
      </disk>
      <disk type='file' device='disk'>
        <source file='${images}/shared.img'/><target dev='vdc' bus='virtio'/><shareable/>
      </disk>
      <disk type='file' device='disk'>
        <source file='${images}/fixed.img'/><target dev='vdd' bus='virtio'/><readonly/>
      </disk>
      <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
      <disk type='file' device='cdrom'><source file='${images}/disc.img'/><target dev='sdb' bus='sata'/></disk>
      <disk type='block' device='disk'>
        <driver name='qemu' type='raw'/><source dev='${device}'/><target dev='vde' bus='virtio'/>
      </disk>
      <disk type='volume' device='disk'>
        <driver name='qemu' type='raw'/><source pool='images' volume='pooled.img'/><target dev='vdf' bus='virtio'/>
      </disk>
      <disk type='network' device='disk'>
        <source protocol='nbd'><host transport='unix' socket='${nbdSocket}'/></source><target dev='vdg' bus='virtio'/>
      </disk>
      <controller type='usb' model='none'/>
      <memballoon model='none'/>
    </devices>
  </domain>`;
}

const REMOTE = `<domain type='qemu'>
  <name>remote</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='network' device='disk'>
      <source protocol='rbd' name='pool/image &amp; more'><host name='ceph1.test' port='6789'/><host name='ceph2.test'/></source>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='network' device='disk'>
      <source protocol='nbd' name='export'><host name='192.0.2.1' port='10809'/></source><target dev='vdb' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='/nowhere/"quoted" &amp;c.qcow2'/><target dev='vdc' bus='virtio'/><transient/>
    </disk>
    <disk type='file' device='floppy'><target dev='fda' bus='fdc'/></disk>
    <controller type='usb' model='none'/>
  </devices>
</domain>`;
