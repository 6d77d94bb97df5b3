import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allocatedBytes, LibvirtPair, qemuImg, qemuIo, requires, run } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, startOn } from '../support/libvirt-migration.js';

const lab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img', 'qemu-io');

/** The domain is paused and has nothing to boot: its images alone are of interest. */
describe.skipIf(!lab.available)(`images that are made on a libvirt host ${lab.reason}`, () => {
  let pair: LibvirtPair;
  beforeAll(async () => {
    pair = await LibvirtPair.start({ isBooted: false });
    await Promise.all([pair.source.addPool(), pair.destination.addPool()]);
    await startIdle(pair);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it('have the size and the format of the source, and are thin', async () => {
    // Without that libvirt writes the zeros of a raw image.
    const params = { migrate_disks_detect_zeroes: 'vdb' };
    const { error } = await ended(startOn(pair, { domain: 'idle', createImages: true, params }));
    expect(error).toBeUndefined();
    await pair.end();
    const made = (file: string): string => pair.destination.image(file);
    const info = JSON.parse((await qemuImg('info', '--output', 'json', made('overlay.qcow2'))).stdout);
    expect(info).toMatchObject({ format: 'qcow2', 'virtual-size': 64 * 2 ** 20 });
    // All of it was copied, what came from the backing image too.
    expect(info).not.toHaveProperty('backing-filename');
    for (const file of ['overlay.qcow2', 'pooled.img']) {
      expect(await allocatedBytes(made(file))).toBeLessThan(8 * 2 ** 20);
    }
    for (const [pattern, offset, file, format] of [
      ['1', '1M', 'overlay.qcow2', 'qcow2'],
      ['2', '2M', 'overlay.qcow2', 'qcow2'],
      ['3', '3M', 'pooled.img', 'raw'],
    ] as const) {
      const { stdout } = await qemuIo(made(file), [`read -P ${pattern} ${offset} 1M`], format);
      expect(stdout).toContain('read 1048576/1048576 bytes');
      expect(stdout).not.toContain('verification failed');
    }
  });
});

/** A qcow2 image on a raw one, and a volume of the pool: a megabyte of data in each. */
async function startIdle({ source, directory }: LibvirtPair): Promise<void> {
  const { images } = source;
  const [base, overlay, pooled] = ['base.img', 'overlay.qcow2', 'pooled.img'].map((file) =>
    source.image(file),
  );
  for (const image of [base, pooled]) await run('truncate', ['--size=64M', `${image}`]);
  await qemuIo(`${base}`, ['write -P 1 1M 1M']);
  await qemuIo(`${pooled}`, ['write -P 3 3M 1M']);
  await qemuImg('create', '-q', '-f', 'qcow2', `${overlay}`, '64M');
  await qemuIo(`${overlay}`, ['write -P 2 2M 1M'], 'qcow2');
  await qemuImg('rebase', '-u', '-F', 'raw', '-b', join(images, 'base.img'), `${overlay}`);
  await source.virsh('pool-refresh', 'images');
  const definition = join(directory, 'idle.xml');
  await writeFile(
    definition,
    `<domain type='qemu'>
      <name>idle</name>
      <memory unit='MiB'>16</memory>
      <os><type arch='x86_64' machine='q35'>hvm</type></os>
      <devices>
        <disk type='file' device='disk'>
          <driver name='qemu' type='qcow2' cache='none' discard='unmap'/>
          <source file='${images}/overlay.qcow2'/><target dev='vda' bus='virtio'/>
        </disk>
        <disk type='volume' device='disk'>
          <driver name='qemu' type='raw' cache='none' discard='unmap'/>
          <source pool='images' volume='pooled.img'/><target dev='vdb' bus='virtio'/>
        </disk>
        <controller type='usb' model='none'/>
        <memballoon model='none'/>
      </devices>
    </domain>`,
  );
  await source.virsh('create', '--paused', definition);
}
