import { readdir } from 'node:fs/promises';
import { Scratch } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { Blockferry, objects, result } from '../support/blockferry.js';

/** A demonstration whose temporary files go to a folder of its own. */
function demo(scratch: Scratch, ...args: string[]): Blockferry {
  const options = { env: { ...process.env, TMPDIR: scratch.path } };
  return new Blockferry(['demo', '--size', '32MiB', ...args], options);
}

describe('demo', () => {
  it('moves two of three disks, verifies every block, and leaves nothing behind', async () => {
    await using scratch = new Scratch();
    const { status, stdout } = await demo(scratch, '--json').done;
    expect(status).toBe(0);
    const events = objects(stdout);
    expect(events.filter(({ type }) => type === 'phase').map(({ phase }) => phase)).toEqual([
      'begin',
      'prepare',
      'bulk',
      'precopy',
      'state',
      'switchover',
      'finish',
      'confirm',
    ]);
    expect(events.at(-1)).toMatchObject({
      ...{ type: 'result', ok: true, exit: 0 },
      disks: [{ disk: 'vda' }, { disk: 'vdb' }],
      checks: [
        { disk: 'vda', moved: true, ok: true, blocks: 8192 },
        { disk: 'vdb', moved: true, ok: true, blocks: 8192 },
        { disk: 'vdc', moved: false, ok: true },
      ],
    });
    expect(await readdir(scratch.path)).toEqual([]);
  });

  it('moves what is selected, and says so', async () => {
    await using scratch = new Scratch();
    const { status, stdout, stderr } = await demo(scratch, '--disks', '2', '--select', 'vdb').done;
    expect(status).toBe(0);
    expect(stdout).toMatch(/vda +32 MiB +- +- +- {2}untouched, all zeros\n/);
    expect(stdout).toMatch(/vdb +32 MiB .* all 8192 blocks verified\n/);
    expect(stderr).toMatch(/switchover: /);
  });

  it('refuses a disk that does not exist with 10', async () => {
    await using scratch = new Scratch();
    const { status, stdout } = await demo(scratch, '--select', 'vdz', '--json').done;
    expect(status).toBe(10);
    expect(result(stdout)).toMatchObject({
      ok: false,
      exit: 10,
      problems: [{ code: 'DISK_NOT_FOUND', disk: 'vdz' }],
    });
    expect(await readdir(scratch.path)).toEqual([]);
  });

  it('rolls back on SIGTERM, and leaves nothing behind', async () => {
    await using scratch = new Scratch();
    await using running = demo(scratch, '--json', '--size', '256MiB');
    await running.until('stdout', /"phase":"begin"/);
    running.signal('SIGTERM');
    const { status, stdout } = await running.done;
    expect(status).toBe(130);
    expect(result(stdout)).toMatchObject({ ok: false, exit: 130, error: { code: 'ABORTED' } });
    expect(await readdir(scratch.path)).toEqual([]);
  });
});
