import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Which QEMU: the installed one (10), or bookworm's own, which `qemu-7.2.sh` unpacks. */
export type QemuRelease = 'installed' | '7.2';

/** The program to start. */
export function qemuBinary(release: QemuRelease): string {
  return release === 'installed' ? 'qemu-system-x86_64' : OLD_BINARY;
}

/** The NBD server of that QEMU. */
export function qemuNbdBinary(release: QemuRelease): string {
  return release === 'installed' ? 'qemu-nbd' : join(dirname(OLD_BINARY), 'qemu-nbd');
}

/**
 * How often a test that moves a guest away from such a QEMU may be tried again, for vitest's `retry`.
 *
 * An emulating QEMU 7.2 now and then loses what its guest writes while a pass over its memory begins: guests that were
 * moved by QEMU alone, with a `downtime-limit` of 2 ms and so with several passes, panicked 6 times out of 8 on a busy
 * machine; with QEMU 10 none of 16. What becomes of such a guest says nothing about us.
 */
export function retriesFrom(release: QemuRelease): number {
  return release === '7.2' ? 3 : 0;
}

/** Whether `lab/.cache` has QEMU 7.2. */
export function hasOldQemu(): boolean {
  return spawnSync(OLD_SCRIPT, ['--check']).status === 0;
}

/**
 * The machine type that both can have: `q35` alone is another one in each release, and the state stream of one
 * does not fit the other.
 */
export function machineOf(...releases: readonly QemuRelease[]): string {
  return releases.includes('7.2') ? 'pc-q35-7.2' : 'q35';
}

const OLD_SCRIPT = fileURLToPath(new URL('../qemu-7.2.sh', import.meta.url));
const OLD_BINARY = fileURLToPath(new URL('../.cache/qemu-7.2/usr/bin/qemu-system-x86_64', import.meta.url));
