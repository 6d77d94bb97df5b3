import { existsSync } from 'node:fs';
import {
  blankImage,
  type Listen,
  NbdServerPeer,
  nbdcopy,
  nbdinfo,
  nbdkit,
  nbdkitOn,
  qemuImg,
  qemuIo,
  qemuNbd,
  requires,
  Scratch,
  storageDaemon,
} from '@blockferry/lab';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const lab = requires(
  'qemu-nbd',
  'qemu-img',
  'qemu-io',
  'nbdkit',
  'nbdinfo',
  'nbdcopy',
  'qemu-storage-daemon',
  'nbd-server',
);

describe.skipIf(!lab.available)('NBD peers', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch[Symbol.asyncDispose]());

  it('copies from nbdkit to qemu-nbd, and the image holds it', async () => {
    const image = scratch.join('disk.raw');
    await blankImage(image, 1);
    await using source = await nbdkit('pattern', '1M');
    await using destination = await qemuNbd(image, { exportName: 'a b' });
    await nbdcopy(source.uri, destination.uri);
    expect(await nbdinfo(destination.uri)).toMatchObject({ exports: [{ 'export-size': 1 << 20 }] });
    expect((await qemuIo(image, ['read -v 8 8'])).stdout).toContain('00 00 00 00 00 00 00 08');
  });

  it('serves a qcow2 image with its bitmap, read-only', async () => {
    const image = scratch.join('disk.qcow2');
    await blankImage(image, 1, 'qcow2');
    await qemuImg('bitmap', '--add', image, 'b0');
    await qemuIo(image, ['write -P 7 64k 64k'], 'qcow2');
    await using server = await qemuNbd(image, { format: 'qcow2', bitmap: 'b0', readOnly: true });
    const map = await nbdinfo(server.uri, '--map=qemu:dirty-bitmap:b0');
    expect(map).toContainEqual(expect.objectContaining({ offset: 65536, length: 65536, type: 1 }));
    await expect(qemuIo(server.uri, ['write 0 64k'])).rejects.toThrow();
  });

  it.each<Listen>(['unix', 'tcp'])('serves what was written to it on %s, whoever serves', async (listen) => {
    const image = scratch.join('disk.raw');
    const start = {
      qemuNbd: () => qemuNbd(image, { listen }),
      storageDaemon: () => storageDaemon(image, { listen }),
      nbdkit: () => nbdkitOn(listen, 'file', image),
      nbdServer: () => NbdServerPeer.start(image, { listen }),
    };
    await blankImage(image, 1);
    for (const [index, serve] of Object.values(start).entries()) {
      await using server = await serve();
      expect(server.uri).toMatch(listen === 'tcp' ? /^nbd:.*127\.0\.0\.1:[0-9]+\// : /^nbd\+unix:/);
      if (index > 0) await qemuIo(server.uri, [`read -P ${index} 0 64k`]);
      await qemuIo(server.uri, [`write -P ${index + 1} 0 64k`]);
    }
    await qemuIo(image, ['read -P 4 0 64k']);
  });

  it('is gone when disposed, socket and process', async () => {
    const server = await nbdkit('memory', '1M');
    expect(existsSync(server.socketPath)).toBe(true);
    await server[Symbol.asyncDispose]();
    expect(existsSync(server.socketPath)).toBe(false);
    expect(server.daemon.running).toBe(false);
  });

  it('says why a server did not start', async () => {
    await expect(qemuNbd(scratch.join('nothing'))).rejects.toThrow('No such file');
    await expect(nbdkit('memory', 'a lot')).rejects.toThrow('could not parse');
  });

  it('rejects when a pattern is not there', async () => {
    const image = scratch.join('disk.raw');
    await blankImage(image, 1);
    await expect(qemuIo(image, ['read -P 1 0 4k'])).rejects.toThrow('Pattern verification failed');
  });
});
