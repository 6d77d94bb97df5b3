import { open, stat, truncate, writeFile } from 'node:fs/promises';
import { nbdcopy, nbdinfo, qemuImg, qemuIo, requires, Scratch, sha256 } from '@blockferry/lab';
import { connect } from '@blockferry/nbd';
import { describe, expect, it } from 'vitest';
import { startServe, startServeBy } from '../support/blockferry.js';
import { IMAGE_SIZE, KIB, MIB, sparseImage } from '../support/images.js';

const tools = requires('qemu-img', 'qemu-io', 'nbdinfo', 'nbdcopy');
const root = requires('qemu-img', 'nbdinfo', 'namespaces', 'loop-devices');

describe.skipIf(!tools.available)('a file on a real file system', () => {
  it('has the holes that it has', async () => {
    await using scratch = new Scratch();
    const [disk, copy] = [scratch.join('disk'), scratch.join('copy')];
    await sparseImage(disk);
    await using server = await startServe(disk, '--listen', socketIn(scratch), '--read-only');
    const theirs = JSON.parse((await qemuImg('map', '-f', 'raw', '--output=json', disk)).stdout) as {
      start: number;
      length: number;
      data: boolean;
    }[];
    const expected = theirs.map(({ start, length, data }) => ({ offset: start, length, type: data ? 0 : 3 }));
    expect(await nbdinfo(server.uri, '--map')).toMatchObject(expected);
    await nbdcopy(server.uri, copy);
    expect(await sha256(copy)).toBe(await sha256(disk));
    expect(await allocated(copy)).toBeLessThanOrEqual(await allocated(disk));
  });

  it('gives room back, and keeps it, as the client wants', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await writeFile(disk, Buffer.alloc(8 * MIB, 7));
    await using server = await startServe(disk, '--listen', socketIn(scratch));
    // Without -u a write of zeros may not become a hole.
    await qemuIo(server.uri, ['write -z 0 2M', 'flush']);
    expect(await allocated(disk)).toBeGreaterThanOrEqual(8 * MIB);
    await qemuIo(server.uri, ['write -z -u 0 2M', 'discard 2M 2M', 'write -P 9 4095 2', 'flush']);
    expect(await allocated(disk)).toBeLessThan(5 * MIB);
    await qemuIo(disk, ['read -P 0 0 4095', 'read -P 9 4095 2', 'read -P 0 4097 2093055', 'read -P 7 4M 4M']);
  });

  it('fails reads of what somebody has cut off, and goes on', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await writeFile(disk, Buffer.alloc(2 * MIB, 7));
    await using server = await startServe(disk, '--listen', socketIn(scratch));
    await using handle = await connect(server.uri);
    await truncate(disk, MIB);
    await expect(handle.read(MIB, 4096)).rejects.toMatchObject({
      code: 'NBD_EIO',
      offset: MIB,
      length: 4096,
    });
    expect((await handle.read(0, 4096))[4095]).toBe(7);
  });

  it('is full where the system lets files grow no further', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await writeFile(disk, '');
    await truncate(disk, 8 * MIB);
    // Blocks of 512 bytes: 1 MiB.
    const limited = ['sh', '-c', 'ulimit -f 2048 && exec "$@"', 'sh'];
    await using server = await startServeBy(limited, disk, '--listen', socketIn(scratch));
    await using handle = await connect(server.uri);
    await handle.write(0, Buffer.alloc(4096, 1));
    await expect(handle.write(4 * MIB, Buffer.alloc(4096, 1))).rejects.toMatchObject({ code: 'NBD_ENOSPC' });
    await handle.flush();
  });
});

describe.skipIf(!root.available)('a file system that is full', () => {
  it('tells the client by name, and what was written before is there', async () => {
    await using scratch = new Scratch();
    const onSmallDisk = [
      ...['unshare', '--mount', 'sh', '-c'],
      'mount -t tmpfs -o size=4M none "$0" && truncate -s 64M "$0/disk" && exec "$@" "$0/disk"',
      scratch.path,
    ];
    await using server = await startServeBy(onSmallDisk, '--listen', 'nbd://127.0.0.1:0');
    await using handle = await connect(server.uri);
    await handle.write(0, Buffer.alloc(MIB, 1));
    await expect(handle.write(8 * MIB, Buffer.alloc(8 * MIB, 2))).rejects.toMatchObject({
      code: 'NBD_ENOSPC',
      offset: 8 * MIB,
      length: 8 * MIB,
    });
    await handle.trim(8 * MIB, 8 * MIB);
    await handle.write(16 * MIB, Buffer.alloc(MIB, 3));
    await handle.flush();
    expect((await handle.read(0, MIB)).equals(Buffer.alloc(MIB, 1))).toBe(true);
    server.signal('SIGTERM');
    expect((await server.done).status).toBe(0);
  });
});

