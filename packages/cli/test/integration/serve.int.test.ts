import { existsSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { nbdcopy, nbdinfo, qemuImg, qemuIo, requires, run, Scratch, sha256 } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { Blockferry, blockferry, objects, startServe } from '../support/blockferry.js';
import { IMAGE_SIZE, MIB, sparseImage } from '../support/images.js';

const lab = requires('qemu-img', 'qemu-io', 'nbdinfo', 'nbdcopy');

describe.skipIf(!lab.available)('serve, to the tools of others', () => {
  it('a file: nbdcopy, qemu-img and qemu-io read and write it', async () => {
    await using scratch = new Scratch();
    const [disk, copy] = [scratch.join('disk'), scratch.join('copy')];
    await sparseImage(disk);
    const socket = scratch.join('sock');
    await using server = await startServe(
      disk,
      '--listen',
      `nbd+unix:///?socket=${socket}`,
      '--export',
      'vda',
    );
    expect(server.uri).toBe(`nbd+unix:///vda?socket=${socket}`);
    expect(await nbdinfo(server.uri)).toMatchObject({
      exports: [
        { 'export-name': 'vda', 'export-size': IMAGE_SIZE, is_read_only: false, can_multi_conn: true },
      ],
    });

    await nbdcopy(server.uri, copy);
    expect(await sha256(copy)).toBe(await sha256(disk));
    const compared = await qemuImg('compare', '-f', 'raw', '-F', 'raw', server.uri, disk);
    expect(compared.stdout).toContain('identical');
    await qemuIo(server.uri, [
      'write -P 7 1M 64k',
      'write -z 3M 1M',
      'discard 4M 64k',
      'read -P 7 1M 64k',
      'read -P 0 3M 1M',
      'flush',
    ]);

    server.signal('SIGTERM');
    expect(await server.done).toMatchObject({ status: 0 });
    expect(existsSync(socket)).toBe(false);
    await qemuIo(disk, ['read -P 7 1M 64k', 'read -P 0 3M 1M']);
  });

  it('memory on a free TCP port, with a dirty bitmap', async () => {
    await using server = await startServe(
      ...['memory:64MiB', '--listen', 'nbd://127.0.0.1:0', '--bitmap', 'b0', '--granularity', '64KiB'],
    );
    expect(server.uri).toMatch(/^nbd:\/\/127\.0\.0\.1:[1-9]\d*\/?$/);
    await qemuIo(server.uri, ['write -P 1 1M 1', 'write -z 10M 128k', 'discard 20M 64k']);
    const { stdout } = await blockferry('map', server.uri, '--context', 'qemu:dirty-bitmap:b0', '--json');
    const dirty = objects(stdout).filter(({ description }) => description === 'dirty');
    expect(dirty).toEqual([
      { offset: MIB, length: 65536, type: 1, description: 'dirty' },
      { offset: 10 * MIB, length: 131072, type: 1, description: 'dirty' },
      { offset: 20 * MIB, length: 65536, type: 1, description: 'dirty' },
    ]);
    const theirs = await run('nbdinfo', ['--json', '--map=qemu:dirty-bitmap:b0', server.uri]);
    expect(objects(stdout).slice(0, -1)).toEqual(JSON.parse(theirs.stdout));
  });

  it('read-only: refuses writes', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await writeFile(disk, Buffer.alloc(MIB, 5));
    await using server = await startServe(
      disk,
      '--listen',
      `nbd+unix:///?socket=${scratch.join('s')}`,
      '--read-only',
    );
    expect(await nbdinfo(server.uri)).toMatchObject({ exports: [{ is_read_only: true, can_zero: false }] });
    await expect(qemuIo(server.uri, ['write 0 64k'])).rejects.toThrow();
    await qemuIo(disk, ['read -P 5 0 1M']);
  });
});

describe('serve and verify', () => {
  it('tells when it is ready, in JSON too, and ends with 0 on SIGINT', async () => {
    await using server = new Blockferry(['serve', 'memory:1MiB', '--listen', 'nbd://127.0.0.1:0', '--json']);
    const [line] = await server.until('stdout', /^.*\n/);
    expect(JSON.parse(line)).toMatchObject({ type: 'ready', size: MIB, uri: expect.stringMatching(/^nbd:/) });
    server.signal('SIGINT');
    const { status, stdout } = await server.done;
    expect(status).toBe(0);
    expect(objects(stdout).at(-1)).toEqual({ type: 'result', ok: true, exit: 0 });
  });

  it('closes the connections that are open when it ends', async () => {
    await using server = await startServe('memory:1GiB', '--listen', 'nbd://127.0.0.1:0');
    await using copy = new Blockferry([
      'copy',
      server.uri,
      'null:',
      '--no-extents',
      '--bandwidth',
      '1MiB/s',
      '--json',
    ]);
    await copy.until('stdout', /"type":"progress"/);
    server.signal('SIGTERM');
    expect((await server.done).status).toBe(0);
    const { status, stdout } = await copy.done;
    expect(status).toBe(1);
    expect(objects(stdout).at(-1)).toMatchObject({ error: { side: 'source', code: 'NBD_DISCONNECTED' } });
  });

  it('fails with 1 where it cannot serve', async () => {
    await using scratch = new Scratch();
    const { status, stderr } = await blockferry(
      'serve',
      scratch.join('none'),
      '--listen',
      'nbd://127.0.0.1:0',
    );
    expect(status).toBe(1);
    expect(stderr).toContain('IO_ENOENT');
  });

  it('finds the first difference', async () => {
    await using scratch = new Scratch();
    const [a, b] = [scratch.join('a'), scratch.join('b')];
    await sparseImage(a);
    await sparseImage(b);
    const same = await blockferry('verify', a, a.replace(/a$/, './a'), '--json');
    expect(same.status).toBe(0);
    expect(objects(same.stdout).at(-1)).toMatchObject({ type: 'result', ok: true, equal: true, exit: 0 });
    await using server = await startServe(
      b,
      '--listen',
      `nbd+unix:///?socket=${scratch.join('s')}`,
      '--read-only',
    );
    const different = await blockferry('verify', a, server.uri);
    expect(different.status).toBe(4);
    expect(different.stdout).toMatch(/^Different, first at offset \d\.\n$/);
    const quiet = await blockferry('verify', a, server.uri, '--quiet');
    expect(quiet).toEqual({ status: 4, stdout: '', stderr: '' });
  });

  it('tells where the shorter one ends', async () => {
    await using scratch = new Scratch();
    const [a, b] = [scratch.join('a'), scratch.join('b')];
    await writeFile(a, '');
    await truncate(a, 3 * MIB);
    await writeFile(b, '');
    await truncate(b, 2 * MIB);
    const { status, stdout } = await blockferry('verify', a, b, '--json');
    expect(status).toBe(4);
    expect(objects(stdout).at(-1)).toMatchObject({
      equal: false,
      ok: false,
      exit: 4,
      firstDifference: 2 * MIB,
    });
  });
});
