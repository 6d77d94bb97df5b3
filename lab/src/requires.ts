import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { buildScript } from './guest.js';
import { hasOldQemu } from './qemu-binary.js';
import { SYSTEM_PYTHON } from './tools.js';

/** Whether a suite can run here: `describe.skipIf(!lab.available)`. */
export interface Availability {
  readonly available: boolean;
  /** What is missing, and how to get it; empty if nothing is. */
  readonly reason: string;
}

/**
 * Looks for programs that a suite needs; `guest` stands for what builds the lab's guest, `qemu-7.2` for the QEMU that
 * `qemu-7.2.sh` unpacks, `python3-libnbd` for Debian's Python and its module, `namespaces` for root's right to make
 * namespaces and the program to do it, `loop-devices` for root's right to make block devices of files, `libvirt` for two
 * hosts with a libvirtd, `libvirt-headers` for what a C program needs to be linked with it.
 *
 * A suite is to be skipped when one is missing, and the reason goes to stderr. With BLOCKFERRY_LAB=1 nothing
 * may be missing: then this throws.
 */
export function requires(...peers: readonly string[]): Availability {
  const missing = ['setpriv', ...peers]
    .flatMap((peer) => (peer === 'libvirt' ? ['libvirtd', 'virsh', 'namespaces'] : peer))
    .filter((peer) => !isInstalled(peer))
    .map((peer) => (TAKES_ROOT.has(peer) ? `${peer}, which take root` : peer));
  if (missing.length === 0) return { available: true, reason: '' };
  const reason = `missing: ${missing.join(', ')} (Debian 12: sudo lab/install.sh)`;
  if (process.env['BLOCKFERRY_LAB'] === '1') throw new Error(reason);
  process.stderr.write(`skipped, ${reason}\n`);
  return { available: false, reason };
}

/** Whether one of what `requires` looks for is there. */
export function isInstalled(peer: string): boolean {
  if (peer === 'guest') return spawnSync(buildScript, ['--check']).status === 0;
  if (peer === 'qemu-7.2') return hasOldQemu();
  if (peer === 'python3-libnbd') return spawnSync(SYSTEM_PYTHON, ['-c', 'import nbd']).status === 0;
  if (peer === 'libvirt-headers') return spawnSync('pkg-config', ['--exists', 'libvirt']).status === 0;
  if (peer === 'namespaces') return spawnSync('unshare', NAMESPACES).status === 0;
  if (peer === 'loop-devices') return spawnSync('losetup', ['--find']).status === 0;
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, peer)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const TAKES_ROOT: ReadonlySet<string> = new Set(['namespaces', 'loop-devices']);
const NAMESPACES = ['--net', '--mount', '--uts', '--pid', '--fork', 'ip', 'link'];