describe.skipIf(!root.available)('a block device', () => {
  it('has its size, and zeros and trims whole blocks and parts of them', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await writeFile(disk, Buffer.alloc(IMAGE_SIZE, 7));
    await using server = await startServeBy(onLoopDevice(disk), '--listen', socketIn(scratch));
    expect(await nbdinfo(server.uri)).toMatchObject({ exports: [{ 'export-size': IMAGE_SIZE }] });
    await using handle = await connect(server.uri);
    await handle.write(100, Buffer.from('contents'));
    await handle.zero(MIB + 100, 2 * MIB, { fast: true });
    await handle.zero(4 * MIB + 1, 10, { fast: true });
    await handle.trim(8 * MIB - 1, 4 * MIB);
    const kept = handle.zero(5 * MIB, MIB, { fast: true, allocate: true });
    await expect(kept).rejects.toMatchObject({ code: 'NBD_ENOTSUP' });
    await handle.zero(6 * MIB, 64 * KIB, { allocate: true });
    await handle.flush();

    const expected = Buffer.alloc(IMAGE_SIZE, 7);
    expected.write('contents', 100);
    for (const [offset, length] of [
      [MIB + 100, 2 * MIB],
      [4 * MIB + 1, 10],
      [6 * MIB, 64 * KIB],
      // Of a trim only whole blocks can go.
      [8 * MIB, 4 * MIB - 512],
    ] as const) {
      expected.fill(0, offset, offset + length);
    }
    expect((await handle.read(0, IMAGE_SIZE)).equals(expected)).toBe(true);
    // They went through to the file behind the device.
    expect(await allocated(disk)).toBeLessThan(IMAGE_SIZE - 5 * MIB);
  });

  it('that loses what it took fails every flush from then on', async () => {
    await using scratch = new Scratch();
    const onSmallDisk = [
      ...['unshare', '--mount', 'sh', '-c'],
      `mount -t tmpfs -o size=4M none "$0" && truncate -s 64M "$0/disk" && ${attach('$0/disk')} && exec "$@" "$device"`,
      scratch.path,
    ];
    await using server = await startServeBy(onSmallDisk, '--listen', 'nbd://127.0.0.1:0');
    await using handle = await connect(server.uri);
    await handle.write(0, Buffer.alloc(MIB, 1));
    await handle.flush();
    // Taken into memory; there is no room for it below.
    await handle.write(8 * MIB, Buffer.alloc(16 * MIB, 2));
    await expect(handle.flush()).rejects.toMatchObject({ code: 'NBD_EIO' });
    await expect(handle.flush()).rejects.toMatchObject({ code: 'NBD_EIO' });
    const durable = handle.write(0, Buffer.alloc(512, 1), { fua: true });
    await expect(durable).rejects.toMatchObject({ code: 'NBD_EIO' });
    server.signal('SIGTERM');
    expect(await server.done).toMatchObject({ status: 1, stderr: expect.stringContaining('NBD_EIO') });
  });

  it('is served read-only where it is', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await writeFile(disk, Buffer.alloc(MIB, 7));
    await using server = await startServeBy(
      onLoopDevice(disk, '--read-only'),
      ...['--listen', socketIn(scratch), '--read-only'],
    );
    expect(await nbdinfo(server.uri)).toMatchObject({ exports: [{ is_read_only: true }] });
    await using handle = await connect(server.uri);
    expect((await handle.read(0, MIB)).equals(Buffer.alloc(MIB, 7))).toBe(true);
  });
});

/** Starts a command with a block device of a file as its last argument; the device ends with the command. */
function onLoopDevice(file: string, ...options: string[]): string[] {
  return ['sh', '-c', `${attach('$0', ...options)} && exec "$@" "$device"`, file];
}

/** Detached while it is held open, a loop device stays until it is closed. */
function attach(file: string, ...options: string[]): string {
  const makeDevice = `device=$(losetup ${options.join(' ')} --find --show "${file}")`;
  return `${makeDevice} && exec 9<"$device" && losetup --detach "$device"`;
}

function socketIn(scratch: Scratch): string {
  return `nbd+unix:///?socket=${scratch.join('sock')}`;
}

async function allocated(path: string): Promise<number> {
  await using file = await open(path);
  await file.sync();
  return (await stat(path)).blocks * 512;
}
