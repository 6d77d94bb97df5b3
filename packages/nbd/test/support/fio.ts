import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@blockferry/lab';
import { expect } from 'vitest';

/**
 * Writes all of an export with fio's NBD engine, in requests of any length at any place, and reads it back.
 *
 * @param certificates the folder of a client's, for a URI with nbds
 */
export async function fioVerified(uri: string, size: number, certificates?: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'nbd-fio-'));
  try {
    if (certificates !== undefined) {
      await mkdir(join(home, '.pki'));
      await symlink(certificates, join(home, '.pki/libnbd'));
    }
    const { stdout } = await run('env', [
      `HOME=${home}`,
      ...(certificates !== undefined && process.geteuid?.() === 0 ? NOT_ROOT : []),
      ...['fio', '--name=verified', '--ioengine=nbd', `--uri=${uri}`, `--size=${size}`],
      ...['--iodepth=16', '--rw=randwrite', '--bsrange=512-64k', '--bs_unaligned'],
      ...['--verify=crc32c', '--do_verify=1', '--verify_fatal=1', '--verify_state_save=0'],
      '--output-format=terse',
    ]);
    // Source: fio's HOWTO, "Terse output": the fifth field is the error, the sixth KiB read by verifying.
    const [, , , , error, read] = stdout.split(';');
    expect([error, Number(read) > 0]).toEqual(['0', true]);
  } finally {
    await rm(home, { recursive: true });
  }
}

/**
 * fio lets no URI name certificates (libnbd: nbd_set_uri_allow_local_file), so they are where libnbd looks by itself: in
 * the home folder, which it does not use for root. In a namespace without users root is nobody, and may read the same.
 */
const NOT_ROOT = ['unshare', '--user'];
