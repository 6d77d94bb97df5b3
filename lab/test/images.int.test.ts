import { open } from 'node:fs/promises';
import {
  allocatedBytes,
  blankImage,
  fillImage,
  randomImage,
  requires,
  Scratch,
  verifyImage,
} from '@blockferry/lab';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const lab = requires('guest', 'qemu-img');

describe.skipIf(!lab.available)('the judge of images', () => {
  let scratch: Scratch;
  let image: string;
  beforeEach(() => {
    scratch = new Scratch();
    image = scratch.join('disk');
  });
  afterEach(() => scratch[Symbol.asyncDispose]());

  it('approves a disk as it was filled, raw and qcow2, and leaves it sparse', async () => {
    await fillImage(image, 'vda', 16, 4);
    expect(await verifyImage(image)).toMatchObject({ status: 'ok', newestGeneration: 0 });
    expect(await allocatedBytes(image)).toBe(4 << 20);
    await fillImage(scratch.join('qcow2'), 'vda', 16, 4, 'qcow2');
    expect(await verifyImage(scratch.join('qcow2'), 0, 'qcow2')).toMatchObject({ status: 'ok' });
  });

  it('reads an overlay together with what it stands on', async () => {
    await fillImage(image, 'vda', 16, 4, 'qcow2-backed');
    expect(await allocatedBytes(image)).toBeLessThan(1 << 20);
    expect(await verifyImage(image, 0, 'qcow2')).toMatchObject({ status: 'ok' });
  });

  it('knows the bytes after the last whole block', async () => {
    const tail = 512;
    await fillImage(image, 'vda', 16 + tail / 2 ** 20, 4);
    expect(await verifyImage(image)).toMatchObject({ status: 'ok' });
    await overwrite(image, (16 << 20) + tail - 1, Buffer.from([0xff]));
    expect(await verifyImage(image)).toMatchObject({ status: 'damaged', bad: 1, lost: 0 });
  });

  it('finds one flipped byte', async () => {
    await fillImage(image, 'vda', 16, 4);
    await overwrite(image, 9 * BLOCK + 100, Buffer.from([0xff]));
    const verdict = await verifyImage(image);
    expect(verdict).toMatchObject({ status: 'damaged', bad: 1, lost: 0 });
    expect(verdict.details).toContain('block 9 ');
  });

  it('finds one block that reads as zeros, and one that is another', async () => {
    await fillImage(image, 'vda', 16, 4);
    await overwrite(image, 9 * BLOCK, Buffer.alloc(BLOCK));
    expect(await verifyImage(image)).toMatchObject({ status: 'damaged', bad: 0, lost: 1 });
    await fillImage(image, 'vda', 16, 4);
    await copyBlock(image, 10, 9);
    expect(await verifyImage(image)).toMatchObject({ status: 'damaged', bad: 1 });
  });

  it('finds that an image is older than what was flushed', async () => {
    await fillImage(image, 'vda', 16, 4);
    expect(await verifyImage(image, 100)).toMatchObject({ status: 'damaged', bad: 0 });
  });

  it('tells a blank image from one of random bytes', async () => {
    await blankImage(image, 16);
    expect(await verifyImage(image)).toMatchObject({ status: 'blank' });
    await randomImage(scratch.join('random'), 16);
    expect(await verifyImage(scratch.join('random'))).toMatchObject({ status: 'damaged' });
  });
});

const BLOCK = 4096;

async function overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, offset);
}

async function copyBlock(path: string, from: number, to: number): Promise<void> {
  await using file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(BLOCK), 0, BLOCK, from * BLOCK);
  await file.write(buffer, 0, BLOCK, to * BLOCK);
}
