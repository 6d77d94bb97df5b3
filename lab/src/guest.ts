import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.js';

/** What boots the lab's guest, and the program that fills and judges its disks. */
export interface GuestFiles {
  readonly kernel: string;
  readonly initrd: string;
  /** `writer fill|verify` on the host; the guest runs the same file. */
  readonly writer: string;
}

/** Builds the guest, unless `lab/.cache` has it already. */
export function buildGuest(): Promise<GuestFiles> {
  built ??= build();
  return built;
}

/** What the guest's kernel is told; `workload` is by disk what the guest writes, in KiB a second. */
export function kernelCommandLine(workload: Readonly<Record<string, number>>): string {
  const writer = Object.entries(workload).map(([disk, rateKiB]) => `${disk}:${rateKiB}`);
  // On a busy machine the emulated timer may be late for the kernel's check of it, which then gives up.
  return `console=ttyS0 loglevel=6 oops=panic no_timer_check writer=${writer.join(',')}`;
}

/** The script that builds it; with `--check` it says what is missing. */
export const buildScript: string = fileURLToPath(new URL('../guest/build.sh', import.meta.url));

async function build(): Promise<GuestFiles> {
  const out = fileURLToPath(new URL('../.cache/guest', import.meta.url));
  await run(buildScript, [out]);
  return { kernel: join(out, 'kernel'), initrd: join(out, 'initrd.gz'), writer: join(out, 'writer') };
}

let built: Promise<GuestFiles> | undefined;
