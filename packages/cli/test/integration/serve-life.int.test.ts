import { existsSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { nbdinfo, qemuIo, requires, run, Scratch } from '@blockferry/lab';
import { connect } from '@blockferry/nbd';
import { describe, expect, it } from 'vitest';
import { Blockferry, blockferry, objects, startServe } from '../support/blockferry.js';
import { KIB, MIB } from '../support/images.js';

const lab = requires('qemu-io', 'nbdinfo', 'nbdcopy', 'systemd-socket-activate');

describe.skipIf(!lab.available)('several exports of one server', () => {
  it('are listed, each with its own contents, all read-only or with a bitmap if asked for', async () => {
    await using scratch = new Scratch();
    const [a, b] = [scratch.join('a'), scratch.join('b=1')];
    await writeFile(a, Buffer.alloc(MIB, 1));
    await writeFile(b, Buffer.alloc(2 * MIB, 2));
    const listen = `nbd+unix:///?socket=${scratch.join('sock')}`;
    await using server = await startServe(
      ...[a, '--listen', listen, '--export', 'x=y', '--also', `b=${b}`],
      ...['--also', 'blank=memory:3MiB', '--bitmap', 'written'],
    );
    const uri = (name: string): string => `nbd+unix:///${name}?socket=${scratch.join('sock')}`;
    await server.until('stdout', /^.*\n.*\n.*\n/);
    expect(await nbdinfo(listen, '--list')).toMatchObject({
      exports: [
        { 'export-name': 'x=y', 'export-size': MIB },
        { 'export-name': 'b', 'export-size': 2 * MIB },
        { 'export-name': 'blank', 'export-size': 3 * MIB },
      ],
    });
    await qemuIo(uri('x%3Dy'), ['read -P 1 0 1M']);
    await qemuIo(uri('b'), ['read -P 2 0 2M', 'write -P 3 64k 64k']);
    await qemuIo(uri('blank'), ['read -P 0 0 3M']);
    const dirty = async (name: string): Promise<number> => {
      const args = ['map', uri(name), '--context', 'qemu:dirty-bitmap:written', '--json'];
      const extents = objects((await blockferry(...args)).stdout);
      return extents.filter(({ description }) => description === 'dirty').length;
    };
    expect([await dirty('b'), await dirty('blank')]).toEqual([1, 0]);
    server.signal('SIGTERM');
    const { status, stdout } = await server.done;
    expect(status).toBe(0);
    expect(stdout).toBe(['x%3Dy', 'b', 'blank'].map((name) => `${uri(name)}\n`).join(''));
    expect((await readFile(b))[64 * KIB]).toBe(3);
  });

  it.each([
    [['--also', 'x=a', '--also', 'x=b'], 'x'],
    [['--export', 'x', '--also', 'x=b'], 'x'],
    [['--also', 'b'], '--also'],
    [['--also', 'b=memory:lots'], 'lots'],
    [['--also', '=b'], '--also'],
  ])('are refused where they cannot be meant: %j', async (args, culprit) => {
    const { status, stderr } = await blockferry(
      'serve',
      'memory:1MiB',
      '--listen',
      'nbd://127.0.0.1:0',
      ...args,
    );
    expect(status).toBe(2);
    expect(stderr).toContain(culprit);
  });
});

describe.skipIf(!lab.available)('started with a socket', () => {
  it('by systemd: serves whoever connects, and leaves the socket to its owner', async () => {
    await using scratch = new Scratch();
    const socket = scratch.join('sock');
    const activate = ['systemd-socket-activate', '--listen', socket, '--fdname', 'nbd'];
    const server = new Blockferry(['serve', 'memory:5MiB', '--export', 'm'], {}, activate);
    try {
      await server.until('stderr', /Listening on/);
      expect(await nbdinfo(`nbd+unix:///m?socket=${socket}`)).toMatchObject({
        exports: [{ 'export-size': 5 * MIB }],
      });
      server.signal('SIGTERM');
      expect(await server.done).toMatchObject({ status: 0, stdout: `nbd+unix:///m?socket=${socket}\n` });
      expect(existsSync(socket)).toBe(true);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });

  it('by nbdcopy: is a part of its command line', async () => {
    await using scratch = new Scratch();
    const [disk, copy] = [scratch.join('disk'), scratch.join('copy')];
    await writeFile(disk, Buffer.alloc(MIB, 6));
    await run('nbdcopy', ['--', '[', process.execPath, PROGRAM, 'serve', disk, ']', copy]);
    expect((await readFile(copy)).equals(await readFile(disk))).toBe(true);
  });

  it('takes no --listen beside it, and no socket that is meant for another process', async () => {
    const asIfActivated = (pid: string): string[] => [
      'sh',
      '-c',
      `LISTEN_FDS=1 LISTEN_PID=${pid} exec "$@"`,
      'sh',
    ];
    const both = new Blockferry(
      ['serve', 'memory:1MiB', '--listen', 'nbd://127.0.0.1:0'],
      {},
      asIfActivated('$$'),
    );
    expect(await both.done).toMatchObject({ status: 2, stderr: expect.stringContaining('LISTEN_FDS') });
    const others = new Blockferry(['serve', 'memory:1MiB'], {}, asIfActivated('1'));
    expect(await others.done).toMatchObject({ status: 2, stderr: expect.stringContaining('--listen') });
    const none = new Blockferry(['serve', 'memory:1MiB'], {}, asIfActivated('$$'));
    expect((await none.done).status).toBe(1);
  });
});

describe('a server that is told to end', () => {
  it('has on disk all that it has answered', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await writeFile(disk, '');
    await truncate(disk, 64 * MIB);
    await using server = await startServe(disk, '--listen', `nbd+unix:///?socket=${scratch.join('sock')}`);
    await using handle = await connect(server.uri);
    const answered: number[] = [];
    let isEnding = false;
    // One writer after the other ends with the first request that fails.
    const write = async (first: number): Promise<unknown> => {
      for (let block = first; ; block = (block + 16) % 16_384) {
        try {
          await handle.write(block * 4096, Buffer.alloc(4096, (block % 255) + 1));
        } catch (error) {
          return error;
        }
        answered.push(block);
        if (answered.length > 500 && !isEnding) {
          isEnding = true;
          server.signal('SIGTERM');
        }
      }
    };
    const ends = await Promise.all(Array.from({ length: 16 }, (_, first) => write(first)));
    expect((await server.done).status).toBe(0);
    for (const end of ends) {
      expect(end).toMatchObject({ code: expect.stringMatching(/^NBD_(ESHUTDOWN|DISCONNECTED)$/) });
    }
    const contents = await readFile(disk);
    const lost = answered.filter((block) => contents[block * 4096 + 4095] !== (block % 255) + 1);
    expect(lost).toEqual([]);
  });
});

describe('a client that asks for nothing', () => {
  it('is disconnected after --idle-timeout', async () => {
    await using server = await startServe(
      'memory:1MiB',
      '--listen',
      'nbd://127.0.0.1:0',
      '--idle-timeout',
      '50ms',
    );
    await using handle = await connect(server.uri);
    expect(handle.size).toBe(MIB);
    await expect
      .poll(
        () =>
          handle.flush().then(
            () => 'served',
            (error: { code: string }) => error.code,
          ),
        { interval: 500 },
      )
      .toBe('NBD_DISCONNECTED');
  });
});

const PROGRAM = fileURLToPath(new URL('../../bin/blockferry.js', import.meta.url));
