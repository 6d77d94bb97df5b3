import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Scratch } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../checkout.js';

describe('the small examples', () => {
  it('copy-with-progress.mjs copies', async () => {
    await using scratch = new Scratch();
    const bytes = Buffer.alloc(8 * 1024 * 1024, 'blockferry ');
    await writeFile(scratch.join('a.raw'), bytes);
    const { stdout, stderr } = await example(
      'copy-with-progress.mjs',
      scratch.join('a.raw'),
      scratch.join('b.raw'),
    );
    expect(stdout).toBe(`${bytes.length} bytes moved, 0 zeroed, 0 left out as holes\n`);
    expect(stderr).toMatch(/^(\d+ %, \d+ MB\/s\n)*100 %, \d+ MB\/s\n$/);
    expect(bytes.equals(await readFile(scratch.join('b.raw')))).toBe(true);
  });

  it('typed-parameters.mjs keeps what is repeated and tells all that is wrong', async () => {
    const { stdout } = await example('typed-parameters.mjs');
    expect(stdout).toContain('disks: vda, vdb, vdc\n');
    expect(stdout).toMatch(/^INVALID_ARG: .*'bandwidth'.*\nARGUMENT_UNSUPPORTED: .*'migrate_disk'/m);
  });
});

function example(name: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [join(ROOT, 'examples', name), ...args]);
}
