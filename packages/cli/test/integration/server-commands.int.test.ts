import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { qemuImg, requires, Scratch } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { Blockferry, blockferry, objects, result } from '../support/blockferry.js';
import { IMAGE_SIZE, sparseImage } from '../support/images.js';

const lab = requires('nbdkit', 'qemu-nbd', 'qemu-img');

describe.skipIf(!lab.available)('a server named by its command', () => {
  it('is source and destination of a copy, and ends with it', async () => {
    await using scratch = new Scratch();
    const [disk, qcow2, copy] = [scratch.join('disk'), scratch.join('qcow2'), scratch.join('copy')];
    await sparseImage(disk);
    await qemuImg('create', '-q', '-f', 'qcow2', qcow2, String(IMAGE_SIZE));
    const pids = [scratch.join('pid1'), scratch.join('pid2')];
    const noted = (pid: string | undefined, ...command: string[]): string[] => [
      ...['[', 'sh', '-c', `echo $$ > "$0" && exec "$@"`, pid ?? '', ...command, ']'],
    ];
    const there = await blockferry(
      'copy',
      ...noted(pids[0], 'nbdkit', '--readonly', 'file', disk),
      ...noted(pids[1], 'qemu-nbd', '--format', 'qcow2', qcow2),
      '--json',
    );
    expect(result(there.stdout)).toMatchObject({ ok: true, size: IMAGE_SIZE });
    for (const pid of pids) expect(await isRunning(pid)).toBe(false);

    const command = ['[', 'qemu-nbd', '--read-only', '--format', 'qcow2', qcow2, ']'];
    const verified = await blockferry('verify', disk, ...command);
    expect(verified.status).toBe(0);
    expect((await blockferry('copy', '--', ...command, copy)).status).toBe(0);
    expect((await readFile(copy)).equals(await readFile(disk))).toBe(true);
  });

  it('is asked by info, list and map', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await sparseImage(disk);
    const command = ['[', 'nbdkit', 'file', disk, ']'];
    for (const asks of ['info', 'list']) {
      const { stdout } = await blockferry(asks, ...command, '--json');
      expect(result(stdout)).toMatchObject({ ok: true, exports: [{ 'export-size': IMAGE_SIZE }] });
    }
    const { stdout } = await blockferry('map', '--json', ...command);
    expect(objects(stdout)[0]).toMatchObject({ offset: 0, type: 0, description: 'data' });
  });

  it('may be our own', async () => {
    await using scratch = new Scratch();
    const disk = scratch.join('disk');
    await sparseImage(disk);
    const ours = ['[', process.execPath, PROGRAM, 'serve', 'memory:16MiB', '--json', ']'];
    const { status, stdout } = await blockferry('copy', disk, ...ours, '--verify', '--json');
    expect({ status, last: result(stdout) }).toMatchObject({ status: 0, last: { ok: true, verified: true } });
    // What the server prints is none of the result.
    expect(objects(stdout).map(({ type }) => type)).not.toContain('ready');
  });

  it('ends when the copy is interrupted', async () => {
    await using scratch = new Scratch();
    const [disk, pid] = [scratch.join('disk'), scratch.join('pid')];
    await writeFile(disk, Buffer.alloc(IMAGE_SIZE, 7));
    const command = ['[', 'sh', '-c', 'echo $$ > "$0" && exec nbdkit file "$1"', pid, disk, ']'];
    await using copy = new Blockferry(['copy', ...command, 'null:', '--bandwidth', '1MiB/s', '--json']);
    await copy.until('stdout', /"type":"progress"/);
    expect(await isRunning(pid)).toBe(true);
    copy.signal('SIGINT');
    expect((await copy.done).status).toBe(130);
    expect(await isRunning(pid)).toBe(false);
  });

  it.each([
    [['nbdkit', 'file', '/nowhere/at/all'], 'nbdkit', 'exit status 1'],
    [['no-such-program'], 'no-such-program', 'exit status 127'],
    [['true'], 'true', 'exit status 0'],
    [['sh', '-c', 'kill -9 $$'], 'sh', 'SIGKILL'],
  ])('that fails is named, with how it ended: %j', async (command, name, how) => {
    await using scratch = new Scratch();
    const env = { ...process.env, TMPDIR: scratch.path };
    const { status, stderr } = await new Blockferry(['info', '[', ...command, ']'], { env }).done;
    expect(status).toBe(1);
    expect(stderr).toContain(`The server "${name}" has ended (${how})`);
    expect(await readdir(scratch.path)).toEqual([]);
  });
});

/** Whether the process is there whose id is in that file. */
async function isRunning(pidFile: string): Promise<boolean> {
  try {
    return process.kill(Number(await readFile(pidFile, 'utf8')), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

const PROGRAM = fileURLToPath(new URL('../../bin/blockferry.js', import.meta.url));
